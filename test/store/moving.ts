import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreConfig } from '../../src/config/types.ts'
import { copyStore } from '../../src/store/open-store.ts'
import { openGatewayStore } from '../../src/store/postgres/postgres-store.ts'
import { openStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../../src/store/whole-store.ts'
import { untold } from '../../src/tell.ts'
import { createVirtualClock, type VirtualClock } from '../support/clock.ts'
import { type Bench, MEMORY } from './support.ts'

/** A store that moves: each time it is opened again it is in the other database, by `store copy`. It begins in SQLite. */
export async function createMovingBench(url: string): Promise<Bench> {
  const dir = await mkdtemp(join(MEMORY, 'moving-'))
  const clock = createVirtualClock()
  let at: StoreConfig = { path: join(dir, '0.db') }
  let store = await open(at, clock)
  let moves = 0
  // a position is of one database: told are all rows since the beginning
  const traced: WholeStore['traced'] = (events) => store.traced(events, 0)

  /** Whoever has it has it wherever it is. */
  const handle = new Proxy({} as WholeStore, {
    get: (_, name) => (name === 'traced' ? traced : Reflect.get(store, name)),
  })
  return {
    clock,
    store: handle,
    beside: async () => handle,
    async reopen() {
      await store[Symbol.asyncDispose]()
      moves += 1
      const path = join(dir, `${moves}.db`)
      const to = at.postgres === undefined ? { path, postgres: newTables(url) } : { path }
      await copyStore(at, to, () => {})
      at = to
      store = await open(at, clock)
      return handle
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await rm(dir, { recursive: true })
    },
  }
}

export function newTables(url: string): NonNullable<StoreConfig['postgres']> {
  return { url, schema: `moved_${randomBytes(4).toString('hex')}` }
}

function open({ path, postgres }: StoreConfig, clock: VirtualClock): Promise<WholeStore> {
  return postgres === undefined
    ? openStore({ path, tell: untold, clock })
    : openGatewayStore({ at: { url: postgres.url, schema: postgres.schema }, tell: untold, clock })
}
