import type { Broker } from '../test/support/brokers.ts'
import { itemsOf, listOf, openBareReader } from './bare-reader.ts'
import { monotonic } from './child.ts'
import { line, rate } from './figures.ts'
import { fillTopic } from './fill-topic.ts'
import { cpuOf } from './process-cost.ts'
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
      broker: { maxItems: COUNT + 1_000, durable: true },
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
    const length = await fillTopic(world.broker, publisher, 'incident', COUNT)
    const { listed, fetched, cpu } = await readBare(world.broker)
    line(
      `${kind}: a bare client lists ${COUNT}, fetches each of ${length} bytes`,
      `${seconds(listed)}, ${seconds(fetched)} s; Broker's CPU ${seconds(cpu)} s`,
    )
    const before = await cpuOf(world.broker.pid)
    const began = monotonic()
    const gateway = world.use(await site.spawn())
    const serving = monotonic() - began
    await site.ready(600_000)
    const joined = monotonic() - began
    const arrivals = await peer.child.ask<{ at: number }[]>('arrivals', { count: COUNT })
    const last = Math.max(...arrivals.map(({ at }) => at)) - began
    const firstAt = Math.min(...arrivals.map(({ at }) => at)) - began
    line(`${kind}: from start to serving RID`, `${seconds(serving)} s`)
    const shares = `CPU: Broker ${seconds(((await cpuOf(world.broker.pid)) - before) / 1000)}, gateway ${seconds((await cpuOf(gateway.pid)) / 1000)} s`
    line(`${kind}: from start to all ${COUNT} items taken in`, `${seconds(joined)} s; ${shares}`)
    line(`${kind}: from start to the first at the peer`, `${seconds(firstAt)} s`)
    line(`${kind}: from start to all at the peer`, `${seconds(last)} s, ${rate(COUNT, last - serving, 'items')}`)
    line(
      `${kind}: taken in, against the bare client`,
      `${((joined - serving) / (listed + fetched)).toFixed(2)} (aim: at most 1.3)`,
    )
    await gateway.stop()
    const again = monotonic()
    world.use(await site.spawn())
    await site.ready(600_000)
    line(`${kind}: started again, nothing missed: joined after`, `${seconds(monotonic() - again)} s`)
  }
}

const seconds = (ms: number) => (ms / 1000).toFixed(1)

/** ms that the Broker takes to say what it keeps, and to give all of it, in the best way there is for both: ids one by one. */
async function readBare(broker: Broker): Promise<{ listed: number; fetched: number; cpu: number }> {
  using reader = await openBareReader(broker, 'gateway')
  const before = await cpuOf(broker.pid)
  const list = await reader.ask([listOf('incident')], 1)
  const ids = [...list.text.matchAll(/<item [^>]*?name='([^']*)'/g)].map(([, id]) => id ?? '')
  if (ids.length !== COUNT) throw new Error(`${ids.length} are listed`)
  const { ms } = await reader.ask(
    ids.map((id) => itemsOf('incident', [id])),
    32,
  )
  return { listed: list.ms, fetched: ms, cpu: ((await cpuOf(broker.pid)) - before) / 1000 }
}
