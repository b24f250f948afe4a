import { freePort } from '../test/support/brokers.ts'
import type { Child } from './child.ts'
import { item, report } from './documents.ts'
import { latencies, line, rate, ratio } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const COUNT = 3_000
const CONCURRENCY = 4

/**
 * Messages to a RID peer against a bare undici loop that posts the same bytes to the same peer over as many connections: from a
 * Topic with retained items, and from the queue when the peer is back, where no Broker is in the way.
 */
export async function benchDeliver(): Promise<void> {
  const port = await freePort()
  await using bench = await createBench({
    kind: 'ejabberd',
    broker: { maxItems: 2 * COUNT + 1_000 },
    delivery: { concurrency: CONCURRENCY },
    peersAt: async () => [{ name: 'csirt-z', url: `https://localhost:${port}/`, topics: ['incident'] }],
  })
  const { site, world } = bench
  // it makes the Topic, and is away while the items are published
  const first = await site.spawn()
  await site.ready()
  await first.stop()
  const publisher = await bench.xmpp('gateway')
  const publish = (name: string) => {
    const items = Array.from({ length: COUNT }, (_, n) => item(report(`${name} ${n}`)))
    return publisher.ask('publish', { node: 'incident', items, inFlight: 64 })
  }
  await publish('retained')
  let { child } = await bench.ridPeer('csirt-z', port)
  world.use(await site.spawn())
  const fromTopic = await arrivalRate(child)

  await child[Symbol.asyncDispose]()
  await publish('waiting')
  while ((await site.backlog()).pending < COUNT) await new Promise((resolve) => setTimeout(resolve, 100))
  child = (await bench.ridPeer('csirt-z', port)).child
  const fromQueue = await arrivalRate(child)

  const sample = (await child.ask<string>('sample')) ?? ''
  const poster = world.use(createPoster(port, site.ca.cert, await site.certificate('gateway'), CONCURRENCY))
  await poster.post(500, () => sample)
  const bare = await poster.post(COUNT, () => sample)
  line('bare undici', `${rate(COUNT, bare.ms, 'POST')}, ${latencies(bare.times)}`)
  line('Topic to RID peer', rate(fromTopic, 1, 'POST'))
  line('queue to RID peer, when it is back', rate(fromQueue, 1, 'POST'))
  ratio('Topic to RID peer', fromTopic, COUNT / bare.ms, 0.7)
  ratio('queue to RID peer', fromQueue, COUNT / bare.ms, 0.7)
}

/** Messages per millisecond, from the first to the last of COUNT. */
async function arrivalRate(peer: Child): Promise<number> {
  const arrivals = await peer.ask<{ at: number }[]>('arrivals', { count: COUNT })
  const times = arrivals.map(({ at }) => at).sort((a, b) => a - b)
  return (COUNT - 1) / ((times.at(-1) ?? 0) - (times[0] ?? 0))
}
