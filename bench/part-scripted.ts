import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Broker } from '../test/support/brokers.ts'
import { eventually } from '../test/support/eventually.ts'
import type { Certificate } from '../test/support/pki.ts'
import { iodef, ridReport } from '../test/support/reports.ts'
import { monotonic } from './child.ts'
import { inTurn, line, median } from './figures.ts'
import { createPoster } from './post.ts'
import { cpuOf } from './process-cost.ts'
import { createBench } from './setup.ts'

const COUNT = Number(process.env.COUNT ?? 1_000)
const ROUNDS = Number(process.env.ROUNDS ?? 5)
/** to be compiled by V8, before anything counts */
const WARM = Number(process.env.WARM ?? 3)
const CONNECTIONS = 8
/** Debian's: slixmpp is no package of npm's */
const PYTHON = '/usr/bin/python3'
const PACKAGES = 'python3-aiohttp python3-lxml python3-slixmpp'
const WORDS = 'Seen in the logs of the mail gateway and of two proxies, from both sites, within the same hour. '
const TOPICS = { gateway: 'incident', script: 'scripted' } as const

/**
 * POST to subscriber against a script of aiohttp, lxml and slixmpp that has no store, with Prosody beside both: CPU of the process
 * for a report of 2.5 KB of text, and how many a second are answered and delivered; in turn A B B A. COUNT=n, ROUNDS=n, WARM=n.
 */
export async function benchScripted(): Promise<void> {
  const { status } = spawnSync(PYTHON, ['-c', 'import aiohttp, lxml.etree, slixmpp'], { stdio: 'ignore' })
  if (status !== 0) return line('not run', `it needs ${PACKAGES} (apt-get install)`)
  await using bench = await createBench({ broker: { maxItems: 100 }, delivery: { maxQueue: 1_000_000 } })
  const { site, world } = bench
  const { broker } = world
  const gateway = world.use(await site.spawn())
  await site.ready()
  const owner = await world.user('gateway', undefined, 'owner')
  await owner.create(TOPICS.script, { 'pubsub#access_model': 'open', 'pubsub#max_items': '100' })
  await owner.affiliate(TOPICS.script, `publisher@${broker.domain}`, 'publisher')
  const script = world.use(
    await startScript(broker, await site.ca.issue({ cn: 'scripted', dns: ['localhost'] }), site.ca.cert),
  )
  const subscriber = await world.user('subscriber')
  for (const node of Object.values(TOPICS)) await subscriber.subscribe(node)
  const certificate = await site.certificate('csirt-a')
  const sides = {
    gateway: { pid: gateway.pid, port: site.ridPort },
    script: { pid: script.pid, port: script.port },
  }
  const senders = {
    gateway: world.use(createPoster(sides.gateway.port, site.ca.cert, certificate, CONNECTIONS)),
    script: world.use(createPoster(sides.script.port, site.ca.cert, certificate, CONNECTIONS)),
  }
  const found = {
    gateway: { us: [] as number[], accepted: [] as number[], delivered: [] as number[] },
    script: { us: [] as number[], accepted: [] as number[], delivered: [] as number[] },
  }
  line('load of the machine before', load())
  for (let round = -WARM; round < ROUNDS; round += 1) {
    for (const who of inTurn(round + WARM, 'gateway' as const, 'script' as const)) {
      const bodies = Array.from({ length: COUNT }, (_, n) => body(`${who}-${round}-${n}`))
      const before = subscriber.items.length
      const [cpu, began] = [await cpuOf(sides[who].pid), monotonic()]
      const { ms } = await senders[who].post(COUNT, (n) => bodies[n] ?? '')
      await eventually(`${COUNT} items`, () => subscriber.items.length >= before + COUNT, { ms: 600_000 })
      const all = monotonic() - began
      // what is settled behind the subscriber's back counts, too
      if (who === 'gateway') await site.drained(600_000)
      if (round < 0) continue
      found[who].us.push(((await cpuOf(sides[who].pid)) - cpu) / COUNT)
      found[who].accepted.push((COUNT / ms) * 1_000)
      found[who].delivered.push((COUNT / all) * 1_000)
    }
  }
  line('load of the machine behind', load())
  for (const [who, { us, accepted, delivered }] of Object.entries(found)) {
    const [cpu, taken, there] = [us, accepted, delivered].map((values) => Math.round(median(values)))
    line(who, `${cpu} us a report; ${taken} answered, ${there} delivered a second`)
  }
  const ratio = median(found.gateway.us) / median(found.script.us)
  line('CPU, gateway against script', `${ratio.toFixed(2)} (aim: at most 1) ${ratio <= 1 ? 'met' : 'MISSED'}`)
}

function load(): string {
  return loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')
}

/** 22 elements, 2.5 KB of text. */
function body(id: string): string {
  const discovery = `<Discovery><Description>${WORDS.repeat(26)}</Description></Discovery>`
  return ridReport(iodef({ id }).replace('<Contact ', `${discovery}<Contact `))
}

async function startScript(broker: Broker, { cert, key }: Certificate, ca: string) {
  const script = fileURLToPath(new URL('./scripted_gateway.py', import.meta.url))
  const schema = fileURLToPath(new URL('../schemas/iodef-2.0.xsd', import.meta.url))
  const { hostname, port } = new URL(broker.service)
  const grid = [
    `publisher@${broker.domain}`,
    'publisher-secret',
    hostname,
    port,
    broker.ca,
    broker.broker,
    TOPICS.script,
  ]
  const child = spawn(PYTHON, [script, ...grid, cert, key, ca, schema], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const first = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => undefined)])
  if (first === undefined) throw new Error('the script ended')
  return {
    pid: child.pid ?? 0,
    port: Number(JSON.parse(String(first[0])).port),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
