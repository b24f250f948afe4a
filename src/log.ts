import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import type { LogLevel } from './config/types.ts'

export type { Logger } from 'pino'

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
const CENSORS = Object.fromEntries([...SECRET_KEYS].map((key) => [key, () => CENSORED]))
/** ms that lines may wait for others: each write wakes a thread */
const TOGETHER = 10
const MOST_TOGETHER = 8_192

/**
 * The root logger: JSON lines on standard output, one object each, `level` and ISO `time` readable. Call `flushLog` before the
 * process ends: lines are written from a buffer.
 */
export function createLog(level: LogLevel, stream: DestinationStream = stdout()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      // pino's own redaction costs more than the rest of a line
      formatters: { level: (label) => ({ level: label }), log: (fields) => withoutSecrets(fields) },
      // these see what a child logger carries, too
      serializers: { ...CENSORS, err: errorFields, error: errorFields },
    },
    stream,
  )
}

function withoutSecrets<T extends object>(fields: T, depth = DEPTH): T {
  let copy: T | undefined
  for (const [key, value] of Object.entries(fields)) {
    const shown = SECRET_KEYS.has(key)
      ? CENSORED
      : depth > 1 && isNested(value)
        ? withoutSecrets(value, depth - 1)
        : value
    if (shown === value) continue
    copy ??= Array.isArray(fields) ? ([...fields] as unknown as T) : { ...fields }
    Object.assign(copy, { [key]: shown })
  }
  return copy ?? fields
}

/** An error is left to its serializer. */
function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Error)
}

let standardOutput: ReturnType<typeof destination> | undefined

function stdout(): DestinationStream {
  standardOutput ??= destination({ dest: 1, sync: false, minLength: MOST_TOGETHER })
  const out = standardOutput
  let waits = false
  return {
    write(line) {
      out.write(line)
      if (waits) return
      waits = true
      setTimeout(() => {
        waits = false
        out.flush()
      }, TOGETHER)
    },
  }
}

/** Writes out what is buffered, before the process ends. Never throws: a closed pipe is the reader's choice. */
export function flushLog(): void {
  try {
    standardOutput?.flushSync()
  } catch {
    // standard output is gone: there is nobody left to tell
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
