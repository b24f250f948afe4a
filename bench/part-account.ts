import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config/types.ts'
import { createEvents } from '../src/events.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import type { Inspection } from '../src/reading/inspection.ts'
import { readDocument } from '../src/reading/read-document.ts'
import type { Reader } from '../src/reading/reader.ts'
import { createAccept } from '../src/relay/accept.ts'
import { judge } from '../src/relay/judge.ts'
import { policyOf, renderAcknowledgement } from '../src/rid/message.ts'
import { nodeOf } from '../src/rid/node.ts'
import type { Delivery } from '../src/store/contract.ts'
import { openDisk } from '../src/store/sqlite/fsync.ts'
import { openGatewayStore } from '../src/store/sqlite/sqlite-store.ts'
import { grid, peer } from '../test/relay/journey.ts'
import { schemas } from '../test/support/documents.ts'
import { itemOf } from './account-item.ts'
import { readingOf } from './account-reading.ts'
import { type Counts, countAll } from './counts.ts'
import { SIZES, type Size, sized } from './documents.ts'
import { line } from './figures.ts'
import { costOfPost } from './process-cost.ts'
import { type Column, ROUNDS, since, timed } from './timed.ts'

/** together in one turn of the loop, as eight senders would have it */
const AT_ONCE = 8

/**
 * Where each microsecond of one message goes: the gateway's own functions, each in a warm loop, in one thread; and what a running
 * gateway and a bare fastify cost the machine for a POST (user and system of all threads).
 */
export async function benchAccount(): Promise<void> {
  const counts = countAll()
  const columns: Column[] = []
  for (const size of SIZES) {
    const column: Column = new Map()
    readingOf(sized('r', size), column, counts)
    await acceptingOf(size, column, counts)
    await itemOf(size, column, counts)
    columns.push(column)
  }
  for (const [i, { bare, gateway }] of (await costOfPost(SIZES, ROUNDS)).entries()) {
    columns[i]?.set('process: bare fastify, mutual TLS: POST to 200', bare)
    columns[i]?.set('process: gateway, POST to 200, Broker away', gateway)
  }
  line('us of CPU, or how many, for a message of', SIZES.map((size) => `${size} KB`.padStart(10)).join(''))
  for (const name of columns[0]?.keys() ?? []) {
    const values = columns.map((column) => column.get(name) ?? Number.NaN)
    line(name, values.map((value) => shown(value).padStart(10)).join(''))
  }
}

function shown(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}

async function acceptingOf(size: Size, column: Column, counts: Counts): Promise<void> {
  const bytes = Buffer.byteLength(sized('r', size))
  const made = Math.max(200, Math.min(4_000, Math.round(20_000_000 / bytes)))
  const directory = await mkdtemp(join(tmpdir(), 'bench-account-'))
  let syncs = 0
  const store = await openGatewayStore({
    path: join(directory, 'gateway.db'),
    clock: systemClock,
    tell: () => {},
    disk(path) {
      const disk = openDisk(path)
      return {
        async sync() {
          syncs += 1
          await disk.sync()
        },
        [Symbol.dispose]: () => disk[Symbol.dispose](),
      }
    },
  })
  try {
    let lines = 0
    const written = () => {
      lines += 1
    }
    const log = createLog('info', { write: written })
    const events = createEvents({ log, metrics: createMetrics(), clock: systemClock })
    const config = {
      ...grid(),
      peers: [],
      rid: { name: 'gateway.example' },
      delivery: { maxQueue: 1e6 },
    } as unknown as Config
    let next: Inspection | undefined
    const reader = { inspect: async () => next } as unknown as Reader
    const accept = createAccept({ config, reader, store, events, wake: () => {} })
    const read = (n: number) => readDocument(schemas(), Buffer.from(sized(`${size}-${n}`, size)))
    const inspections = Array.from({ length: made }, (_, n) => read(n))
    const from = peer()
    const message = (n: number) => ({
      id: `m${n}`,
      peer: from,
      address: '192.0.2.1',
      body: Buffer.alloc(0),
      receivedAt: n,
    })
    const one = inspections[0] as Inspection
    column.set(
      'main: judge, make the item, hash it',
      timed(() => judge(config, from, one), bytes),
    )
    const policy = policyOf(
      'Acknowledgement',
      'PeerToPeer',
      'Attack',
      nodeOf({ name: 'a.example', address: '192.0.2.1' }),
      null,
    )
    column.set(
      'main: render the Acknowledgement',
      timed(() => renderAcknowledgement(policy, 'Approved'), bytes),
    )
    const arrived = {
      direction: 'rid-to-grid',
      source: 'a',
      incidents: ['a 1'],
      message: 'm',
      msgType: 'Report',
      deliveries: 1,
    } as const
    column.set(
      'main: event: trace row, log line, metrics',
      timed(() => events.accepted(arrived).tell(), bytes),
    )
    lines = 0
    const before = { ...counts, syncs }
    const began = process.cpuUsage()
    for (let n = 0; n < made; n += AT_ONCE) {
      const batch = inspections.slice(n, n + AT_ONCE)
      // each is taken in the same turn, in which it is asked for
      await Promise.all(
        batch.map((inspection, i) => {
          next = inspection
          return accept(message(n + i))
        }),
      )
    }
    column.set(`main: all of accept, ${AT_ONCE} at once, with commit`, since(began) / made)
    const each = (what: keyof Counts) => (counts[what] - before[what]) / made
    column.set('count: SQL statements to take it in', each('statements'))
    column.set('count: commits', each('transactions')).set('count: fdatasync', (syncs - before.syncs) / made)
    column.set('count: log lines', lines / made)
    await sendingOf(store, made, column, counts)
  } finally {
    await store[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  }
}

type Store = Awaited<ReturnType<typeof openGatewayStore>>

async function sendingOf(store: Store, made: number, column: Column, counts: Counts): Promise<void> {
  const before = counts.statements
  const claims: number[] = []
  const settles: number[] = []
  for (;;) {
    let began = process.cpuUsage()
    const units = await store.claim({
      kind: 'topic',
      destination: 'incident',
      limit: 64,
      now: Date.now(),
      leaseMs: 60_000,
    })
    claims.push(since(began))
    const all: Delivery[] = units.flat()
    if (all.length === 0) break
    began = process.cpuUsage()
    await Promise.all(
      all.map(({ id, incident }) =>
        store.settle(
          [{ id, to: 'delivered' }],
          [{ at: Date.now(), incident, event: 'published', fields: { delivery: id } }],
        ),
      ),
    )
    settles.push(since(began))
  }
  const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0) / made
  column.set('main: claim, 64 at once', sum(claims)).set('main: settle with its trace row', sum(settles))
  column.set('count: SQL statements to send and settle it', (counts.statements - before) / made)
}
