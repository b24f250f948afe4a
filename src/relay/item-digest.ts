import { hash } from 'node:crypto'
import { attributesOf } from '../xml/attributes.ts'

const START_TAG = /^<([^\s<>/!?="']+)((?:\s+[^\s<>="'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))+)\s*(\/?)>/

/** UTF-16 code units up to which spelling is looked at: 8 MB of small elements would hold everybody up for a second */
const LONGEST = 262_144

/**
 * Hex SHA-256 of a payload, the same however its Broker orders and quotes attributes: Prosody writes them in another order at every
 * reading. Only for telling whether it was seen, so that what is more different than that, or very long, is merely read again.
 */
export function digestOf(xml: string): string {
  return hash('sha256', xml.length > LONGEST ? xml : ordered(xml), 'hex')
}

/** With the attributes of each start tag in order, behind one space each and in double quotes. */
function ordered(xml: string): string {
  let done = ''
  let from = 0
  for (let lt = xml.indexOf('<'); lt !== -1; lt = xml.indexOf('<', lt + 1)) {
    const change = orderOf(xml, lt)
    if (change === undefined) continue
    done += xml.slice(from, change.from) + change.text
    from = change.to
  }
  return from === 0 ? xml : done + xml.slice(from)
}

interface Change {
  readonly from: number
  readonly to: number
  readonly text: string
}

const [SPACE, QUOTE, APOSTROPHE, SLASH, LESS, EQUALS, GREATER] = [0x20, 0x22, 0x27, 0x2f, 0x3c, 0x3d, 0x3e]

/** what stands behind `<` where no element begins: `/`, `!`, `?` */
const NO_TAG: ReadonlySet<number> = new Set([SLASH, 0x21, 0x3f])

/** ASCII characters that a name has nearly always; what has others is looked at more carefully. */
const NAME = new Uint8Array(128)
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:') NAME[c.charCodeAt(0)] = 1

function nameEnd(xml: string, at: number): number {
  let i = at
  while (NAME[xml.charCodeAt(i)] === 1) i += 1
  return i
}

/**
 * What has to be changed of the start tag at `lt`, if it is one: nearly all are written as they should be, or in another order (Prosody),
 * or in single quotes (ejabberd).
 */
function orderOf(xml: string, lt: number): Change | undefined {
  const first = nameEnd(xml, lt + 1)
  if (first === lt + 1) return NO_TAG.has(xml.charCodeAt(first)) ? undefined : careful(xml, lt)
  let at = first
  let isOrdered = true
  let before = -1
  const ends: number[] = []
  while (xml.charCodeAt(at) === SPACE) {
    const value = nameEnd(xml, at + 1)
    const quote = xml.charCodeAt(value + 1)
    const isValue = value > at + 1 && xml.charCodeAt(value) === EQUALS && (quote === QUOTE || quote === APOSTROPHE)
    if (!isValue) return careful(xml, lt)
    const end = valueEnd(xml, value + 2, quote)
    if (end === undefined) return undefined
    isOrdered &&= quote === QUOTE && (before === -1 || xml.slice(before, at) <= xml.slice(at, end))
    before = at
    at = end
    ends.push(end)
  }
  const c = xml.charCodeAt(at)
  if (c !== GREATER && !(c === SLASH && xml.charCodeAt(at + 1) === GREATER)) return careful(xml, lt)
  if (isOrdered) return undefined
  const list = ends.map((end, i) => inDoubleQuotes(xml.slice(i === 0 ? first : ends[i - 1], end)))
  return { from: first, to: at, text: list.sort().join('') }
}

/** Index behind the closing quote; undefined where there is none. */
function valueEnd(xml: string, at: number, quote: number): number | undefined {
  for (let i = at; ; i += 1) {
    const c = xml.charCodeAt(i)
    if (c === quote) return i + 1
    // at the end of the text it is no number
    if (c === LESS || Number.isNaN(c)) return undefined
  }
}

/** An attribute with a space in front. */
function inDoubleQuotes(attribute: string): string {
  if (!attribute.endsWith("'")) return attribute
  const equals = attribute.indexOf('=')
  return `${attribute.slice(0, equals)}="${attribute.slice(equals + 2, -1).replaceAll('"', '&quot;')}"`
}

/** Whatever else XML may be written like. */
function careful(xml: string, lt: number): Change | undefined {
  const next = xml.indexOf('<', lt + 1)
  const found = START_TAG.exec(next === -1 ? xml.slice(lt) : xml.slice(lt, next))
  if (found === null) return undefined
  const [whole, name = '', attributes = '', end = ''] = found
  const list = attributesOf(attributes).map(([key, value]) => ` ${key}="${value.replaceAll('"', '&quot;')}"`)
  return { from: lt, to: lt + whole.length, text: `<${name}${list.sort().join('')}${end}>` }
}
