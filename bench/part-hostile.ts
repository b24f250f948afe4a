import { setTimeout as wait } from 'node:timers/promises'
import { report } from './documents.ts'
import { latencies, line, percentile } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const COUNT = 200
const MIB = 1024 * 1024

/** Schema errors, one after the other, up to nearly 1 MiB: what was dearest of all that strangers can send. */
const FLOOD = `<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0">${'<Incident purpose="zz"/>'.repeat(MIB / 24 - 10)}</IODEF-Document>`

/** What a sender of 1 MiB of errors after the other costs the next sender. */
export async function benchHostile(): Promise<void> {
  await using bench = await createBench({
    level: 'warn',
    peersAt: async () => [
      { name: 'csirt-a', publish: ['incident'] },
      { name: 'csirt-b', publish: ['incident'] },
    ],
  })
  const { site, world } = bench
  world.use(await site.spawn())
  await site.ready()
  const good = world.use(createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 1))
  const bad = world.use(createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-b'), 2))
  const paced = async (prefix: string) => {
    const times: number[] = []
    for (let n = 0; n < COUNT; n += 1) {
      times.push((await good.one(report(`${prefix}${n}`))).ms)
      await wait(20)
    }
    return times
  }
  await paced('warm')
  const alone = await paced('alone')
  let stop = false
  const answers: { status: number; ms: number }[] = []
  const attack = Promise.all(
    [0, 1].map(async () => {
      while (!stop) answers.push(await bad.one(FLOOD))
    }),
  )
  const beside = await paced('beside')
  stop = true
  await attack
  line('alone', latencies(alone))
  line(`beside ${answers.length} bodies of ${FLOOD.length} bytes`, latencies(beside))
  line(
    'the hostile sender',
    `${[...new Set(answers.map(({ status }) => status))].join()} after ${latencies(answers.map(({ ms }) => ms))}`,
  )
  const more = percentile(beside, 0.5) - percentile(alone, 0.5)
  line('what it costs others (p50)', `${more.toFixed(1)} ms (aim: at most 50) ${more <= 50 ? 'met' : 'MISSED'}`)
}
