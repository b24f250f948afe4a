import postgres from 'postgres'
import { GatewayError } from '../../errors.ts'
import type { Rows, Value } from './sql.ts'

/** Where the store is. */
export interface Place {
  /** postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE; with several hosts the one that takes writes */
  readonly url: string
  /** of the tables */
  readonly schema: string
  /** asked for at each login */
  readonly password?: () => string
  /** how the server's certificate is verified; undefined: no TLS, for a server on this machine */
  readonly tls?: { readonly ca?: string }
}

/** How one part of the store uses its sessions. */
interface Use {
  readonly name: string
  readonly sessions: number
  /** what the server would not have done as it was asked, though it says it has: see Writer */
  readonly onWarning?: (code: string) => void
  readonly parameters?: Readonly<Record<string, string | number>>
  readonly onClose?: () => void
}

/** s */
const CONNECT_WITHIN = 5

export type Sessions = postgres.Sql

/** Connects when it is first asked for something, and anew after a connection was lost. */
export function openSessions({ url, schema, password, tls }: Place, use: Use): Sessions {
  return postgres(url, {
    max: use.sessions,
    ...(password !== undefined && { password }),
    ssl: tls === undefined ? false : { rejectUnauthorized: true, ...tls },
    target_session_attrs: 'read-write',
    connect_timeout: CONNECT_WITHIN,
    keep_alive: 10,
    idle_timeout: 0,
    // soon, at first, and then not too often: whoever asks meanwhile is refused at once
    backoff: (tries: number) => Math.min(0.05 * 2 ** tries, 1),
    onnotice: ({ severity, code }) => {
      if (severity === 'WARNING') use.onWarning?.(code ?? '')
    },
    ...(use.onClose && { onclose: use.onClose }),
    // all of ours are whole, and below 2^53; who asks for what was never, asks from Infinity on
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: bigint } },
    connection: {
      application_name: `iodef-gateway ${use.name}`,
      search_path: quoted(schema),
      idle_in_transaction_session_timeout: 15_000,
      ...use.parameters,
    },
  })
}

function bigint(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '9223372036854775807' : '-9223372036854775808'
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

/** Rejects with 'store-unavailable' after `ms`: a network that loses everything says nothing. */
export async function inTime<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new GatewayError('store-unavailable', `PostgreSQL did not answer within ${ms / 1000} s: ${what}.`))
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
