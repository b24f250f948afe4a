import { systemClock } from '../clock.ts'
import { createEvents } from '../events.ts'
import { createLog } from '../log.ts'
import type { Delivery, DeliverySummary, Desk, QueueFilter } from '../store/contract.ts'
import { type Decided, type ExitCode, type Io, write, writeDecided } from './output.ts'
import { operatorName } from './store.ts'
import { tallied } from './tallied.ts'

export type Decision = 'retry' | 'discard'

const DONE = { retry: 'due now', discard: 'discarded' }
/** deeds that share a commit */
const AT_ONCE = 200
/** ms between lines that say how far it is */
const SEEN = 1_000

/** Of each of these; exit code 1 when one could not be done. */
export async function decide(
  store: Desk,
  action: Decision,
  ids: readonly string[],
  asJson: boolean,
  io: Io,
): Promise<ExitCode> {
  const results: Decided[] = []
  const deed = deedOf(store, action, io)
  for (const id of new Set(ids)) {
    const before = (await store.show(id))?.state
    const done = await deed(id)
    const message = action === 'retry' && before === 'withheld' ? 'will be judged anew' : DONE[action]
    results.push({ id, done, message: done ? message : whyNot(await store.show(id), action) })
  }
  return await writeDecided(results, asJson, io)
}

/** Deliveries that were asked for, in pages, and what finds them. */
export interface Fitting {
  readonly pages: AsyncIterable<readonly DeliverySummary[]>
  readonly filter: QueueFilter
}

/** Of all of these, however many: says how far it is, and in the end how many. What was settled meanwhile is left out. */
export async function decideAll(
  store: Desk,
  action: Decision,
  { pages, filter }: Fitting,
  { asJson, dry }: { readonly asJson: boolean; readonly dry: boolean },
  io: Io,
): Promise<ExitCode> {
  const deed = deedOf(store, action, io)
  let [fit, done] = [dry ? await countOf(store, filter) : 0, 0]
  let said = systemClock.now()
  for await (const rows of dry ? [] : pages) {
    for (let i = 0; i < rows.length; i += AT_ONCE) {
      const results = await Promise.all(rows.slice(i, i + AT_ONCE).map(({ id }) => deed(id)))
      done += results.filter((one) => one).length
      if (systemClock.now() - said > SEEN) {
        said = systemClock.now()
        await write(io.err, `${fit + i + results.length} so far\n`)
      }
    }
    fit += rows.length
  }
  if (asJson) await write(io.out, `${JSON.stringify({ action, fit, done, dry })}\n`)
  else if (dry) await write(io.out, `${fit} would be ${action === 'retry' ? 'due now' : 'discarded'}\n`)
  else await write(io.out, `${done} of ${fit} ${DONE[action]}\n`)
  return fit > 0 && (dry || done > 0) ? 0 : 1
}

async function countOf(store: Desk, filter: QueueFilter): Promise<number> {
  let sum = 0
  for await (const part of tallied(store, filter, [])) for (const { count } of part) sum += count
  return sum
}

/** The trace is written with the deed; a running gateway notices, and tells in its own log. */
function deedOf(store: Desk, action: Decision, io: Io): (id: string) => Promise<boolean> {
  const by = operatorName(io.env)
  const events = createEvents({ log: createLog('silent'), clock: systemClock })
  return (id) =>
    store[action](id, systemClock.now(), (delivery) => {
      const deed = { by, was: delivery.state }
      return (action === 'retry' ? events.requeued(delivery, deed) : events.discarded(delivery, deed)).trace
    })
}

function whyNot(delivery: Delivery | undefined, action: string): string {
  if (delivery === undefined) return 'there is no such delivery'
  if (delivery.state === 'sending') return `is being sent at this moment; ${action} it when that has failed`
  if (delivery.state === 'delivered') return `is delivered already: there is nothing to ${action}`
  return 'its document is no longer kept'
}
