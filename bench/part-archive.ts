import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { Config, PeerConfig } from '../src/config/types.ts'
import { createEvents } from '../src/events.ts'
import { createExchangeSide } from '../src/exchange/exchanges.ts'
import { createLog } from '../src/log.ts'
import { createReader } from '../src/reading/reader.ts'
import { consumedFrom } from '../src/relay/part.ts'
import type { NewRecord } from '../src/store/archive.ts'
import { openStore } from '../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../src/store/whole-store.ts'
import { untold } from '../src/tell.ts'
import { IODEF2, ridText } from '../test/support/documents.ts'
import { item, report } from './documents.ts'
import { latencies, line, percentile, rate } from './figures.ts'

const INCIDENTS = Number(process.env.INCIDENTS ?? 100_000)
const QUERIES = Number(process.env.QUERIES ?? 200)
const CALLERS = 16
const MINUTE = 60_000
const BEGAN = Date.parse('2026-01-01T00:00:00Z')

const PEER = {
  name: 'csirt-a',
  identity: { dns: 'csirt-a.example' },
  accept: ['Report', 'Query'],
  publish: [],
  topics: [],
  send: ['Report'],
  restrictions: ['public', 'partner', 'need-to-know', 'private'],
  query: ['incident'],
  url: 'https://csirt-a.example:4590/',
  policy: { region: 'PeerToPeer', traffic: 'Network' },
  strict: false,
} as const satisfies PeerConfig

const CONFIG = {
  peers: [PEER],
  routes: [],
  rid: { name: 'gateway.example', maxMessage: 1_048_576 },
  exchanges: {
    ...{ hold: 25_000, pending: 120_000, expireQuery: 86_400_000, expireRequest: 86_400_000 },
    ...{ reports: 5, results: 50, open: 1000, rate: 100_000 },
  },
} as unknown as Config

