import postgres from 'postgres'
import { messageOf } from '../../errors.ts'
import { inTime } from './in-time.ts'
import { connector, type Host, NoServer, type Tls } from './socket.ts'

interface Login {
  readonly url: string
  readonly tls: (() => Tls) | undefined
  readonly secret: { readonly password?: () => string }
}

/** s */
const LOGIN_WITHIN = 5

/** An option that the library's types leave out. The name is one that it asks for, and never uses. */
export function speaking(socket: ReturnType<typeof connector>): object {
  return { socket, host: 'store.postgres', ssl: false }
}

/**
 * The one of several hosts that is the primary; the first that says so, since one whose machine is gone says nothing for seconds. Rejects with
 * NoServer where none does. The library's own search is no help: `read-write` takes a standby of PostgreSQL 14 for the primary, and what cannot
 * be reached is tried without an end, hundreds of times a second.
 */
export async function primaryOf(hosts: readonly Host[], login: Login): Promise<Host> {
  try {
    return await Promise.any(hosts.map((host) => assertPrimary(host, login)))
  } catch (error) {
    throw error instanceof AggregateError ? new NoServer(error.errors.map(messageOf)) : error
  }
}

/** Rejects with why it is none. */
async function assertPrimary(host: Host, { url, tls, secret }: Login): Promise<Host> {
  const socket = connector(tls, async () => host)
  const sql = postgres(url, {
    ...secret,
    max: 1,
    connect_timeout: LOGIN_WITHIN,
    fetch_types: false,
    ...speaking(socket),
  })
  const at = `${host.name}:${host.port}`
  try {
    // one that takes a login may say nothing more
    const asked = sql.unsafe<{ standby: boolean }[]>('SELECT pg_is_in_recovery() AS standby')
    const [found] = await inTime(2 * LOGIN_WITHIN * 1000, 'what it is', asked)
    if (found?.standby === false) return host
  } catch (error) {
    throw new Error(error instanceof NoServer ? error.reasons.join() : `${at}: ${messageOf(error)}`, { cause: error })
  } finally {
    // whoever asks has the answer, and need not wait for a server that hangs
    void sql.end({ timeout: 1 }).catch(() => undefined)
  }
  throw new Error(`${at}: it is a standby, and takes no writes`)
}
