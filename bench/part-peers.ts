import { freePort } from '../test/support/brokers.ts'
import { monotonic } from './child.ts'
import { report } from './documents.ts'
import { latencies, line, percentile } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const PEERS = 100
const REPORTS = 60
const ALLOWED = 1.2

/** From POST to each of 100 peers of one Topic: all of them there, and one of them dead. */
export async function benchPeers(): Promise<void> {
  const whole = await run(undefined)
  line(`${PEERS} peers`, latencies(whole))
  const rest = await run(await freePort())
  line(`one of ${PEERS} dead: the others`, latencies(rest))
  const value = percentile(rest, 0.99) / percentile(whole, 0.99)
  line("the others' p99: ratio", `${value.toFixed(2)} (aim: at most ${ALLOWED}) ${value <= ALLOWED ? 'met' : 'MISSED'}`)
}

async function run(dead: number | undefined): Promise<number[]> {
  const system: { child?: Awaited<ReturnType<Awaited<ReturnType<typeof createBench>>['ridPeer']>>['child'] } = {}
  await using bench = await createBench({
    level: 'warn',
    async peersAt(at) {
      const { child, port } = await at.ridPeer('peers')
      system.child = child
      const peers = Array.from({ length: PEERS }, (_, n) => ({
        name: `peer-${n}`,
        topics: ['incident'],
        url: `https://localhost:${n === 0 && dead !== undefined ? dead : port}/${n}`,
      }))
      return [{ name: 'csirt-a', publish: ['incident'] }, ...peers]
    },
  })
  const { site, world } = bench
  world.use(await site.spawn())
  await site.ready()
  const poster = world.use(createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), 1))
  const alive = dead === undefined ? PEERS : PEERS - 1
  const times: number[] = []
  // the first ones make the connections
  for (let n = -5; n < REPORTS; n += 1) {
    await system.child?.ask('forget')
    const began = monotonic()
    await poster.one(report(`r${n}`))
    const arrivals = (await system.child?.ask<{ at: number }[]>('arrivals', { count: alive })) ?? []
    if (n >= 0) times.push(...arrivals.map(({ at }) => at - began))
  }
  return times
}
