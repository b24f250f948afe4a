import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPki } from '../test/support/pki.ts'
import { createSite } from '../test/support/site.ts'
import { type Child, startChild } from './child.ts'
import { item, SIZES, sized } from './documents.ts'
import { inTurn, line, median } from './figures.ts'
import { openPeerQueue } from './fill-queue.ts'
import { createPoster } from './post.ts'
import { cpuOf } from './process-cost.ts'
import { createBench } from './setup.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
/** of `post send settled topic` */
const ONLY = process.env.ONLY?.split(' ') ?? ['post', 'send', 'settled', 'topic']
const CONNECTIONS = 8
const COUNTS = { '2': 1_500, '6.5': 1_000, '100': 150 }
const AIMS = { '2': 0.65, '6.5': 0.8, '100': 0.85 }
/** to be compiled by V8, before anything counts */
const WARM = Number(process.env.WARM ?? 3)
/** a Broker gets slower with each item that its Topic keeps */
const FEW = { maxItems: 100 }

/** us of CPU a message, of each round. */
interface Costs {
  readonly gateway: number[]
  readonly sketch: number[]
}

/**
 * What a message costs the gateway against a sketch that does what no gateway can do without, in us of CPU (user and system of all
 * threads), in turn A B B A: rates depend on what else the machine does, this much less. ROUNDS=n, WARM=n, ONLY="post send settled topic".
 */
export async function benchSketch(): Promise<void> {
  line(
    'load of the machine before',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  )
  const costs = await withoutBroker()
  if (ONLY.includes('settled')) await toTopic(costs)
  if (ONLY.includes('topic')) await fromTopic(costs)
  line(
    'load of the machine behind',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
  )
}

async function measured(pid: number, count: number, work: () => Promise<unknown>): Promise<number> {
  const began = await cpuOf(pid)
  await work()
  return ((await cpuOf(pid)) - began) / count
}

function show(what: string, { gateway, sketch }: Costs, aim: number): number {
  const [ours, least] = [median(gateway), median(sketch)]
  const efficiency = (least / ours).toFixed(2)
  line(what, `${Math.round(ours)} us, sketch ${Math.round(least)} us: ${efficiency} (aim: at least ${aim})`)
  return least
}

async function alternate(
  rounds: number,
  gateway: () => Promise<number>,
  sketch: () => Promise<number>,
): Promise<Costs> {
  const costs: Costs = { gateway: [], sketch: [] }
  for (let round = -WARM; round < rounds; round += 1) {
    for (const which of inTurn(round + WARM, 'gateway' as const, 'sketch' as const)) {
      const us = await (which === 'gateway' ? gateway : sketch)()
      if (round >= 0) costs[which].push(us)
    }
  }
  return costs
}

/** Each round has documents of its own. */
let made = 0
const bodies = (count: number, size: (typeof SIZES)[number] = '6.5') =>
  Array.from({ length: count }, () => {
    made += 1
    return sized(`sketch-${made}`, size)
  })

/** What the sketch took for a POST, and for sending one. */
interface Least {
  post: number
  send: number
}

async function withoutBroker(): Promise<Least> {
  const least: Least = { post: Number.NaN, send: Number.NaN }
  await using pki = await createPki()
  await using peer = await startPeer(pki)
  const peers = [
    { name: 'csirt-a', publish: ['incident'] },
    { name: 'csirt-z', url: `https://localhost:${peer.port}/`, topics: ['incident'] },
  ]
  await using site = await createSite({ pki, peers, delivery: { maxQueue: 1_000_000 } })
  await using gateway = await site.spawn()
  await using own = await startSketch(pki)
  const { sketch } = own
  if (ONLY.includes('post')) {
    const certificate = await site.certificate('csirt-a')
    await using toGateway = createPoster(site.ridPort, site.ca.cert, certificate, CONNECTIONS)
    await using toSketch = createPoster(own.port, site.ca.cert, certificate, CONNECTIONS)
    for (const size of SIZES) {
      const count = COUNTS[size]
      const post = (to: typeof toSketch, pid: number) => {
        const sent = bodies(count, size)
        return measured(pid, count, () => to.post(count, (n) => sent[n] ?? ''))
      }
      const costs = await alternate(
        ROUNDS,
        () => post(toGateway, gateway.pid),
        () => post(toSketch, sketch.pid),
      )
      const us = show(`POST to 200, ${size} KB, no Broker`, costs, AIMS[size])
      if (size === '6.5') least.post = us
    }
    await sketch.ask('forget')
  }
  if (ONLY.includes('send')) {
    const count = COUNTS['6.5']
    await using queue = await openPeerQueue(site.store, 'csirt-z', 'incident')
    const costs = await alternate(
      ROUNDS,
      async () => {
        await queue.fill(bodies(count))
        await peer.child.ask('forget')
        return measured(gateway.pid, count, async () => {
          await queue.release()
          await peer.child.ask('arrivals', { count })
        })
      },
      async () => {
        await sketch.ask('keep', { bodies: bodies(count) })
        return measured(sketch.pid, count, () => sketch.ask('send', { port: peer.port }))
      },
    )
    least.send = show('queue to RID peer, 6.5 KB, no Broker', costs, 0.7)
  }
  return least
}

