import { Socket } from 'node:net'
import postgres from 'postgres'
import { GatewayError, messageOf } from '../../errors.ts'

/** The library's own way through several hosts takes a standby for one that writes, and where none does it tries without a pause, and never fails. */
type Login = postgres.Options<never>

/** Each of its hosts, as a URL of its own. */
export function hostsOf(url: string): readonly string[] {
  const [, before = '', hosts = '', behind = ''] = /^(.*@)([^/?]*)(.*)$/.exec(url) ?? []
  const all = hosts.split(',')
  return all.length > 1 ? all.map((host) => before + host + behind) : [url]
}

/**
 * For the library's `socket`: each connection goes to the host that is the primary then. Where none is, or none answers, it fails, as one to
 * a host that refuses it: whoever waits for it is told at once.
 */
export function toPrimary(hosts: readonly string[], login: Login): () => Promise<Socket> {
  let looking: Promise<URL> | undefined
  return async () => {
    const socket = new Socket()
    try {
      looking ??= findPrimary(hosts, login).finally(() => {
        looking = undefined
      })
      const { hostname: host, port } = await looking
      // the library asks TLS for the certificate of this host
      Object.assign(socket, { host, port }).connect(Number(port) || DEFAULT_PORT, host)
    } catch (error) {
      // once the library listens
      setImmediate(() => socket.destroy(error as Error))
    }
    return socket
  }
}

const DEFAULT_PORT = 5432

/** The first that says so: one whose machine is gone says nothing for seconds. */
async function findPrimary(hosts: readonly string[], login: Login): Promise<URL> {
  try {
    return await Promise.any(hosts.map((host) => assertPrimary(host, login)))
  } catch (error) {
    const errors = error instanceof AggregateError ? error.errors : [error]
    // what a server says is more than that another one does not answer
    const said = errors.find((one) => one instanceof postgres.PostgresError)
    throw said ?? new GatewayError('store-unavailable', `No host takes writes: ${errors.map(messageOf).join('; ')}.`)
  }
}

async function assertPrimary(url: string, login: Login): Promise<URL> {
  const host = new URL(url)
  const sql = postgres(url, { ...login, max: 1, onclose: () => undefined })
  try {
    const [row] = await sql.unsafe<{ standby: boolean }[]>('SELECT pg_is_in_recovery() AS standby')
    if (row?.standby !== false) throw new Error(`${host.host} is a standby`)
    return host
  } finally {
    void sql.end({ timeout: 0 }).catch(() => undefined)
  }
}
