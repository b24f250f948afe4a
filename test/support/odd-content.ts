import { type Chance, foreignElement } from './arbitraries.ts'
import { additionalData, documentText, incidentText } from './documents.ts'
import { iodefDocument } from './iodef-arbitrary.ts'

/** What XML 1.0's editions let a name begin with and go on with: code points, the fourth's and what the fifth added. */
const FOURTH = [
  0x61, 0x5a, 0x5f, 0xe9, 0x3a9, 0x416, 0x5d0, 0x627, 0x905, 0xe01, 0x1e00, 0x3042, 0x65e5, 0xac00,
] as const
const FOURTH_MORE = [0x2d, 0x2e, 0x30, 0xb7, 0x301, 0x661, 0x93f, 0xe31, 0x309a, 0x30fc] as const
const FIFTH = [
  0x132, 0x1380, 0x1780, 0x200c, 0x2c00, 0xa000, 0xf900, 0xfffd, 0x10000, 0x10400, 0x20000, 0xeffff,
] as const
const TEXTS = [
  'text',
  ' ',
  '\n',
  '&#13;',
  '&#9;',
  '\u0085',
  '\u2028',
  '\ufffd',
  '\u{1f600}',
  '\u{10ffff}',
  ']]&gt;',
] as const
const VALUES = ['', 'v', ' a  b ', '&#10;', '&#13;', '&quot;', "'", '&lt;', 'p:q', '日', '\u{1f600}'] as const
const SPACES = ['urn:a', 'urn:b', 'http://h.example/?a=1&amp;b=2', "urn:it's", 'urn:with space', 'urn:ä'] as const
const XML_ATTRIBUTES = ['lang="en"', 'space="preserve"', 'base="http://x/"', 'lang=""', 'foo="1"', 'Lang="x"'] as const

/** A valid document whose extension content takes everything that XML allows to its limits; no two have an Incident in common. */
export function oddDocument(c: Chance, n: number): string {
  const odd = () => additionalData(oddElement(c))
  const text = c.once(2)
    ? iodefDocument(c, 3).text.replace(/<\/IODEF-Document>$/, `${odd()}</IODEF-Document>`)
    : documentText(
        Array.from({ length: 1 + c.int(2) }, (_, i) => incidentText({ id: `i${i}`, content: odd() })),
        '',
        c.once(4) ? odd() : '',
      )
  return text.replaceAll('csirt.example', `n${n}.example`)
}

/** What an element has that may be too much for a Broker: one thing at a time, so that nothing else hides it. */
const FEATURES = [
  ...(['none', 'none', 'names', 'xml attributes', 'xml elements', 'depth', 'namespaces', 'foreign'] as const),
  // what any encoding can hold
  ...(['ascii names', 'ascii names', 'ascii names', 'ascii names'] as const),
] as const
type Feature = (typeof FEATURES)[number]

/** An element of nobody's vocabulary. */
function oddElement(c: Chance): string {
  const feature = c.pick(FEATURES)
  if (feature === 'foreign') return `<x xmlns="urn:x">${foreignElement(c)}</x>`
  // IODEF-Document, Incident and AdditionalData are above it
  const depth = feature === 'depth' ? 105 + c.int(40) : 1 + c.int(4)
  const spaces = `xmlns="urn:x" xmlns:p="${c.pick(feature === 'namespaces' ? SPACES : ['urn:p'])}" xmlns:q="urn:q"`
  return element(c, depth, feature, spaces)
}

function element(c: Chance, depth: number, feature: Feature, more: string): string {
  const isXml = feature === 'xml elements' && c.once(3)
  const tag = isXml ? 'xml:foo' : `${c.once(4) ? 'q:' : ''}${name(c, feature)}`
  const attributes = new Map<string, string>()
  while (c.once(3)) attributes.set(`${c.once(3) ? 'p:' : ''}${name(c, feature)}`, c.pick(VALUES))
  const written = [...attributes].map(([key, value]) => ` ${key}="${value}"`)
  if (feature === 'xml attributes' && c.once(2)) written.push(` xml:${c.pick(XML_ATTRIBUTES)}`)
  const inside = depth > 1 ? element(c, depth - 1, feature, '') : c.pick(TEXTS)
  const beside = depth < 10 && c.once(3) ? element(c, 1, feature, '') : ''
  return `<${tag}${more && ` ${more}`}${written.join('')}>${c.pick(TEXTS)}${beside}${inside}</${tag}>`
}

type Range = readonly [first: number, last: number]

/** Letters of names from the fifth edition on (production 4), and what a name may go on with there. */
const RANGES = [
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
] as const satisfies readonly Range[]
const RANGES_MORE = [...RANGES, [0xb7, 0xb7], [0x300, 0x36f], [0x203f, 0x2040]] as const satisfies readonly Range[]

function anyOf(c: Chance, ranges: readonly [Range, ...Range[]]): number {
  const [first, last] = c.pick(ranges)
  return first + c.int(last - first)
}

function name(c: Chance, feature: Feature): string {
  if (feature === 'ascii names') return `${c.pick(['a', 'B', '_', 'z'])}${c.pick(['', '-', '.', '0', '-a.9_'])}`
  // one odd letter: more than one would always be one that Brokers do not know
  if (feature === 'names' && c.once(4)) return String.fromCodePoint(anyOf(c, RANGES))
  if (feature === 'names' && c.once(4)) return `a${String.fromCodePoint(anyOf(c, RANGES_MORE))}`
  const length = c.once(40) ? 200 + c.int(2_000) : c.int(4)
  const fifth = feature === 'names' && c.once(6)
  const rest = Array.from({ length }, () => (c.once(2) ? c.pick(FOURTH_MORE) : c.pick(FOURTH)))
  return String.fromCodePoint(fifth ? c.pick(FIFTH) : c.pick(FOURTH), ...rest)
}
