import { type DestinationStream, type Logger, pino } from 'pino'
import { stdout } from './log-output.ts'
import { harmless } from './printable.ts'
import type { LogLevel } from './vocabulary.ts'

export type { Logger } from 'pino'
export { flushLog } from './log-output.ts'

/** Keys whose values never reach a log, whoever logs them, two objects deep. */
const SECRET_KEYS = new Set([
  'password',
  'key',
  'authorization',
  'Authorization',
  'body',
  'payload',
  'xml',
  'passphrase',
])
const DEPTH = 3
const CENSORED = '[redacted]'

/**
 * The root logger: JSON lines on standard output, one object each, `level` and ISO `time` readable. Call `flushLog` before the
 * process ends: lines are written from a buffer.
 */
export function createLog(level: LogLevel, stream: DestinationStream = stdout()): Logger {
  const log = pino(
    {
      level,
      base: null,
      timestamp: createTimestamp(),
      // pino's own redaction costs more than the rest of a line
      formatters: { level: (label) => ({ level: label }), log: (fields) => withoutSecrets(fields) },
      // in place of pino's own, which shows all that hangs on an error
      serializers: { err: errorFields },
    },
    // JSON leaves C1 and bidi controls as they are, and a log is read in terminals
    { write: (line) => stream.write(harmless(line)) },
  )
  const { child } = log
  // pino shows its formatters nothing of what a child logger carries
  log.child = function (this: Logger, fields: object, ...more: []) {
    return child.call(this, withoutSecrets(fields), ...more)
  } as Logger['child']
  return log
}

/** As pino's own isoTime writes it: lines come many in a millisecond. */
function createTimestamp(): () => string {
  let at = 0
  let written = ''
  return () => {
    const now = Date.now()
    if (now !== at) written = `,"time":"${new Date(now).toISOString()}"`
    at = now
    return written
  }
}

function withoutSecrets<T extends object>(fields: T, depth = DEPTH): T {
  let copy: T | undefined
  for (const key of Object.keys(fields)) {
    const value: unknown = fields[key as keyof T]
    const shown = SECRET_KEYS.has(key) ? CENSORED : typeof value === 'object' ? shownOf(value, key, depth) : value
    if (shown === value) continue
    copy ??= Array.isArray(fields) ? ([...fields] as unknown as T) : { ...fields }
    Object.assign(copy, { [key]: shown })
  }
  return copy ?? fields
}

/** What JSON would make of it, as far down as `depth` says, without secrets. */
function shownOf(value: object | null, key: string, depth: number): unknown {
  if (value === null) return null
  if (value instanceof Error) return errorFields(value)
  const plain = 'toJSON' in value && typeof value.toJSON === 'function' ? asJson(value.toJSON.bind(value), key) : value
  return depth > 1 && typeof plain === 'object' && plain !== null ? withoutSecrets(plain, depth - 1) : plain
}

function asJson(toJson: (key: string) => unknown, key: string): unknown {
  try {
    return toJson(key)
  } catch (error) {
    return `[not shown: ${error instanceof Error ? error.message : 'toJSON failed'}]`
  }
}

/** Name, code, message and stack; not the rest, which may hold what libraries hang on their errors. */
function errorFields(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const code = 'code' in value ? value.code : undefined
  return {
    type: value.name,
    ...(typeof code === 'string' && { code }),
    message: value.message.slice(0, 2000),
    stack: value.stack?.slice(0, 4000),
    ...(value.cause instanceof Error && { cause: value.cause.message.slice(0, 2000) }),
  }
}
