import { closeSync, fdatasync, fsyncSync, renameSync, rmSync, statSync, write } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { chained, type Entry, type Head, hashOf, type Line, ROTATED, TORN } from './chain.ts'
import { type Found, olderFiles, olderName, openFile, syncFolder } from './files.ts'

export interface AuditOptions {
  readonly path: string
  /** bytes from which on a new file is begun */
  readonly size: number
  /** older files that are kept */
  readonly keep: number
  /** ms since the epoch */
  readonly now: () => number
  /** Why it cannot be written, as often as that is tried in vain; null once it can again. */
  readonly state: (error: unknown) => void
  /** What the log was found to be like, or became, that it should not. */
  readonly found: (sentence: string) => void
  /** is shown the entries of the newest file */
  readonly each?: (entry: Line) => void
  /** goes into the first entry of each file, so that whoever reads the newest knows it */
  readonly carried?: () => Readonly<Record<string, unknown>>
}

/** An append-only log in which each entry has the hash of the one before it: docs/decisions/0022-audit.md. */
interface AuditLog extends AsyncDisposable {
  /** Never throws and never waits: it is on disk once `written` resolves. */
  add(entry: Entry): void
  /** Resolves when all that was added is on disk, or cannot be. */
  written(): Promise<void>
  head(): Head
}

/** entries that wait for the disk; more are counted only */
const WAITING = 10_000
const AT_ONCE = 500
/** ms until it is tried again */
const AGAIN = 5_000

const flush = promisify(fdatasync)
const put = promisify(write)

/** Opens it, and notes what is wrong with it. Throws what the system says where it cannot be opened. */
export function openAuditLog(options: AuditOptions): AuditLog {
  const { path, now } = options
  let file: Found = openFile(path, { ...(options.each && { each: options.each }) })
  let isOpen = true
  let head = file.from
  /** text before the next entry: the end of a line that has none */
  let before = ''
  const queue: { readonly at: number; readonly entry: Entry }[] = []
  let lost = 0
  /** a write did not come to its end: what of it is there has to be looked at */
  let partial = false
  /** the older file that the next one follows, until that is begun */
  let turning: string | undefined
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  if (file.broken !== undefined) {
    const { line, reason } = file.broken
    options.found(`Line ${line} of ${path} ${reason}.`)
    noteFirst('found-broken', { line, reason })
  }
  noteTail()
  if (file.size === 0) {
    const older = olderFiles(path).at(-1)
    if (older === undefined) noteFirst('log-begun')
    else noteRotation(basename(older), [])
  }

  function noteFirst(what: string, fields: Readonly<Record<string, unknown>> = {}): void {
    queue.unshift({ at: now(), entry: { ...fields, who: 'gateway', what } })
  }

  function noteRotation(from: string, dropped: readonly string[]): void {
    noteFirst(ROTATED, { from, dropped, ...options.carried?.() })
  }

  /** A write that was cut short stays as it is: the entry behind it says so. */
  function noteTail(): void {
    const { tail } = file
    before = ''
    if (tail.length === 0) return
    const isEnded = tail.at(-1) === 10
    if (!isEnded) before = '\n'
    const torn = isEnded ? tail.subarray(0, -1) : tail
    // then it is the first of its file
    const carried = file.entries === 0 ? options.carried?.() : undefined
    noteFirst(TORN, { bytes: torn.length, sha256: hashOf(torn), ...carried })
    options.found(`The last line of ${path} was not written to its end.`)
  }

  function openAgain(): void {
    if (isOpen) closeSync(file.fd)
    isOpen = false
    file = openFile(path, { head })
    isOpen = true
  }

  function lookAtRest(): void {
    openAgain()
    // what came whole of the batch, which are the first of the queue
    queue.splice(0, Math.max(0, file.from.seq - head.seq))
    if (file.from.seq > head.seq) head = file.from
    partial = false
    noteTail()
  }

  function lookForOthers(): void {
    const at = statSync(path, { throwIfNoEntry: false })
    if (isOpen && at?.ino === file.inode && at.size === file.size) return
    openAgain()
    // what we know to be the last entry stays that: whatever is gone or new shows in the chain
    before = file.tail.length > 0 && file.tail.at(-1) !== 10 ? '\n' : ''
    noteFirst('changed-outside')
    options.found(`${path} was changed, moved or replaced by somebody else.`)
  }

  function turn(older: string): void {
    openAgain()
    turning = undefined
    const dropped = olderFiles(path).slice(0, -options.keep)
    noteRotation(
      older,
      dropped.map((name) => basename(name)),
    )
    for (const name of dropped) rmSync(name, { force: true })
    syncFolder(path)
  }

  function rotate(): void {
    fsyncSync(file.fd)
    const older = olderName(path, head)
    renameSync(path, older)
    turning = basename(older)
    turn(turning)
  }

  async function writeSome(): Promise<void> {
    if (turning !== undefined) turn(turning)
    else if (partial) lookAtRest()
    else lookForOthers()
    if (file.size >= options.size && file.tail.length === 0) rotate()
    if (lost > 0) {
      queue.push({ at: now(), entry: { who: 'gateway', what: 'entries-lost', count: lost } })
      lost = 0
    }
    const batch = queue.slice(0, AT_ONCE)
    let last = head
    const lines = batch.map(({ at, entry }) => {
      const next = chained(last, at, entry)
      last = next.head
      return `${next.line}\n`
    })
    const bytes = Buffer.from(before + lines.join(''))
    partial = true
    for (let done = 0; done < bytes.length; ) done += (await put(file.fd, bytes, done)).bytesWritten
    await flush(file.fd)
    partial = false
    before = ''
    file = { ...file, size: file.size + bytes.length, tail: Buffer.alloc(0) }
    head = last
    queue.splice(0, batch.length)
  }

  async function run(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    // not within the call that adds: whoever is told what became of it may still be in the making
    await undefined
    try {
      while (queue.length > 0 || lost > 0) await writeSome()
      options.state(null)
    } catch (error) {
      options.state(error)
      timer = setTimeout(begin, AGAIN).unref()
    }
  }

  function begin(): void {
    running ??= run().finally(() => {
      running = undefined
      if (queue.length > 0 && timer === undefined) begin()
    })
  }

  return {
    add(entry) {
      if (queue.length >= WAITING) lost += 1
      else queue.push({ at: now(), entry })
      if (timer === undefined) begin()
    },
    async written() {
      begin()
      await running
    },
    head: () => head,
    async [Symbol.asyncDispose]() {
      begin()
      while (running !== undefined) await running
      clearTimeout(timer)
      if (isOpen) closeSync(file.fd)
    },
  }
}
