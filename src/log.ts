import { write, writeSync } from 'node:fs'
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
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
/** ms that lines may wait for others: each write wakes a thread */
const TOGETHER = 10
const MOST_TOGETHER = 8_192

/**
 * The root logger: JSON lines on standard output, one object each, `level` and ISO `time` readable. Call `flushLog` before the
 * process ends: lines are written from a buffer.
 */
export function createLog(level: LogLevel, stream: DestinationStream = stdout()): Logger {
  const log = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      // pino's own redaction costs more than the rest of a line
      formatters: { level: (label) => ({ level: label }), log: (fields) => withoutSecrets(fields) },
      // in place of pino's own, which shows all that hangs on an error
      serializers: { err: errorFields },
    },
    stream,
  )
  const { child } = log
  // pino shows its formatters nothing of what a child logger carries
  log.child = function (this: Logger, fields: object, ...more: []) {
    return child.call(this, withoutSecrets(fields), ...more)
  } as Logger['child']
  return log
}

function withoutSecrets<T extends object>(fields: T, depth = DEPTH): T {
  let copy: T | undefined
  for (const [key, value] of Object.entries(fields)) {
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

/** characters that may wait for a disk or a reader: what comes beyond them is dropped */
const MOST = 1_048_576
/** ms until what could not be written is tried again */
const AGAIN = 100
/** ms that the end of the process waits for a reader who is slow */
const LAST_WAIT = 1000

let standardOutput: Output | undefined

function stdout(): Output {
  if (standardOutput === undefined) {
    standardOutput = createOutput(1)
    process.on('exit', flushLog)
  }
  return standardOutput
}

/** Writes out what is buffered, before the process ends. Never throws; what cannot be written by now is given up. */
export function flushLog(): void {
  standardOutput?.flush()
}

interface Output extends DestinationStream {
  flush(): void
}

/**
 * Lines for a file that are written in the background. Reports matter more than the log of them: what cannot be written waits,
 * is dropped when it becomes too much, and keeps nobody.
 */
function createOutput(file: number): Output {
  let lines = ''
  /** what is left of the lines that were given to the system */
  let rest = Buffer.alloc(0)
  let writing = false
  let failing = false
  let closed = false
  let told = false
  let timer: NodeJS.Timeout | undefined

  function send(): void {
    clearTimeout(timer)
    timer = undefined
    if (rest.length === 0) {
      rest = Buffer.from(lines)
      lines = ''
    }
    writing = true
    write(file, rest, learn)
  }

  function learn(error: NodeJS.ErrnoException | null, bytes: number): void {
    writing = false
    failing = error !== null
    if (error !== null) {
      failed(error)
      if (!closed) timer = setTimeout(send, AGAIN).unref()
      return
    }
    rest = rest.subarray(bytes)
    if (rest.length > 0 || lines.length >= MOST_TOGETHER) send()
    else if (lines !== '') timer = setTimeout(send, TOGETHER)
  }

  function failed({ code, message }: NodeJS.ErrnoException): void {
    if (code === 'EPIPE') {
      // a closed pipe is the reader's choice
      closed = true
      lines = ''
    } else if (code !== 'EAGAIN' && !told) {
      told = true
      write(2, `iodef-gateway: the log cannot be written: ${message}\n`, () => {})
    }
  }

  return {
    write(line) {
      if (closed || lines.length + line.length > MOST) return
      lines += line
      if (writing || failing) return
      if (lines.length >= MOST_TOGETHER) send()
      else timer ??= setTimeout(send, TOGETHER)
    },
    flush() {
      clearTimeout(timer)
      timer = undefined
      let left = writing ? Buffer.from(lines) : Buffer.concat([rest, Buffer.from(lines)])
      lines = ''
      if (!writing) rest = Buffer.alloc(0)
      failing = false
      const end = performance.now() + LAST_WAIT
      while (left.length > 0 && !closed) {
        try {
          left = left.subarray(writeSync(file, left))
        } catch (error) {
          failed(error as NodeJS.ErrnoException)
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() >= end) return
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TOGETHER)
        }
      }
    },
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
