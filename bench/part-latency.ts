import { loadavg } from 'node:os'
import { createPki } from '../test/support/pki.ts'
import { createSite } from '../test/support/site.ts'
import { sized } from './documents.ts'
import { inTurn, line, median, percentile } from './figures.ts'
import { startSketch } from './part-sketch.ts'
import { createPoster } from './post.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 6)
const SECONDS = Number(process.env.SECONDS ?? 8)
/** POST/s, in place of half of the highest load, which says nothing where the machine is not quiet */
const RATE = Number(process.env.RATE ?? 0)
/** enough for all that may be on their way at once: who has to wait for a connection waits for the answers before it */
const CONNECTIONS = 64
const SIZE = '6.5'

type Poster = ReturnType<typeof createPoster>

/**
 * POST to 200 at half of the highest load of the gateway, and the same load to a sketch of the least that can be done: times count from
 * when a report was to be sent by the clock, so that one answer that is late makes all behind it late.
 */
export async function benchLatency(): Promise<void> {
  await using pki = await createPki()
  await using site = await createSite({ pki, delivery: { maxQueue: 1_000_000 } })
  await using _gateway = await site.spawn()
  await using sketch = await startSketch(pki)
  const certificate = await site.certificate('csirt-a')
  await using toGateway = createPoster(site.ridPort, site.ca.cert, certificate, CONNECTIONS)
  await using toSketch = createPoster(sketch.port, site.ca.cert, certificate, CONNECTIONS)
  await highest(toSketch)
  await highest(toGateway)
  const most = await highest(toGateway)
  const asked = RATE || most / 2
  const each = 1000 / asked
  line(
    'highest load of the gateway; what is asked of it',
    `${most.toFixed(0)}, ${asked.toFixed(0)} POST/s; load ${load()}`,
  )
  const found = { gateway: [] as Round[], sketch: [] as Round[] }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const which of inTurn(round, 'gateway' as const, 'sketch' as const)) {
      found[which].push(await openLoop(which === 'gateway' ? toGateway : toSketch, each))
    }
  }
  for (const which of ['gateway', 'sketch'] as const) {
    const shown = found[which].map(({ p50, p99 }) => `${p50.toFixed(1)}/${p99.toFixed(1)}`).join(' ')
    line(`${which}: p50/p99 of each round, ms`, `${shown}; late by the sender's own fault ${own(found[which])} ms`)
  }
  for (const p of ['p50', 'p99'] as const) {
    const ratios = found.gateway.map((round, i) => round[p] / (found.sketch[i]?.[p] ?? Number.NaN))
    line(
      `${p}: gateway, sketch, middle of the ratios`,
      `${middle(found.gateway, p)}, ${middle(found.sketch, p)} ms, ${median(ratios).toFixed(1)}`,
    )
  }
  line('load of the machine behind', load())
}

interface Round {
  readonly p50: number
  readonly p99: number
  /** ms at most that a report was sent after its time */
  readonly late: number
}

const load = () => (loadavg()[0] ?? 0).toFixed(1)
const middle = (rounds: readonly Round[], p: 'p50' | 'p99') => median(rounds.map((round) => round[p])).toFixed(1)
const own = (rounds: readonly Round[]) => Math.round(median(rounds.map(({ late }) => late)))

let made = 0
function body(): string {
  made += 1
  return sized(`latency-${made}`, SIZE)
}

/** POSTs a second, as fast as they are answered. */
async function highest(to: Poster): Promise<number> {
  const bodies = Array.from({ length: 1_500 }, body)
  const { ms } = await to.post(bodies.length, (n) => bodies[n] ?? '')
  return (bodies.length / ms) * 1000
}

/** Sends by the clock, one each `each` ms on average, at times that are as random as those of strangers (Poisson). */
async function openLoop(to: Poster, each: number): Promise<Round> {
  const count = Math.round((SECONDS * 1000) / each)
  const bodies = Array.from({ length: count }, body)
  const times: number[] = []
  const sent: Promise<void>[] = []
  let late = 0
  let due = performance.now()
  for (const one of bodies) {
    due -= each * Math.log(1 - Math.random())
    const wait = due - performance.now()
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
    const at = due
    late = Math.max(late, performance.now() - at)
    sent.push(
      to.one(one).then(({ status }) => {
        if (status !== 200) throw new Error(`answered ${status}`)
        times.push(performance.now() - at)
      }),
    )
  }
  await Promise.all(sent)
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), late }
}
