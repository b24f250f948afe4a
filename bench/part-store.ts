import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { Delivery, NewDelivery, NewEnvelope } from '../src/store/contract.ts'
import { openDisk } from '../src/store/sqlite/fsync.ts'
import { openGatewayStore } from '../src/store/sqlite/sqlite-store.ts'
import { type Counts, countAll } from './counts.ts'
import { line, median } from './figures.ts'

const ROUNDS = 5
/** deliveries that a round takes in, and settles */
const EACH = 512
const TOPIC = { kind: 'topic', destination: 'incident' } as const
/** what a report of 6.5 KB comes out as */
const PAYLOAD = 'x'.repeat(6_000)

/** Rows that are there: `ROWS=1000,100000,1000000` for more. */
const SIZES = (process.env.ROWS ?? '1000,100000').split(',').map(Number)

type Store = Awaited<ReturnType<typeof openGatewayStore>>

/** What one thing that is asked of the store takes. */
interface Cost {
  readonly cpu: number
  readonly statements: number
  readonly rows: number
  readonly kib: number
  readonly syncs: number
}

/**
 * What the store costs, by how many messages are taken in together and how many are there: CPU (user and system of all threads), SQL
 * statements, rows, KiB given to the system to write, and how often the disk is waited for.
 */
export async function benchStore(): Promise<void> {
  const counts = countAll()
  for (const size of SIZES) await measureWith(size, counts, { syncs: 0 })
}

async function measureWith(size: number, counts: Counts, own: { syncs: number }): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-store-'))
  const path = join(directory, 'gateway.db')
  const disk = (at: string) => {
    const real = openDisk(at)
    const sync = () => {
      own.syncs += 1
      return real.sync()
    }
    return { sync, [Symbol.dispose]: () => real[Symbol.dispose]() }
  }
  const open = () => openGatewayStore({ path, clock: systemClock, tell: () => {}, disk })
  let store = await open()
  try {
    await fill(store, size)
    line(`${size.toLocaleString('en')} there`, '   us CPU  statements   rows    KiB  syncs')
    const measure = async (name: string, times: number, work: () => Promise<unknown>) => {
      line(name, shown(await costOf(times, work, counts, own)))
    }
    for (const together of [1, 8, 64]) {
      await measure(`accept, ${together} to a commit`, EACH, () => accept(store, EACH, together))
    }
    for (const together of [1, 8, 64]) {
      await measure(`claim and settle, ${together} at once`, EACH, () => settle(store, EACH, together))
    }
    await measure('16 send reports, and they go out at once', EACH, () => journey(store, EACH))
    await measure('a report for 100 peers', 4, () => acceptForAll(store, 4))
    await readings(store, measure)
    await store[Symbol.asyncDispose]()
    const began = performance.now()
    store = await open()
    await store.releaseLeases()
    await store.backlog()
    line('opened, leases ended, backlog read', `${Math.round(performance.now() - began)} ms`)
  } finally {
    await store[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  }
}

async function readings(
  store: Store,
  measure: (name: string, times: number, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const again = async (times: number, work: (n: number) => Promise<unknown>) => {
    for (let n = 0; n < times; n += 1) await work(n)
  }
  const filter = { incident: nameOf(500) }
  await measure('trace of an incident', 50, () => again(50, () => store.trace(nameOf(500))))
  await measure('list by incident', 5, () => again(5, () => store.list(filter)))
  await measure('list with a limit of 50', 20, () => again(20, () => store.list({ limit: 50 })))
  await measure('list of held ones, limit 50', 20, () => again(20, () => store.list({ states: ['held'], limit: 50 })))
  await measure('unsettled, of one origin', 20, () => again(20, () => store.unsettled('topic', 'incident', 'csirt-1')))
  await measure('backlog, after a write', 20, () =>
    again(20, async () => {
      await store.accept(envelope(next++), [])
      await store.backlog()
    }),
  )
  await measure('prune, nothing old', 5, () => again(5, () => store.prune(Date.now(), 1)))
}

/** CPU: the middle of several rounds; the others are means. */
async function costOf(
  times: number,
  work: () => Promise<unknown>,
  counts: Counts,
  own: { syncs: number },
): Promise<Cost> {
  const before = { ...counts, ...own, written: written() }
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(began)
    rounds.push((user + system) / times)
  }
  const all = times * ROUNDS
  return {
    cpu: median(rounds),
    statements: (counts.statements - before.statements) / all,
    rows: (counts.rows - before.rows) / all,
    kib: (written() - before.written) / 1024 / all,
    syncs: (own.syncs - before.syncs) / all,
  }
}

