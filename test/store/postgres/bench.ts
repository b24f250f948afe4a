import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import postgres from 'postgres'
import { openBeside, openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import type { WholeStore } from '../../../src/store/whole-store.ts'
import { untold } from '../../../src/tell.ts'
import { createVirtualClock } from '../../support/clock.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import type { Bench } from '../support.ts'

interface Shared {
  readonly server: PostgresServer
  /** as its owner */
  readonly sql: postgres.Sql
  /** schemas that are empty again: making one takes longer than most tests */
  readonly empty: string[]
}

let shared: Promise<Shared> | undefined
after(async () => {
  const { sql, server } = (await shared) ?? {}
  await sql?.end()
  await server?.[Symbol.asyncDispose]()
})

/** One for all tests of a file. */
function sharedServer(): Promise<Shared> {
  shared ??= startPostgres().then((server) => ({
    server,
    sql: postgres(server.url, { max: 1, onnotice: () => {} }),
    empty: [],
  }))
  return shared
}

export interface PostgresBench extends Bench {
  readonly server: PostgresServer
  readonly sql: postgres.Sql
  readonly schema: string
}

/** A store in a schema of its own. */
export async function createPostgresBench(): Promise<PostgresBench> {
  const { server, sql, empty } = await sharedServer()
  const schema = empty.pop() ?? `t_${randomBytes(6).toString('hex')}`
  const clock = createVirtualClock()
  const opened: WholeStore[] = []
  let life = new AbortController()
  const open = async (opener: typeof openGatewayStore) => {
    const at = { url: server.url, schema }
    const store = await opener({ at, tell: untold, clock, crashed: life.signal })
    opened.push(store)
    return store
  }
  const store = await open(openGatewayStore)
  return {
    server,
    sql,
    schema,
    clock,
    store,
    beside: () => open(openBeside),
    async reopen() {
      life.abort()
      life = new AbortController()
      await sql`DELETE FROM ${sql(schema)}.instance`
      return open(openGatewayStore)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()))
      await clear(sql, schema)
      empty.push(schema)
    },
  }
}

/** Referenced ones last. */
const TABLES = [
  ...['lease', 'instance', 'trace', 'trace_share', 'cursor', 'seen', 'item_source', 'payload', 'body', 'delivery'],
  ...['delivery_group', 'document_item', 'document', 'destination', 'envelope', 'exchange', 'record'],
]

async function clear(sql: postgres.Sql, schema: string): Promise<void> {
  const all = TABLES.map((table) => `DELETE FROM ${schema}.${table}`)
  await sql.unsafe(`${all.join('; ')}; ALTER SEQUENCE ${schema}.key RESTART`)
}
