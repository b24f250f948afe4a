import postgres from 'postgres'
import { GatewayError, messageOf } from '../../errors.ts'
import { primaryOf, speaking } from './primary.ts'
import { connector, type Host, hostsOf, type Tls } from './socket.ts'
import type { Rows, Value } from './sql.ts'
import { TYPES } from './types.ts'

/** Where the store is. */
export interface Place {
  /** postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE; with several hosts the one that is the primary */
  readonly url: string
  /** of the tables */
  readonly schema: string
  /** asked for at each login */
  readonly password?: () => string
  /** asked for at each connection; undefined: no TLS, for a server on this machine */
  readonly tls?: () => Tls
}

/** How one part of the store uses its sessions. */
interface Use {
  readonly name: string
  readonly sessions: number
  /** what the server would not have done as it was asked, though it says it has: see Writer */
  readonly onWarning?: (code: string) => void
  readonly parameters?: Readonly<Record<string, string | number>>
}

/** s */
const CONNECT_WITHIN = 5

/**
 * Connections that are made when something is first asked of them. One that was lost is not to be used again, nor is any beside it: what the
 * library sends on a connection that is no more ends the process, or reaches another transaction. Then open others.
 */
export interface Sessions {
  readonly sql: postgres.Sql
  /** Was one of them closed? */
  isLost(): boolean
  /** Resolves when one is open: the library reserves none for a transaction before that. */
  opened(): Promise<unknown>
}

export function openSessions({ url, schema, password, tls }: Place, use: Use): Sessions {
  let lost = false
  let unread: unknown
  // the library asks in the midst of a login: nobody could catch what is thrown there, and the process would end. The server refuses
  const login = (ask: () => string) => () => {
    try {
      return ask()
    } catch (error) {
      unread = error
      return ''
    }
  }
  const secret = password === undefined ? {} : { password: login(password) }
  const hosts = hostsOf(url)
  let looking: Promise<Host> | undefined
  /** For each connection anew: it may be another by then. */
  async function choose(): Promise<Host> {
    if (hosts.length === 1) return hosts[0]!
    looking ??= primaryOf(hosts, { url, tls, secret }).finally(() => {
      looking = undefined
    })
    return looking
  }
  const sql = postgres(url, {
    max: use.sessions,
    ...secret,
    ...speaking(connector(tls, choose)),
    connect_timeout: CONNECT_WITHIN,
    keep_alive: 10,
    max_lifetime: null,
    // soon, at first, and then not too often: whoever asks meanwhile is refused at once
    backoff: (tries: number) => Math.min(0.05 * 2 ** tries, 1),
    onnotice: ({ severity, code }) => {
      if (severity === 'WARNING') use.onWarning?.(code ?? '')
    },
    onclose: () => {
      lost = true
    },
    // what it would ask the server for at each login, and fail to where that is lost meanwhile: for nobody to catch
    fetch_types: false,
    types: TYPES,
    connection: {
      application_name: `iodef-gateway ${use.name}`,
      search_path: quoted(schema),
      idle_in_transaction_session_timeout: 15_000,
      // what looks dear in a long queue, and is not, the server would compile first, each time anew: for seconds
      jit: 'off',
      ...use.parameters,
    },
  })
  let opening: Promise<unknown> | undefined
  async function open(): Promise<void> {
    try {
      await sql.unsafe('SELECT 1')
    } catch (error) {
      if (unread === undefined) throw error
      throw new GatewayError('store-unavailable', messageOf(unread), { cause: unread })
    }
  }
  return { sql, isLost: () => lost, opened: () => (opening ??= open()) }
}

/** At once, whatever is asked of them: that fails. */
export function drop({ sql }: Sessions): void {
  void sql.end({ timeout: 0 }).catch(() => {})
}

/**
 * `work` in a transaction on one of the connections: committed when it resolves. Where the error is one of the connection, or of the
 * server as a whole, the sessions are to be dropped. `wasCommitted`: asked where the connection was lost over the COMMIT, and nobody
 * knows whether it got there.
 */
export async function inTransaction<T>(
  sessions: Sessions,
  work: (tx: postgres.ISql) => Promise<T>,
  wasCommitted: () => Promise<boolean> = async () => false,
): Promise<T> {
  await sessions.opened()
  assertThere(sessions)
  const tx = await sessions.sql.reserve()
  let isInDoubt = false
  let result: T
  try {
    await tx.unsafe('BEGIN')
    result = await work(tx)
    assertThere(sessions)
    isInDoubt = true
    const { command } = await tx.unsafe('COMMIT')
    // of one that failed, and nobody said so
    if (command !== 'COMMIT') throw new Error('the transaction had failed')
    tx.release()
    return result
  } catch (error) {
    if (!sessions.isLost() && !isOfConnection(error)) {
      await tx.unsafe('ROLLBACK')
      tx.release()
    } else if (isInDoubt && (await wasCommitted())) return result!
    throw error
  }
}

export function assertThere(sessions: Sessions): void {
  if (sessions.isLost()) throw new GatewayError('store-unavailable', 'The connection to PostgreSQL was lost.')
}

/** Not what the server says of one statement. */
export function isOfConnection(error: unknown): boolean {
  return !(error instanceof postgres.PostgresError) ? hasCode(error) : error.severity !== 'ERROR'
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}

/** A name as SQL has it where it is not a word. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** What `Db.query` does. */
export function ask<Row>(sql: postgres.ISql, text: string, values: readonly Value[], once = false): Promise<Rows<Row>> {
  const prepare = !once
  return sql.unsafe(text, values as postgres.ParameterOrJSON<never>[], { prepare }) as unknown as Promise<Rows<Row>>
}

/** The same for what is put together for one question. */
export function asked(sql: postgres.ISql, text: string, values: readonly Value[]): Promise<Rows<unknown>> {
  return ask(sql, text, values, true)
}
