import { createHash } from 'node:crypto'

/** Who did what. Ids and fixed words: never what a document says, never a secret. */
export interface Entry {
  /** `operator:alice`, `peer:csirt-a`, `client:192.0.2.1`, `gateway` */
  readonly who: string
  /** a fixed word */
  readonly what: string
  readonly [field: string]: unknown
}

/** The last entry of a chain. */
export interface Head {
  readonly seq: number
  /** SHA-256 of its line, in hex */
  readonly hash: string
}

/** Before the first entry of all. */
export const NOTHING: Head = { seq: 0, hash: '0'.repeat(64) }

/** What an entry is called that goes on behind an older file, and one that says what of a line is no entry. */
export const ROTATED = 'rotated'
export const TORN = 'torn-line'

/** An entry as its line has it. */
export interface Line extends Entry {
  readonly seq: number
  /** ISO 8601 */
  readonly at: string
  /** hash of the line before it */
  readonly prev: string
}

/** The line of an entry, without its end, and the head with it. The line is its own canonical text: what is hashed are its bytes. */
export function chained(head: Head, at: number, { who, what, ...fields }: Entry): { line: string; head: Head } {
  const seq = head.seq + 1
  const line = JSON.stringify({ seq, at: new Date(at).toISOString(), prev: head.hash, who, what, ...fields })
  return { line, head: { seq, hash: hashOf(line) } }
}

export function hashOf(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface Flaw {
  /** from 1 */
  readonly line: number
  readonly reason: string
}

export interface Reading {
  /** the last entry that was read, whether the chain holds or not; undefined: there is none */
  readonly head: Head | undefined
  readonly entries: number
  /** whole lines before the tail */
  readonly lines: number
  /** what does not fit, first; undefined where all fits */
  readonly broken: Flaw | undefined
  /** lines that are no entries and that a later entry says so of */
  readonly torn: readonly Flaw[]
  /** behind the last entry: what a write left that did not come to its end */
  readonly tail: Buffer
}

/**
 * Reads a whole file. `before` is the head that it goes on from; undefined: nobody knows, and its first line is believed. `each` is shown
 * every entry.
 */
export function readChain(bytes: Buffer, before?: Head, each: (entry: Line, hash: string) => void = () => {}): Reading {
  let head = before
  let entries = 0
  let number = 0
  let broken: Flaw | undefined
  const torn: Flaw[] = []
  /** lines that are no entries, not yet said so of */
  let unread: { readonly start: number; readonly line: number } | undefined
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const raw = bytes.subarray(start, end)
    number += 1
    const entry = parse(raw)
    if (entry === undefined) {
      unread ??= { start, line: number }
    } else {
      const said = unread && saidTorn(entry, bytes.subarray(unread.start, start - 1))
      if (unread !== undefined) {
        if (said) torn.push({ line: unread.line, reason: 'was not written to its end, as an entry behind it says' })
        else broken ??= { line: unread.line, reason: 'is no entry' }
      }
      unread = undefined
      const flaw = flawOf(entry, head)
      if (flaw !== undefined) broken ??= { line: number, reason: flaw }
      const hash = hashOf(raw)
      head = { seq: entry.seq, hash }
      entries += 1
      each(entry, hash)
    }
    start = end + 1
  }
  const lines = unread === undefined ? number : unread.line - 1
  return {
    head: entries === 0 ? undefined : head,
    entries,
    lines,
    broken,
    torn,
    tail: bytes.subarray(unread?.start ?? start),
  }
}

function parse(raw: Uint8Array): Line | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw))
    return isLine(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null) return false
  const { seq, at, prev, who, what } = value as Record<string, unknown>
  const texts = [at, prev, who, what]
  return Number.isSafeInteger(seq) && texts.every((text) => typeof text === 'string')
}

function saidTorn({ what, sha256 }: Line, bytes: Uint8Array): boolean {
  return what === TORN && sha256 === hashOf(bytes)
}

function flawOf({ seq, prev, what }: Line, head: Head | undefined): string | undefined {
  if (head === undefined) {
    if (what === ROTATED || what === TORN || (seq === 1 && prev === NOTHING.hash)) return undefined
    return `begins with entry ${seq}, in the middle of a chain: what stood before it is gone`
  }
  if (seq !== head.seq + 1)
    return `is entry ${seq}, and ${head.seq + 1} should follow: entries were taken out or put in`
  if (prev !== head.hash) return `does not fit what stands before it: entry ${head.seq} or this one was changed`
  return undefined
}
