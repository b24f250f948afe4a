import { item, report } from './documents.ts'
import { latencies, line, rate, ratio } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const COUNT = 3_000
const CONCURRENCY = 4

/** Topic to RID peer against a bare undici loop that posts the same bytes to the same peer over as many connections. */
export async function benchDeliver(): Promise<void> {
  const peer: {
    child?: Awaited<ReturnType<Awaited<ReturnType<typeof createBench>>['ridPeer']>>['child']
    port: number
  } = {
    port: 0,
  }
  await using bench = await createBench({
    kind: 'ejabberd',
    broker: { maxItems: COUNT + 1_000 },
    delivery: { concurrency: CONCURRENCY },
    async peersAt(at) {
      const { child, port } = await at.ridPeer('csirt-z')
      Object.assign(peer, { child, port })
      return [{ name: 'csirt-z', url: `https://localhost:${port}/`, topics: ['incident'] }]
    },
  })
  const { site, world } = bench
  // it makes the Topic, and is away while the items are published
  const first = await site.spawn()
  await site.ready()
  await first.stop()
  const publisher = await bench.xmpp('gateway')
  const items = Array.from({ length: COUNT }, (_, n) => item(report(`${n}`)))
  await publisher.ask('publish', { node: 'incident', items, inFlight: 64 })
  world.use(await site.spawn())
  const arrivals = (await peer.child?.ask<{ at: number }[]>('arrivals', { count: COUNT })) ?? []
  const at = arrivals.map((arrival) => arrival.at).sort((a, b) => a - b)
  const ours = (COUNT - 1) / ((at.at(-1) ?? 0) - (at[0] ?? 0))
  const sample = (await peer.child?.ask<string>('sample')) ?? ''
  const poster = world.use(createPoster(peer.port, site.ca.cert, await site.certificate('gateway'), CONCURRENCY))
  await poster.post(500, () => sample)
  const bare = await poster.post(COUNT, () => sample)
  line('bare undici', `${rate(COUNT, bare.ms, 'POST')}, ${latencies(bare.times)}`)
  line('Topic to RID peer', rate(ours * 1000, 1000, 'POST'))
  ratio('Topic to RID peer', ours, COUNT / bare.ms, 0.7)
}
