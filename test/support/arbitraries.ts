import fc from 'fast-check'
import { EFFORT } from './effort.ts'

/** A fixed seed: a failure is the same failure tomorrow. Other runs: `SEED=7`; longer ones: `EFFORT`. */
export function runs(count: number, seed = 20261122): { seed: number; numRuns: number } {
  return { seed: Number(process.env.SEED ?? seed), numRuns: count * EFFORT }
}

const SURROGATES = { first: 0xd800, count: 0x800 }

/** Characters of all of Unicode. fast-check's own (`unit: 'binary'`) has the same, behind half a second of preparation in each process. */
export function anyText(): fc.Arbitrary<string> {
  const character = fc
    .nat(0x10ffff - SURROGATES.count)
    .map((n) => String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.count))
  return fc.string({ unit: character })
}

/** A source of choices that shrinks: what fast-check's `gen` hands out, as three verbs. */
export interface Chance {
  /** 0 to max, both included */
  int(max: number): number
  pick<T>(from: readonly [T, ...T[]]): T
  /** true once in n */
  once(n: number): boolean
}

export function withChance<T>(build: (chance: Chance) => T): fc.Arbitrary<T> {
  return fc.gen().map((g) => {
    const int = (max: number) => g(fc.nat, { max })
    return build({ int, pick: (from) => from[int(from.length - 1)] ?? from[0], once: (n) => int(n - 1) === n - 1 })
  })
}

const NAMES = [
  'a',
  'b',
  'x-y.z',
  '_1',
  'Ä',
  '日本',
  '\u{10400}',
  'n\u1680m',
  'e\ufeffx',
  '\ufeffq',
  '__proto__',
  'constructor',
  'xmlish',
] as const
const PREFIXES = ['p', 'q', 'ns1', 'ns2', 'ns10', 'é', '__proto__', 'Xml', 'p\u1680'] as const
const SPACES = ['urn:a', 'urn:b', 'urn:c', 'http://h.example/?a=1&b=2', "urn:it's", 'urn:ns:1', 'URN:A'] as const
const PLAIN_SPACES = ['urn:a', 'urn:b', 'urn:c', 'urn:ns:1', 'URN:A'] as const
const WHITE = [' ', '\n', '\t', '\r\n', '\r', ' \r\n\t '] as const
const TEXTS = [
  'word',
  ' ',
  '\n  ',
  '\r\n',
  '\r',
  '\t',
  '日本',
  '\u{1F600}',
  '\u00a0',
  '\u2028',
  '\u0085',
  // not at the beginning: libxml2's wrapper takes it for a byte order mark when it hands out text
  'x\ufeff',
  '\ufffd',
  '&amp;',
  '&lt;',
  '&gt;',
  '&quot;',
  '&apos;',
  '&#13;',
  '&#xA;',
  '&#x9;',
  '&#x1F600;',
  '&#00065;',
  '&#x0000e9;',
  '&amp;#38;',
  '&#38;lt;',
  ']]',
  "'",
  '"',
  '=',
  '/',
] as const
const INSIDE = [
  '',
  'x',
  '<a>',
  '&amp;',
  '--x'.slice(2),
  ' - ',
  '\r\n',
  ']]',
  '?',
  '>',
  "'",
  '"',
  '日',
  '<![CDATA[',
] as const

/** Well-formed, namespace-well-formed XML without a DTD, in every spelling that changes nothing. */
export function xmlText(maxDepth = 5): fc.Arbitrary<string> {
  return withChance((chance) => writeDocument(chance, maxDepth))
}

/** An element of nobody's vocabulary, as it may stand in extension content: what Brokers cannot carry is left out. */
export function foreignElement(c: Chance, maxDepth = 3): string {
  return writeElement(c, new Map([['', '']]), maxDepth, true)
}

function writeDocument(c: Chance, maxDepth: number): string {
  const before = c.once(3)
    ? `<?xml version="1.0"${c.once(2) ? ' encoding="UTF-8"' : ''}${c.once(2) ? " standalone='yes'" : ''} ?>`
    : ''
  return `${before}${misc(c)}${writeElement(c, new Map([['', '']]), maxDepth)}${misc(c)}`
}

function misc(c: Chance): string {
  let out = ''
  while (c.once(3)) out += c.once(2) ? c.pick(WHITE) : c.once(2) ? comment(c) : instruction(c)
  return out
}

function comment(c: Chance): string {
  return `<!--${c.pick(INSIDE).replace(/-+/g, '')}${c.pick(INSIDE).replace(/-+/g, '')}-->`
}

function instruction(c: Chance): string {
  return `<?${c.pick(['pi', 'xml-stylesheet', 'Ä'])}${c.once(2) ? '' : ` ${c.pick(INSIDE).replace('?', '')}`}?>`
}