/** What Queries cost that are answered from an archive of 100,000 incidents, and what it costs to fill it. */
export async function benchArchive(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-archive-'))
  const store = await openStore({ path: join(directory, 'gateway.db'), tell: untold, clock: systemClock })
  await using reader = createReader({ threads: 1 })
  const log = createLog('silent')
  const side = createExchangeSide({
    config: CONFIG,
    reader,
    store,
    events: createEvents({ log, clock: systemClock }),
    clock: systemClock,
    wake: () => undefined,
    senderAt: () => {
      throw new Error('nothing is sent')
    },
  })
  try {
    const template = await recordOf(side, reader)
    await fill(store, 2000, (n) => ({ ...numbered(template, n), topic: 'warm' }))
    const without = await fill(store, 4000, () => undefined)
    const withRecord = await fill(store, 4000, (n) => ({ ...numbered(template, n), topic: 'warm' }))
    await store.forget('warm')
    line(
      `an item of ${template.body.length} bytes, ${template.terms.length} terms: commits without the archive`,
      without,
    )
    line('and with it', withRecord)
    const took = await fill(store, INCIDENTS, (n) => numbered(template, n))
    line(`filling it with ${INCIDENTS.toLocaleString('en')} incidents`, took)
    const before = process.memoryUsage.rss()
    for (const [what, query] of QUESTIONS) await measure(side, reader, what, query)
    const grown = (process.memoryUsage.rss() - before) / 1024 / 1024
    line(
      'memory: after filling it, and grown by the Queries',
      `${Math.round(before / 1024 / 1024)}, ${Math.round(grown)} MiB`,
    )
  } finally {
    await store[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  }
}

type Side = ReturnType<typeof createExchangeSide>
type Reader = ReturnType<typeof createReader>

const address = (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
const hex = (n: number) => `00000000000000000000ffff${(0x0a000000 + n).toString(16).padStart(8, '0')}`

const described = (n: number, criteria: string) =>
  ridText(
    `<IODEF-Document xmlns="${IODEF2}" version="2.00"><Incident purpose="traceback" restriction="public"><IncidentID name="csirt-a.example">q${n}</IncidentID>` +
      `${criteria}</Incident></IODEF-Document>`,
    { msgType: 'Query' },
  )
const REST =
  '<GenerationTime>2026-01-01T00:00:00Z</GenerationTime><Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>'
const at = (minutes: number) => new Date(BEGAN + minutes * MINUTE).toISOString().replace('.000', '')
const system = (place: string, category: string) =>
  `<EventData><Flow><System category="source"><Node><Address category="${category}">${place}</Address></Node></System></Flow></EventData>`
const span = (from: number, to: number) => `<StartTime>${at(from)}</StartTime><EndTime>${at(to)}</EndTime>${REST}`

/** Each question another one: the same again has the same answer. */
const QUESTIONS: readonly (readonly [what: string, query: (n: number) => string])[] = [
  [
    'by number',
    (n) =>
      ridText(null, {
        msgType: 'Query',
        incidentId: `<IncidentID xmlns="urn:ietf:params:xml:ns:iodef-1.0" name="csirt.alpha.example">N${pick(n)}</IncidentID>`,
      }),
  ],
  ['by an address that 1 has', (n) => described(n, REST + system(address(pick(n)), 'ipv4-addr'))],
  ['by a net that 4 lie in', (n) => described(n, REST + system(`${address(pick(n) & ~3)}/30`, 'ipv4-net'))],
  ['by a net that 256 lie in', (n) => described(n, REST + system(`${address(pick(n) & ~255)}/24`, 'ipv4-net'))],
  ['by a net that all lie in', (n) => described(n, REST + system(`10.0.0.0/${8 - (n % 8)}`, 'ipv4-net'))],
  ['by a span of 5 minutes', (n) => described(n, span(pick(n), pick(n) + 4))],
  ['by a span of a day', (n) => described(n, span(pick(n), pick(n) + 1440))],
  ['by a span of all', (n) => described(n, span(n, INCIDENTS))],
  ['by a span in which there is nothing', (n) => described(n, span(-5000 - n, -4000 - n))],
]

const pick = (n: number) => (n * 7919) % INCIDENTS

async function measure(side: Side, reader: Reader, what: string, query: (n: number) => string): Promise<void> {
  const times: number[] = []
  const answers = new Map<string, number>()
  for (let n = 0; n < QUERIES; n++) {
    const text = query(n)
    const inspection = await reader.inspect(Buffer.from(text), { charset: 'utf-8' }, { peer: PEER.name })
    if (!inspection.valid) throw new Error(`${what}: ${inspection.errors[0]?.message}`)
    const began = performance.now()
    const message = { id: `${n}`, peer: PEER, address: '192.0.2.1', body: Buffer.from(text), receivedAt: Date.now() }
    const answer = await side.receive(message, inspection)
    times.push(performance.now() - began)
    const kind =
      typeof answer === 'object' ? (answer.kind === 'reply' ? kindOf(answer.xml) : answer.kind) : String(answer)
    answers.set(kind, (answers.get(kind) ?? 0) + 1)
  }
  const kinds = [...answers].map(([kind, count]) => `${count} ${kind}`).join(', ')
  line(`Query ${what}`, `${latencies(times)} (${kinds})`)
}

function kindOf(xml: string): string {
  if (xml.includes('"Acknowledgement"')) return /Justification="(\w+)"/.exec(xml)?.[1] ?? 'Pending'
  return `${xml.split('<Incident ').length - 1} Incidents`
}

/** What the archive has of a full report, as the gateway makes it. */
async function recordOf(side: Side, reader: Reader): Promise<NewRecord> {
  const { id, xml } = item(report('N0'))
  const inspection = await reader.inspect(Buffer.from(xml), { charset: 'utf-8', terms: true }, { topic: 'incident' })
  const consumed = consumedFrom(inspection)
  const record = consumed && side.record({ topic: 'incident', id, xml, retained: false }, consumed, inspection, BEGAN)
  if (record === undefined) throw new Error('the archive keeps nothing of it')
  return record
}

/** Another incident of the same kind: number, address and time of its own. */
function numbered(template: NewRecord, n: number): NewRecord {
  const name = `csirt.alpha.example N${n}`
  const own = template.terms.map((term) =>
    term.lo.includes('N0') ? { ...term, lo: term.lo.replace('N0', `N${n}`), hi: term.hi.replace('N0', `N${n}`) } : term,
  )
  const place = { lo: hex(n), hi: hex(n) }
  return {
    ...template,
    item: createHash('sha256').update(name).digest('hex'),
    content: createHash('sha256').update(`content ${name}`).digest('hex'),
    takenIn: BEGAN + n,
    from: BEGAN + n * MINUTE,
    to: BEGAN + n * MINUTE,
    terms: [...own, { kind: 'address', ...place }, { kind: 'address source', ...place }],
    body: template.body.replaceAll('N0', `N${n}`),
  }
}

let filled = 0

async function fill(store: WholeStore, count: number, record: (n: number) => NewRecord | undefined): Promise<string> {
  let next = 0
  const times: number[] = []
  const began = performance.now()
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < count) {
        const n = next++
        const kept = record(n)
        const digest = createHash('sha256').update(`${filled++}`).digest('hex')
        const start = performance.now()
        await store.accept({
          ...{ direction: 'grid-to-rid', source: 'incident', digest, msgType: 'Report' },
          ...{ incidents: [`csirt.alpha.example N${n}`], receivedAt: Date.now(), deliveries: [] },
          seen: { topic: 'incident', itemId: digest, digest, at: Date.now() },
          ...(kept !== undefined && { record: kept }),
        })
        times.push(performance.now() - start)
      }
    }),
  )
  const ms = performance.now() - began
  return `${(ms / count).toFixed(2)} ms each, ${rate(count, ms, 'items')}, p50 of a commit ${percentile(times, 0.5).toFixed(1)} ms`
}
