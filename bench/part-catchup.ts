import { monotonic } from './child.ts'
import { item, report } from './documents.ts'
import { line, rate } from './figures.ts'
import { createBench } from './setup.ts'

const COUNT = Number(process.env.COUNT ?? 10_000)

/** From the start of the gateway until all of 10,000 retained items are committed, and until a RID peer has them all. */
export async function benchCatchup(
  kinds: readonly ('prosody' | 'ejabberd')[] = ['prosody', 'ejabberd'],
): Promise<void> {
  for (const kind of kinds) {
    const peer = {
      child: undefined as unknown as Awaited<ReturnType<Awaited<ReturnType<typeof createBench>>['ridPeer']>>['child'],
    }
    await using bench = await createBench({
      kind,
      broker: { maxItems: COUNT + 1_000 },
      async peersAt(at) {
        const { child, port } = await at.ridPeer('csirt-z')
        peer.child = child
        return [{ name: 'csirt-z', url: `https://localhost:${port}/`, topics: ['incident'] }]
      },
    })
    const { site, world } = bench
    // it makes the Topic
    const first = await site.spawn()
    await site.ready()
    await first.stop()
    const publisher = await bench.xmpp('gateway')
    const items = Array.from({ length: COUNT }, (_, n) => item(report(`${n}`)))
    const took = await publisher.ask<number>('publish', { node: 'incident', items, inFlight: 64 })
    line(`${kind}: publishing ${COUNT} items of ${items[0]?.xml.length} bytes took`, `${(took / 1000).toFixed(1)} s`)
    const began = monotonic()
    world.use(await site.spawn())
    const serving = monotonic() - began
    await site.ready(180_000)
    const joined = monotonic() - began
    const arrivals = await peer.child.ask<{ at: number }[]>('arrivals', { count: COUNT })
    const last = Math.max(...arrivals.map(({ at }) => at)) - began
    const firstAt = Math.min(...arrivals.map(({ at }) => at)) - began
    line(`${kind}: from start to serving RID`, `${(serving / 1000).toFixed(1)} s`)
    line(`${kind}: from start to all ${COUNT} items taken in`, `${(joined / 1000).toFixed(1)} s`)
    line(`${kind}: from start to the first at the peer`, `${(firstAt / 1000).toFixed(1)} s`)
    line(
      `${kind}: from start to all at the peer`,
      `${(last / 1000).toFixed(1)} s, ${rate(COUNT, last - serving, 'items')}`,
    )
  }
}
