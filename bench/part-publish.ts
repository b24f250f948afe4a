import { monotonic } from './child.ts'
import { item, report } from './documents.ts'
import { inTurn, latencies, line, median, rate, ratio } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const CONNECTIONS = 8
const COUNT = 1_500
const ROUNDS = 4
/** a Broker gets slower with each item that its Topic keeps */
const FEW = { maxItems: 100 }
/** as many as the gateway has under way to one Topic */
const IN_FLIGHT = 64
const CALM = { count: 300, every: 30 }

/** POST to subscriber against a bare @xmpp/client that publishes the same items to the same Broker, seen by the same subscriber. */
export async function benchPublish(): Promise<void> {
  for (const kind of ['prosody', 'ejabberd'] as const) {
    await using bench = await createBench({ kind, broker: FEW })
    const { site, world } = bench
    world.use(await site.spawn())
    await site.ready()
    const jid = `subscriber@${world.broker.domain}`
    const subscriber = await bench.xmpp('subscriber')
    await subscriber.ask('subscribe', { node: 'incident', jid })
    const publisher = await bench.xmpp('gateway')
    const gateway = world.use(createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), CONNECTIONS))
    const rates = { gateway: [] as number[], bare: [] as number[] }
    const send = {
      bare(round: number) {
        const items = Array.from({ length: COUNT }, (_, n) => item(report(`bare ${round}-${n}`)))
        return publisher.ask('publish', { node: 'incident', items, inFlight: IN_FLIGHT })
      },
      gateway: (round: number) => gateway.post(COUNT, (n) => report(`gateway ${round}-${n}`)),
    }
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const who of inTurn(round, 'bare' as const, 'gateway' as const)) {
        await subscriber.ask('forget')
        const began = monotonic()
        await send[who](round)
        await subscriber.ask('arrivals', { count: COUNT })
        // round 0 warms up
        if (round > 0) rates[who].push(COUNT / (monotonic() - began))
      }
    }
    line(`${kind}: bare @xmpp/client, ${IN_FLIGHT} under way`, rate(median(rates.bare), 1, 'items'))
    line(`${kind}: POST to subscriber`, rate(median(rates.gateway), 1, 'items'))
    ratio(`${kind}: POST to subscriber`, median(rates.gateway), median(rates.bare), 0.95)

    await subscriber.ask('forget')
    const posted = new Map<string, number>()
    const reports = Array.from({ length: CALM.count }, (_, n) => report(`calm ${n}`))
    const ids = reports.map((body) => item(body).id)
    for (const [n, body] of reports.entries()) {
      posted.set(ids[n] ?? '', monotonic())
      await gateway.one(body)
      await new Promise((resolve) => setTimeout(resolve, CALM.every))
    }
    const arrivals = await subscriber.ask<[string, number][]>('arrivals', { count: CALM.count })
    const times = arrivals.map(([id, at]) => at - (posted.get(id) ?? 0))
    line(`${kind}: from POST to subscriber, without haste`, latencies(times))
  }
}