type Scope = ReadonlyMap<string, string>

function writeElement(c: Chance, outer: Scope, depth: number, embedded = false): string {
  const { scope, declarations } = declareSome(c, outer, embedded)
  const { name } = qualified(c, scope)
  const all = shuffled(c, [...declarations, ...writeAttributes(c, scope, embedded)])
  const open = `<${name}${all.map((a) => c.pick(WHITE) + a).join('')}${c.once(4) ? c.pick(WHITE) : ''}`
  if (c.once(4)) return `${open}/>`
  let content = ''
  for (let pieces = c.int(6); pieces > 0; pieces -= 1) content += piece(c, scope, depth, content, embedded)
  return `${open}>${content}</${name}${c.once(5) ? c.pick(WHITE) : ''}>`
}

function declareSome(c: Chance, outer: Scope, embedded: boolean): { scope: Scope; declarations: readonly string[] } {
  const scope = new Map(outer)
  const declarations = new Map<string, string>()
  while (c.once(3)) {
    const prefix = c.once(3) ? '' : c.pick(PREFIXES)
    if (declarations.has(prefix)) continue
    const ns = prefix === '' && c.once(4) ? '' : c.pick(embedded ? PLAIN_SPACES : SPACES)
    scope.set(prefix, ns)
    declarations.set(prefix, attribute(c, prefix === '' ? 'xmlns' : `xmlns:${prefix}`, escapeSome(c, ns)))
  }
  return { scope, declarations: [...declarations.values()] }
}

/** `key` is the same for two names that are one in this scope. */
function qualified(c: Chance, scope: Scope): { name: string; key: string } {
  const local = c.pick(NAMES)
  const bound = [...scope.keys()].filter((prefix) => prefix !== '')
  const prefix = bound.length > 0 && c.once(2) ? bound[c.int(bound.length - 1)] : undefined
  return prefix === undefined
    ? { name: local, key: `{}${local}` }
    : { name: `${prefix}:${local}`, key: `{${scope.get(prefix)}}${local}` }
}

/** Attributes whose value is not free. */
const SPECIAL: ReadonlyMap<string, (c: Chance) => string> = new Map([
  ['xml:lang', () => 'en'],
  ['xml:space', () => 'preserve'],
  ['xml:base', () => 'urn:base'],
  ['xml:id', (c: Chance) => `i${c.int(1e9)}`],
])

function writeAttributes(c: Chance, scope: Scope, embedded: boolean): string[] {
  const attributes = new Map<string, string>()
  while (c.once(2)) {
    const special = c.once(6)
      ? c.pick(['xml:lang', 'xml:space', 'xml:base', embedded ? 'xml:lang' : 'xml:id'])
      : undefined
    const { name, key } = special === undefined ? qualified(c, scope) : { name: special, key: special }
    if (attributes.has(key)) continue
    const value = SPECIAL.get(name)?.(c) ?? values(c)
    attributes.set(key, attribute(c, name, value))
  }
  return [...attributes.values()]
}

function shuffled(c: Chance, list: readonly string[]): string[] {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i -= 1) {
    const j = c.int(i)
    ;[all[i], all[j]] = [all[j] ?? '', all[i] ?? '']
  }
  return all
}

function piece(c: Chance, scope: Scope, depth: number, before: string, embedded: boolean): string {
  switch (c.int(7)) {
    case 0:
      return comment(c)
    case 1:
      return instruction(c)
    case 2:
      return `<![CDATA[${c.pick(INSIDE)}${c.pick(TEXTS)}]]>`
    case 3:
    case 4:
      return depth > 0 ? writeElement(c, scope, depth - 1, embedded) : 'deep'
    case 5:
      // `]]>` may not stand in text
      return before.endsWith(']]') ? '&gt;' : '>'
    default:
      return c.pick(TEXTS)
  }
}

function values(c: Chance): string {
  let out = ''
  while (c.once(2)) out += c.once(8) ? '>' : c.pick(TEXTS)
  return out
}

function attribute(c: Chance, name: string, value: string): string {
  const double = c.once(2)
  const quoted = double ? `"${value.replaceAll('"', '&quot;')}"` : `'${value.replaceAll("'", '&#39;')}'`
  return `${name}${c.once(4) ? c.pick(WHITE) : ''}=${c.once(4) ? c.pick(WHITE) : ''}${quoted}`
}

function escapeSome(c: Chance, value: string): string {
  const escaped = value.replaceAll('&', c.once(2) ? '&amp;' : '&#38;')
  return c.once(4) ? escaped.replace('u', '&#x75;') : escaped
}
