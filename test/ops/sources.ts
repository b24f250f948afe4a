import type { Clock } from '../../src/clock.ts'
import { createEvents } from '../../src/events.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { type OpsListener, startOps } from '../../src/ops/listener.ts'
import { createReadiness } from '../../src/ops/readiness.ts'
import type { DeliverySummary } from '../../src/store/contract.ts'
import type { WholeStore } from '../../src/store/whole-store.ts'
import { untold } from '../../src/tell.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'

export const NOW = Date.parse('2026-03-01T12:00:00Z')
export const TOKEN = 'a token that nobody guesses'

/** A held delivery to a peer. */
export function held(id: string, reason: string): DeliverySummary {
  const to = { kind: 'peer', destination: 'csirt-b', direction: 'grid-to-rid', source: 'incident' } as const
  const times = { createdAt: NOW - 60_000, updatedAt: NOW - 30_000, nextAttempt: null }
  const incident = `csirt-a.example ${id}`
  return { ...to, ...times, id, incident, envelope: '1', item: 'ab', group: null, state: 'held', attempts: 3, reason }
}

/** An operators' endpoint on a store of its own, with a clock that stands until it is moved. */
export async function opsBench(change: Partial<Parameters<typeof startOps>[1]> = {}, given?: WholeStore) {
  const time = { now: NOW }
  const clock: Clock = { now: () => time.now, sleep: async () => undefined, random: () => 0.5 }
  const store: WholeStore = given ?? new MemoryStore(clock)
  const board = createReadiness(clock)
  const woken: string[] = []
  const events = createEvents({ log: createLog('silent'), clock })
  const ops: OpsListener = await startOps(
    { host: '127.0.0.1', port: 0 },
    {
      tell: untold,
      registry: createMetrics().registry,
      clock,
      readiness: () => board.read(),
      backlog: () => store.backlog(),
      refused: () => [],
      recent: () => [],
      flow: { read: async () => [] },
      store,
      acts: {
        events,
        wake: (kind, name) => void woken.push(`${kind} ${name}`),
        destinations: [{ kind: 'topic', name: 'incident' }],
      },
      name: 'gateway.example',
      version: '1.2.3',
      ...change,
    },
  )
  return { ops, store, board, time, clock, woken, [Symbol.asyncDispose]: () => ops[Symbol.asyncDispose]() }
}
