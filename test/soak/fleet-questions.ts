import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import type { RidClient } from '../support/rid-client.ts'
import { judgeAskers, numberIn, report, startAsker, untilAnswered } from './askers.ts'
import type { FleetParts } from './fleet-parts.ts'
import type { createFailures } from './proof.ts'

/** ms until all that was asked is answered, once there are no faults any more */
const PATIENCE = 120_000
const PAUSE = 3_000

/**
 * A peer that asks one question after the other, and one that promises each answer and gives it later, both at another gateway each time: whichever
 * was asked, whichever passed it on, and whichever takes the answer.
 */
export async function startQuestions({ gateways, balancers, asking, knowing }: FleetParts, random: () => number) {
  await using opened = new AsyncDisposableStack()
  const { port } = balancers.spreading
  const [{ site }] = gateways as [FleetParts['gateways'][0]]
  const client = (name: string, localAddress: string) => site.client(name, { port, localAddress })
  const from = opened.use(await client('csirt-know', '127.0.1.2'))
  const later = answerLater(from, random)
  knowing.script({ does: 'reply', to: later.to })
  asking.script({ does: 'answer', status: 200 })
  let n = 0
  const asker = opened.use(
    startAsker({
      ...{ name: 'csirt-ask', client: await client('csirt-ask', '127.0.1.3'), peer: asking, pause: PAUSE, most: 2 },
      next: () => `asked-${n++}`,
    }),
  )
  const all = opened.move()
  return {
    /** Nothing more is asked; resolves when all that was is answered, or not in time. Gives figures. */
    async stop(failures: ReturnType<typeof createFailures>): Promise<Record<string, number>> {
      await asker.stop()
      const unanswered = () => asker.questions.filter((question) => asker.told(question).length === 0)
      await eventually('all to be answered', () => unanswered().length === 0, { ms: PATIENCE }).catch(() => undefined)
      for (const { number } of unanswered()) failures.add('not answered', number)
      judgeAskers([asker], failures)
      const told = asker.questions.map((question) => asker.told(question).length)
      return {
        questions: asker.questions.length,
        'of these answered by callback': asker.questions.filter(({ tokens }) => tokens.size > 0).length,
        'answers that came again, the same': told.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
        'passed on': later.count(),
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Promises an answer each time it is asked, and gives it within seconds, until that is taken or refused. */
function answerLater(client: RidClient, random: () => number) {
  let count = 0
  async function answer(number: string, token: string): Promise<void> {
    await wait(random() * 4_000)
    await untilAnswered(() => client.post(report(number), { 'rid-callback-token': token }))
  }
  return {
    count: () => count,
    to({ body }: { readonly body: string }) {
      if (!body.includes('MsgType="Query"')) return { status: 200 }
      count += 1
      const token = `know-${count}`
      void answer(numberIn(body), token)
      return { status: 202, headers: { 'rid-callback-token': token } }
    },
  }
}