function shown({ cpu, statements, rows, kib, syncs }: Cost): string {
  const places = [
    [cpu < 100 ? cpu.toFixed(1) : Math.round(cpu).toLocaleString('en'), 9],
    [statements.toFixed(1), 12],
    [rows.toFixed(1), 7],
    [kib.toFixed(1), 7],
    [syncs.toFixed(2), 7],
  ] as const
  return places.map(([text, width]) => text.padStart(width)).join('')
}

/** Bytes that this process gave the system to write: the log, and what checkpoints move out of it. */
function written(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1])
}

let next = 0

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** As tools number them, and no two reporters alike. */
function nameOf(n: number): string {
  return `csirt-${n % 7}.example.org ${digestOf(`incident ${n}`).slice(0, 12)}`
}

function envelope(n: number, to: readonly Pick<NewDelivery, 'kind' | 'destination'>[] = [TOPIC]): NewEnvelope {
  const item = digestOf(`item ${n}`)
  const deliveries = to.map((destination) => ({
    ...destination,
    incident: nameOf(n),
    item,
    apart: digestOf(`apart ${n}`),
    payload: `${n}${PAYLOAD}`,
    state: 'pending' as const,
  }))
  return {
    direction: 'rid-to-grid',
    source: `csirt-${n % 7}`,
    digest: digestOf(`message ${n}`),
    msgType: 'Report',
    incidents: [nameOf(n)],
    receivedAt: Date.now(),
    deliveries,
  }
}

function traceOf(n: number, event: string, more = {}) {
  const fields = { message: '0f8fad5b-d9cb-469f-a165-70867728950e', source: `csirt-${n % 7}`, ...more }
  return [{ at: Date.now(), incident: nameOf(n), event, fields }]
}

async function fill(store: Store, rows: number): Promise<void> {
  const before = next
  while (next < before + rows) {
    await Promise.all(Array.from({ length: 256 }, () => take(store, next++)))
  }
}

function take(store: Store, n: number): Promise<unknown> {
  return store.accept(envelope(n), () => traceOf(n, 'accepted', { msgType: 'Report', deliveries: 1 }))
}

async function accept(store: Store, count: number, together: number): Promise<void> {
  for (let done = 0; done < count; done += together) {
    await Promise.all(Array.from({ length: together }, () => take(store, next++)))
  }
}

async function acceptForAll(store: Store, count: number): Promise<void> {
  const to = Array.from({ length: 100 }, (_, i) => ({ kind: 'peer' as const, destination: `peer-${i}` }))
  for (let done = 0; done < count; done += 1) await store.accept(envelope(next++, to), [])
}

/** Each sender sends its next one when the last is answered. */
async function journey(store: Store, count: number): Promise<void> {
  let left = count
  let out = 0
  const sender = async () => {
    while (left > 0) {
      left -= 1
      // as they come in from a network
      await new Promise((resolve) => setImmediate(resolve))
      await take(store, next++)
    }
  }
  const engine = async () => {
    while (out < count) {
      const units = await store.claim({ ...TOPIC, limit: 4, now: Date.now(), leaseMs: 60_000 })
      out += units.length
      if (units.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      await Promise.all(units.flat().map((one) => store.settle([{ id: one.id, to: 'delivered' }], outcomeOf(one))))
    }
  }
  await Promise.all([engine(), ...Array.from({ length: 16 }, sender)])
}

function outcomeOf({ id, incident }: Pick<Delivery, 'id' | 'incident'>) {
  const fields = { delivery: id, destination: 'incident', attempts: 1, item: id }
  return [{ at: Date.now(), incident, event: 'published', fields }]
}

async function settle(store: Store, count: number, together: number): Promise<void> {
  for (let done = 0; done < count; done += together) {
    const units = await store.claim({ ...TOPIC, limit: together, now: Date.now(), leaseMs: 60_000 })
    await Promise.all(units.flat().map((one) => store.settle([{ id: one.id, to: 'delivered' }], outcomeOf(one))))
  }
}