/** With Prosody beside it, whose own CPU is not counted. */
async function fromTopic({ send }: Least): Promise<void> {
  let peer: Child | undefined
  await using bench = await createBench({
    broker: FEW,
    async peersAt(at) {
      const { child, port } = await at.ridPeer('csirt-z')
      peer = child
      return [{ name: 'csirt-z', url: `https://localhost:${port}/`, topics: ['incident'] }]
    },
  })
  const { site, world } = bench
  const gateway = world.use(await site.spawn())
  await site.ready()
  const count = COUNTS['6.5']
  const publisher = await bench.xmpp('gateway')
  const costs = await rounds(async () => {
    await peer?.ask('forget')
    const items = bodies(count).map((body) => item(body))
    return measured(gateway.pid, count, async () => {
      await publisher.ask('publish', { node: 'incident', items, inFlight: 64 })
      await peer?.ask('arrivals', { count })
    })
  })
  tell('Topic to RID peer, 6.5 KB, Prosody', costs, send, 0.3)
}

async function toTopic({ post }: Least): Promise<void> {
  await using bench = await createBench({ broker: FEW, delivery: { maxQueue: 1_000_000 } })
  const { site, world } = bench
  const gateway = world.use(await site.spawn())
  await site.ready()
  const count = COUNTS['6.5']
  await using poster = createPoster(site.ridPort, site.ca.cert, await site.certificate('csirt-a'), CONNECTIONS)
  const costs = await rounds(() => {
    const sent = bodies(count)
    return measured(gateway.pid, count, async () => {
      await poster.post(count, (n) => sent[n] ?? '')
      await site.drained(600_000)
    })
  })
  tell('POST to published and settled, 6.5 KB, Prosody', costs, post, 0.5)
}

async function rounds(once: () => Promise<number>): Promise<number[]> {
  const costs: number[] = []
  for (let round = -WARM; round < ROUNDS; round += 1) {
    const us = await once()
    if (round >= 0) costs.push(us)
  }
  return costs
}

function tell(what: string, costs: number[], least: number, aim: number): void {
  if (Number.isNaN(least)) line(what, `${Math.round(median(costs))} us`)
  else show(what, { gateway: costs, sketch: [least] }, aim)
}

type Pki = Awaited<ReturnType<typeof createPki>>

async function startPeer(pki: Pki) {
  const ca = await pki.ca('rid')
  const { cert, key } = await ca.issue({ cn: 'csirt-z', dns: ['csirt-z.example', 'localhost'] })
  const child = startChild('./peer-child.ts', { CERT: cert, KEY: key, CA: ca.cert })
  const port = await child.ask<number>('start')
  return { child, port, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

/** A sketch with a store of its own, and the port it answers at. */
export async function startSketch(pki: Pki) {
  const ca = await pki.ca('rid')
  const { cert, key } = await ca.issue({ cn: 'sketch', dns: ['localhost'] })
  const folder = await mkdtemp(join(tmpdir(), 'bench-sketch-'))
  const store = join(folder, 'sketch.db')
  const sketch = startChild('./sketch-child.ts', { CERT: cert, KEY: key, CA: ca.cert, STORE: store })
  const port = await sketch.ask<number>('start')
  return {
    sketch,
    port,
    async [Symbol.asyncDispose]() {
      await sketch[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}
