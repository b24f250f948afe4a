import { closeSync, openSync, readSync } from 'node:fs'
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { messageOf } from '../errors.ts'
import { osReason, type Path, type Problem } from './problems.ts'
import { yamlWords } from './yaml-words.ts'

/** bytes: a configuration is written by people */
const LIMIT = 1_048_576

export interface Source {
  readonly value: unknown
  /** the line (from 1) of the key or entry at this path, or of the nearest thing around it that is there */
  line(path: Path): number | undefined
}

/** Reads one YAML file of at most 1 MiB. What is not YAML becomes problems, all at once. */
export function readSource(file: string): { source?: Source; problems: Problem[] } {
  let text: string
  try {
    text = readLimited(file)
  } catch (error) {
    if (error instanceof NotUtf8) return { problems: [{ path: '', message: error.message, line: error.line }] }
    return { problems: [{ path: '', message: `cannot read ${file}: ${osReason(error)}` }] }
  }
  return parseSource(text)
}

export function parseSource(text: string): { source?: Source; problems: Problem[] } {
  const lines = new LineCounter()
  // uniqueKeys: a key written twice is an error; strict: so is everything the YAML specification forbids
  const doc = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false })
  const wrong = yamlWords([...doc.errors, ...doc.warnings], text, lines)
  if (wrong.length > 0)
    return { problems: wrong.map(({ message, line }) => ({ path: '', message: notYaml(message), line })) }
  let value: unknown
  try {
    value = doc.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { problems: [{ path: '', message: notYaml(messageOf(error)) }] }
  }
  if (isCircular(value))
    return { problems: [{ path: '', message: notYaml('an alias (*) stands inside what it names') }] }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problems: [{ path: '', message: 'must be a mapping with the keys rid, peers, grid, routes, store' }] }
  }
  const line = (path: Path): number | undefined => {
    const offset = offsetOf(doc.contents, path)
    return offset === undefined ? undefined : lines.linePos(offset).line
  }
  return { source: { value, line }, problems: [] }
}

function notYaml(reason: string): string {
  return `is not good YAML: ${/call stack/.test(reason) ? 'it is nested too deeply' : reason}`
}

/** An alias may name the very thing that it is part of; nothing behind this expects a configuration without end. */
function isCircular(value: unknown, around: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (around.includes(value)) return true
  const inside = [...around, value]
  return Object.values(value).some((part) => isCircular(part, inside))
}

function offsetOf(root: unknown, path: Path): number | undefined {
  let node = root
  let offset: number | undefined
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((p) => isPair(p) && isScalar(p.key) && String(p.key.value) === String(part))
      if (pair === undefined) break
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (isSeq(node) && typeof part === 'number' && node.items[part] !== undefined) {
      node = node.items[part]
      offset = rangeStart(node) ?? offset
    } else break
  }
  return offset
}

function rangeStart(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined
}

/** The limit applies while reading: a configuration path may name a device or a pipe. */
function readLimited(file: string): string {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(LIMIT + 1)
    let length = 0
    for (;;) {
      const n = readSync(fd, buffer, length, buffer.length - length, null)
      if (n === 0) break
      length += n
      if (length > LIMIT) throw new Error('it is larger than 1 MiB')
    }
    return decode(file, buffer.subarray(0, length))
  } finally {
    closeSync(fd)
  }
}

class NotUtf8 extends Error {
  readonly line: number

  constructor(file: string, line: number) {
    super(`is not UTF-8: save it as such, or, where it is Latin-1, iconv -f LATIN1 -t UTF-8 ${file} > new.yaml`)
    this.line = line
  }
}

function decode(file: string, bytes: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    return decoder.decode(bytes)
  } catch {
    // no character of UTF-8 holds the byte of a line end
    const isGood = (line: string) =>
      Buffer.from(Buffer.from(line, 'latin1').toString('utf8')).toString('latin1') === line
    const bad = bytes
      .toString('latin1')
      .split('\n')
      .findIndex((line) => !isGood(line))
    throw new NotUtf8(file, bad + 1)
  }
}
