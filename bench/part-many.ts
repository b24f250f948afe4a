import { readFileSync } from 'node:fs'
import type { Broker } from '../test/support/brokers.ts'
import { createWorld, members } from '../test/support/e2e.ts'
import type { Site } from '../test/support/site.ts'
import { line } from './figures.ts'
import { cpuOf } from './process-cost.ts'

const PEERS = Number(process.env.PEERS ?? 1_000)
const TOPICS = Number(process.env.TOPICS ?? 100)

/** How long a gateway with 1,000 peers and 100 Topics takes to start, to read its configuration again, and to be checked. */
export async function benchMany(): Promise<void> {
  for (const kind of ['prosody', 'ejabberd'] as const) await measure(kind)
}

async function measure(kind: Broker['kind']): Promise<void> {
  await using world = await createWorld(kind)
  const topics = Array.from({ length: TOPICS }, (_, n) => `topic-${n}`)
  const site = await world.site({
    topics: topics.map((name) => ({ name, create: true, members: members(world.broker.domain) })),
    peers: Array.from({ length: PEERS }, (_, n) => ({
      name: `csirt-${n}`,
      url: 'https://localhost:9/',
      publish: [topics[n % TOPICS] ?? ''],
      topics: [topics[(n + 1) % TOPICS] ?? ''],
    })),
  })
  const of = (what: string, value: string) => line(`${kind}, ${PEERS} peers, ${TOPICS} Topics: ${what}`, value)
  for (const start of ['first start, Topics made', 'start']) {
    const began = performance.now()
    await using gateway = site.launch()
    await gateway.serving
    const serving = performance.now() - began
    await site.ready(600_000)
    const [ready, cpu] = [performance.now() - began, (await cpuOf(gateway.pid)) / 1000]
    const broker = (await cpuOf(world.broker.pid)) / 1000
    of(
      start,
      `serving ${Math.round(serving)} ms, all ready ${Math.round(ready)} ms, CPU ${cpu} ms (Broker so far ${broker})`,
    )
    const idle = await cpuOf(gateway.pid)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    of('CPU at rest', `${(((await cpuOf(gateway.pid)) - idle) / 50_000).toFixed(2)} %, ${memoryOf(gateway.pid)} MiB`)
    if (start === 'start') await beside(site, of)
    await gateway.stop()
  }
}

async function beside(site: Site, of: (what: string, value: string) => void): Promise<void> {
  for (const path of ['/ready', '/metrics', '/']) {
    const began = performance.now()
    for (let i = 0; i < 5; i += 1) await (await fetch(`http://127.0.0.1:${site.opsPort}${path}`)).text()
    of(`GET ${path}`, `${((performance.now() - began) / 5).toFixed(1)} ms`)
  }
  for (const args of [['check'], ['reload'], ['topics'], ['peers'], ['check', '--online']]) {
    const began = performance.now()
    const failed = await site.command(...args).then(
      () => '',
      (error: Error) => ` (${error.message.split('\n').at(-2)?.slice(0, 80)})`,
    )
    of(args.join(' '), `${Math.round(performance.now() - began)} ms${failed}`)
  }
}

function memoryOf(pid: number): number {
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024)
}
