import { report } from './documents.ts'
import { latencies, line, median, rate, ratio } from './figures.ts'
import { createPoster } from './post.ts'
import { createBench } from './setup.ts'

const CONNECTIONS = 8
const COUNT = 1_500
const ROUNDS = 3

/**
 * POST to 200 with everything on (mutual TLS, validation, fsync, publishing to a Broker, log) against a bare fastify with the
 * same mutual TLS that answers 200 to the same body.
 */
export async function benchPost(): Promise<void> {
  await using bench = await createBench({ delivery: { maxQueue: 1_000_000 } })
  const { site, world } = bench
  world.use(await site.spawn())
  await site.ready()
  const certificate = await site.certificate('csirt-a')
  const gateway = world.use(createPoster(site.ridPort, site.ca.cert, certificate, CONNECTIONS))
  const bare = world.use(createPoster(await bench.fastify(), site.ca.cert, certificate, CONNECTIONS))
  line('load', `${COUNT} reports of ${report('0').length} bytes over ${CONNECTIONS} connections, ${ROUNDS} rounds`)

  await gateway.post(500, (n) => report(`warm ${n}`))
  await bare.post(1_000, (n) => report(`warm ${n}`))
  await site.drained(120_000)
  const rates = { gateway: [] as number[], bare: [] as number[] }
  const times = { gateway: [] as number[], bare: [] as number[] }
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = (n: number) => report(`${round}-${n}`)
    const theirs = await bare.post(COUNT * 3, body)
    const ours = await gateway.post(COUNT, body)
    rates.bare.push((COUNT * 3) / theirs.ms)
    rates.gateway.push(COUNT / ours.ms)
    times.bare.push(...theirs.times)
    times.gateway.push(...ours.times)
    // the Broker is slower: what waits for it would weigh on the next round
    await site.drained(120_000)
  }
  line('bare fastify', `${rate(median(rates.bare), 1, 'POST')}, ${latencies(times.bare)}`)
  line('gateway', `${rate(median(rates.gateway), 1, 'POST')}, ${latencies(times.gateway)}`)
  ratio('POST to 200', median(rates.gateway), median(rates.bare), 0.4)
}
