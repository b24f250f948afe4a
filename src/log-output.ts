import { write, writeSync } from 'node:fs'

/** ms that lines may wait for others: each write wakes a thread */
const TOGETHER = 10
const MOST_TOGETHER = 8_192
/** characters that may wait for a disk or a reader: what comes beyond them is dropped */
const MOST = 1_048_576
/** ms until what could not be written is tried again */
const AGAIN = 100
/** ms that the end of the process waits for a reader who is slow */
const LAST_WAIT = 1000

let standardOutput: Output | undefined

/** Standard output, for a log. */
export function stdout(): Output {
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

interface Output {
  write(line: string): void
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
