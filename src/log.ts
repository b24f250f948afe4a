import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import type { LogLevel } from './config/types.ts'

export type { Logger } from 'pino'

/** Keys whose values never reach a log, whoever logs them, two objects deep. */
const SECRET_KEYS = ['password', 'key', 'authorization', 'Authorization', 'body', 'payload', 'xml', 'passphrase']

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
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
      serializers: { err: errorFields, error: errorFields },
    },
    stream,
  )
}

let standardOutput: ReturnType<typeof destination> | undefined

function stdout(): DestinationStream {
  standardOutput ??= destination({ dest: 1, sync: false })
  return standardOutput
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
