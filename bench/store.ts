/** What the store costs: `node bench/store.ts`. Prints one JSON line per measure. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { Delivery, NewEnvelope, Store } from '../src/store/contract.ts'
import { openStore } from '../src/store/sqlite/sqlite-store.ts'
import { untold } from '../src/tell.ts'

const MESSAGES = Number(process.env.MESSAGES ?? 20_000)
const CALLERS = 16
const LOAD = { kind: 'topic', destination: 'incident' } as const

const directory = await mkdtemp(join(tmpdir(), 'bench-store-'))
const store = await openStore({
  path: join(directory, 'gateway.db'),
  tell: untold,
  clock: systemClock,
})
const document = 'x'.repeat(4096)

function envelope(n: number): NewEnvelope {
  const digest = createHash('sha256').update(String(n)).digest('hex')
  const now = Date.now()
  return {
    direction: 'rid-to-grid',
    source: 'csirt-a',
    digest,
    msgType: 'Report',
    incidents: [`csirt-a.example ${n}`],
    receivedAt: now,
    deliveries: [{ ...LOAD, incident: `csirt-a.example ${n}`, item: digest, payload: document, state: 'pending' }],
  }
}

/** Longest time the event loop was held, in ms. */
function watchLoop(): () => number {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 1)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return Math.round(longest)
  }
}

async function measure(name: string, count: number, work: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage()
  const longest = watchLoop()
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    JSON.stringify({
      measure: name,
      count,
      perSecond: Math.round((count / ms) * 1000),
      cpuMicrosEach: Math.round((user + system) / count),
      loopBlockedMs: longest(),
    }),
  )
}

async function accept(from: number, count: number): Promise<void> {
  let next = from
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < from + count) {
        const n = next++
        const { incidents, receivedAt } = envelope(n)
        await store.accept(envelope(n), [
          { at: receivedAt, incident: incidents[0]!, event: 'accepted', fields: { source: 'csirt-a' } },
        ])
      }
    }),
  )
}

async function drain(from: Store, limit: number): Promise<number> {
  let settled = 0
  for (;;) {
    const units = await from.claim({ ...LOAD, limit, now: Date.now(), leaseMs: 60_000 })
    if (units.length === 0) return settled
    const all: Delivery[] = units.flat()
    await Promise.all(
      all.map((delivery) =>
        from.settle(
          [{ id: delivery.id, to: 'delivered' }],
          [
            {
              at: Date.now(),
              incident: delivery.incident,
              event: 'published',
              fields: { delivery: delivery.id, attempts: 1 },
            },
          ],
        ),
      ),
    )
    settled += all.length
  }
}

await measure('accept, 1 caller', 2000, async () => {
  for (let n = 0; n < 2000; n++) await store.accept(envelope(n))
})
await measure(`accept, ${CALLERS} callers`, MESSAGES, () => accept(2000, MESSAGES))
await measure('claim 64 + settle', MESSAGES + 2000, async () => {
  await drain(store, 64)
})
await accept(1_000_000, 100_000)
await measure('claim 4 of 100,000 pending', 2000, async () => {
  for (let n = 0; n < 500; n++) await store.claim({ ...LOAD, limit: 4, now: Date.now(), leaseMs: 600_000 })
})
await measure('backlog of 100,000', 1000, async () => {
  for (let n = 0; n < 1000; n++) {
    if (n % 10 === 0) await store.probe()
    await store.backlog()
  }
})
await measure('claim 64 + settle of 100,000', 98_000, async () => {
  await drain(store, 64)
})
await measure('list 1000 of 120,000', 20, async () => {
  for (let n = 0; n < 20; n++) await store.list()
})
await store[Symbol.asyncDispose]()
await rm(directory, { recursive: true })
