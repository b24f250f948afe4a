import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Clock } from '../../src/clock.ts'
import type { ClaimRequest, NewDelivery, NewEnvelope } from '../../src/store/contract.ts'
import { openQueue, openStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../../src/store/whole-store.ts'
import { untold } from '../../src/tell.ts'
import { createVirtualClock, type VirtualClock } from '../support/clock.ts'

export const log = pino({ level: 'silent' })

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A store of its own, gone afterwards: what the suite for every implementer needs. */
export interface Bench extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly store: WholeStore
  /** another handle on the same, as the queue command has */
  beside(): Promise<WholeStore>
  /** another handle, as the next start has; the one before is left as a crash leaves it */
  reopen(): Promise<WholeStore>
}

/** A store in SQLite, in a directory of its own. */
export interface SqliteBench extends Bench {
  readonly path: string
}

/** Memory, where there is some to be had as a disk: for tests that write much and prove nothing about disks. */
export const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export async function createBench(root = tmpdir()): Promise<SqliteBench> {
  const directory = await mkdtemp(join(root, 'store-test-'))
  const path = join(directory, 'data', 'gateway.db')
  const clock = createVirtualClock()
  const opened: WholeStore[] = []
  const open = async (opener: typeof openStore) => {
    const store = await opener({ path, tell: untold, clock })
    opened.push(store)
    return store
  }
  const store = await open(openStore)
  return {
    path,
    clock,
    store,
    beside: () => open(openQueue),
    reopen: () => open(openStore),
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

export function delivery(item: string, more: Partial<NewDelivery> = {}): NewDelivery {
  return {
    kind: 'topic',
    destination: 'incident',
    incident: `csirt-a.example ${item}`,
    item: sha(item),
    payload: `<payload>${item}</payload>`,
    state: 'pending',
    ...more,
  }
}

export function envelope(
  clock: Clock,
  name: string,
  deliveries: readonly NewDelivery[],
  more: Partial<NewEnvelope> = {},
): NewEnvelope {
  return {
    direction: 'rid-to-grid',
    source: 'csirt-a',
    digest: sha(`message ${name}`),
    msgType: 'Report',
    incidents: [...new Set(deliveries.map((one) => one.incident))],
    receivedAt: clock.now(),
    deliveries,
    ...more,
  }
}

export function request(clock: Clock, more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { kind: 'topic', destination: 'incident', limit: 10, now: clock.now(), leaseMs: 60_000, ...more }
}
