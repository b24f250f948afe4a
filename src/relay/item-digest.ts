import { hash } from 'node:crypto'
import { attributesOf } from '../xml/attributes.ts'

const START_TAG = /<([^\s<>/!?="']+)((?:\s+[^\s<>="'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))+)\s*(\/?)>/y

/** UTF-16 code units up to which spelling is looked at: 8 MB of small elements would hold everybody up for a second */
const LONGEST = 262_144

/** bytes that are kept for the next item */
const KEPT = 262_144
let kept = Buffer.alloc(0)

/**
 * Hex SHA-256 of a payload, the same however its Broker orders and quotes attributes: Prosody writes them in another order at every
 * reading. Only for telling whether it was seen, so that what is more different than that, or very long, is merely read again.
 */
export function digestOf(xml: string): string {
  if (xml.length > LONGEST) return hash('sha256', xml, 'hex')
  // a UTF-16 code unit has up to three bytes
  const bytes = room(3 * xml.length)
  const length = bytes.write(xml, 'utf8')
  return hash('sha256', putInOrder(bytes, length) ? bytes.subarray(0, length) : ordered(xml), 'hex')
}

/** For the whole of an item, since small strings for each of its attributes were a fifth of all garbage that it makes. */
function room(size: number): Buffer {
  if (size <= kept.length) return kept
  const bytes = Buffer.allocUnsafeSlow(Math.max(size, KEPT / 4))
  if (size <= KEPT) kept = bytes
  return bytes
}

const [SPACE, QUOTE, APOSTROPHE, SLASH, LESS, EQUALS, GREATER] = [0x20, 0x22, 0x27, 0x2f, 0x3c, 0x3d, 0x3e]
/** what stands behind `<` where no element begins, besides `/` */
const [BANG, QUESTION] = [0x21, 0x3f]
/** from here on bytes of UTF-8 are in another order than code units of UTF-16 */
const FAR = 0xee

/** ASCII characters that a name has nearly always; what has others is looked at more carefully. */
const NAME = new Uint8Array(256)
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:') NAME[c.charCodeAt(0)] = 1

/** Ends of the attributes of one start tag; what has more is looked at more carefully. */
const ends = new Uint32Array(32)

/**
 * Puts the attributes of each start tag in order, in double quotes, where they stand: with one space in front of each, as Brokers write
 * them, that changes no length. False where something is written otherwise, with the bytes then in no order.
 */
function putInOrder(bytes: Buffer, length: number): boolean {
  for (let at = 0; at < length; at += 1) {
    if (bytes[at] !== LESS) continue
    const first = nameEnd(bytes, at + 1, length)
    if (first === at + 1) {
      const c = first < length ? (bytes[first] as number) : SLASH
      if (c !== SLASH && c !== BANG && c !== QUESTION) return false
      continue
    }
    const count = attributesFrom(bytes, first, length)
    if (count === undefined) return false
    if (count > 1) sort(bytes, first, count)
  }
  return true
}

function nameEnd(bytes: Buffer, from: number, length: number): number {
  let at = from
  while (at < length && NAME[bytes[at] as number] === 1) at += 1
  return at
}

/** Finds where each ends, and gives it double quotes; undefined where that is not all that there is to do. */
function attributesFrom(bytes: Buffer, first: number, length: number): number | undefined {
  let count = 0
  let at = first
  while (at < length && bytes[at] === SPACE) {
    const equals = nameEnd(bytes, at + 1, length)
    const quote = bytes[equals + 1]
    const isValue = equals > at + 1 && equals + 2 < length && bytes[equals] === EQUALS
    if (!isValue || (quote !== QUOTE && quote !== APOSTROPHE) || count === ends.length) return undefined
    let end = equals + 2
    for (let c = bytes[end] as number; c !== quote; c = bytes[end] as number) {
      // a value that does not end, or that would not be the same in double quotes, or in another order
      if (c === LESS || c === QUOTE || c >= FAR || end >= length) return undefined
      end += 1
    }
    if (end >= length) return undefined
    bytes[equals + 1] = QUOTE
    bytes[end] = QUOTE
    at = end + 1
    ends[count] = at
    count += 1
  }
  const isTag = bytes[at] === GREATER || (bytes[at] === SLASH && bytes[at + 1] === GREATER)
  return isTag && at < length ? count : undefined
}

/** Insertion sort of the pieces that `ends` tells: there are few, and nearly all are in order. */
function sort(bytes: Buffer, first: number, count: number): void {
  for (let i = 1; i < count; i += 1) {
    const from = ends[i - 1] as number
    const to = ends[i] as number
    let place = i
    while (place > 0 && isBefore(bytes, from, to, startOf(first, place - 1), ends[place - 1] as number)) place -= 1
    if (place === i) continue
    const target = startOf(first, place)
    const piece = bytes.toString('latin1', from, to)
    bytes.copyWithin(target + piece.length, target, from)
    bytes.write(piece, target, 'latin1')
    for (let j = i; j > place; j -= 1) ends[j] = (ends[j - 1] as number) + piece.length
    ends[place] = target + piece.length
  }
}

function startOf(first: number, place: number): number {
  return place === 0 ? first : (ends[place - 1] as number)
}

function isBefore(bytes: Buffer, from: number, to: number, otherFrom: number, otherTo: number): boolean {
  let [at, other] = [from, otherFrom]
  while (at < to && other < otherTo && bytes[at] === bytes[other]) {
    at += 1
    other += 1
  }
  return at === to || (other < otherTo && (bytes[at] as number) < (bytes[other] as number))
}

/** The same in whatever way XML may be written. */
function ordered(xml: string): string {
  let done = ''
  let from = 0
  for (let lt = xml.indexOf('<'); lt !== -1; lt = xml.indexOf('<', lt + 1)) {
    START_TAG.lastIndex = lt
    const found = START_TAG.exec(xml)
    if (found === null) continue
    const [whole, name = '', attributes = '', end = ''] = found
    const list = attributesOf(attributes).map(([key, value]) => ` ${key}="${value.replaceAll('"', '&quot;')}"`)
    done += `${xml.slice(from, lt)}<${name}${list.sort().join('')}${end}>`
    from = lt + whole.length
  }
  return from === 0 ? xml : done + xml.slice(from)
}
