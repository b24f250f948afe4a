import postgres from 'postgres'
import { GatewayError, messageOf } from '../../errors.ts'
import { tlsWords } from '../../failure-words.ts'

/** SQLSTATE: somebody else was faster, or two waited for each other; asked again it goes well, or says what is wrong. */
const AGAIN = new Set(['40001', '40P01', '23505', '23503', '55P03'])

/** Classes of SQLSTATE that say something about the server, or about what is between it and us, and not about this call. */
const UNAVAILABLE = ['08', '25006', '28', '3D', '42501', '53', '54001', '55000', '57', '58', '55P03', '40']

/** Tables that are not there, or not as they should be; pages that cannot be read. */
const CORRUPT = ['42P01', '42703', '42883', '3F', 'XX']

export function isTransactionFault(error: unknown): boolean {
  return error instanceof postgres.PostgresError && AGAIN.has(error.code)
}

/** Somebody had locked it for longer than the session waits (lock_timeout). */
export function isLocked(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.code === '55P03'
}

/** As sqlite/faults.ts has it: 'store-unavailable', 'store-corrupt', or 'internal' for what one call alone did wrong. */
export function storeError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = codeOf(error)
  const options = { cause: withoutValues(error) }
  if (code === undefined) return new GatewayError('internal', messageOf(error), options)
  const begins = (beginning: string) => code.startsWith(beginning)
  if (error instanceof postgres.PostgresError) {
    const detail = `PostgreSQL says: ${error.message} (${code}).`
    if (CORRUPT.some(begins)) return new GatewayError('store-corrupt', detail, options)
    return new GatewayError(UNAVAILABLE.some(begins) ? 'store-unavailable' : 'internal', detail, options)
  }
  // a server may say so only behind the handshake
  const words = tlsWords(code, { ca: 'store.tls.ca', crl: '' })
  const detail = words === undefined ? messageOf(error) : `Of PostgreSQL: ${words} (${code}).`
  return new GatewayError(isOurs(code) ? 'internal' : 'store-unavailable', detail, options)
}

/** Does this fault concern every write, or only the one that met it? */
export function concernsAll(error: unknown): boolean {
  const { code } = storeError(error)
  return code === 'store-unavailable' || code === 'store-corrupt'
}

/** A `code` is SQLSTATE's, the system's (ECONNREFUSED), TLS's, or that of the library, which calls all of the connection so. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What the library, or Node.js, says of a value that was handed to it. */
function isOurs(code: string): boolean {
  return code === 'UNDEFINED_VALUE' || code === 'MAX_PARAMETERS_EXCEEDED' || code.startsWith('ERR_INVALID')
}

/** The library hangs statement and values on what it throws: they may be of a document, and errors are logged. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const plain = new Error(error.message)
  plain.name = error.name
  return Object.assign(plain, { code: codeOf(error) })
}
