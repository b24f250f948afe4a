import { contentModel } from '../../src/iodef/content-model.ts'
import { NS } from '../../src/xml/namespaces.ts'
import type { XmlAttribute, XmlElement } from '../../src/xml/tree.ts'
import type { Chance } from './arbitraries.ts'

/** How a tree is written out again. */
interface Spelling {
  /** comments, instructions, CDATA sections, white space where it means nothing, references, single quotes */
  readonly noise: boolean
  /** carriage returns, and tabs and line breaks in attributes, unescaped; elements without namespace take that around them */
  readonly damage: boolean
}

/** Another text for the same tree: other prefixes, declarations elsewhere. What a tool or, with `damage`, a Broker writes. */
export function respell(c: Chance, root: XmlElement, spelling: Spelling): string {
  return write(c, root, new Map([['xml', NS.xml]]), spelling, { opaque: false })
}

const PREFIXES = ['a', 'b', 'ns1', 'ns2', 'ns3', 'i', 'x'] as const

function write(
  c: Chance,
  element: XmlElement,
  outer: ReadonlyMap<string, string>,
  spelling: Spelling,
  around: { opaque: boolean },
): string {
  const scope = new Map(outer)
  const declared: string[] = []
  const declare = (prefix: string, ns: string) => {
    if (scope.get(prefix) === ns) return
    scope.set(prefix, ns)
    declared.push(`xmlns${prefix === '' ? '' : `:${prefix}`}=${quote(c, ns, spelling)}`)
  }
  const opaque = around.opaque || contentModel.opaque(element)
  const name = elementName(c, element, scope, declare, spelling)
  const taken = new Set(declared.length > 0 || name.includes(':') ? [name.split(':')[0] ?? ''] : [])
  const attributes = element.attributes.map((a) => {
    const prefix = attributePrefix(c, a, scope, taken, declare)
    return `${prefix === '' ? '' : `${prefix}:`}${a.local}=${quote(c, a.value, spelling)}`
  })
  const start = [name, ...declared, ...attributes].join(c.once(5) && spelling.noise ? '\n\t' : ' ')
  // libxml2 takes a CDATA section for text even where it is empty
  const noises = contentModel.elementOnly(element)
    ? (['<!-- - -->', '<?p ?>'] as const)
    : (['<!---->', '<?p?>', '<![CDATA[]]>'] as const)
  const empty = opaque || !contentModel.elementOnly(element) ? '' : white(c, spelling)
  let content = element.children.length === 0 ? '' : empty
  for (const child of element.children) {
    if (typeof child === 'string') content += text(c, child, spelling)
    else content += write(c, child, scope, spelling, { opaque }) + empty
    if (spelling.noise && c.once(12)) content += c.pick(noises)
  }
  return content === '' && c.once(2) ? `<${start}/>` : `<${start}>${content}</${name}>`
}

function elementName(
  c: Chance,
  { ns, local }: XmlElement,
  scope: ReadonlyMap<string, string>,
  declare: (prefix: string, ns: string) => void,
  spelling: Spelling,
): string {
  if (ns === '') {
    const lost = spelling.damage && c.once(2)
    if (!lost && (scope.get('') ?? '') !== '') declare('', '')
    return local
  }
  const bound = [...scope].filter(([prefix, name]) => name === ns && prefix !== 'xml').map(([prefix]) => prefix)
  const prefix =
    bound.length > 0 && !c.once(6) ? (bound[c.int(bound.length - 1)] ?? '') : c.once(2) ? '' : c.pick(PREFIXES)
  declare(prefix, ns)
  return prefix === '' ? local : `${prefix}:${local}`
}

function attributePrefix(
  c: Chance,
  { ns }: XmlAttribute,
  scope: ReadonlyMap<string, string>,
  taken: Set<string>,
  declare: (prefix: string, ns: string) => void,
): string {
  if (ns === '') return ''
  if (ns === NS.xml) return 'xml'
  const bound = [...scope].filter(([prefix, name]) => name === ns && prefix !== '').map(([prefix]) => prefix)
  if (bound[0] !== undefined) {
    taken.add(bound[0])
    return bound[0]
  }
  // a prefix that this very start tag uses for something else cannot be bound again
  const free = PREFIXES.filter((p) => !taken.has(p))
  const prefix = free[c.int(free.length - 1)] ?? `y${taken.size}`
  taken.add(prefix)
  declare(prefix, ns)
  return prefix
}

function white(c: Chance, spelling: Spelling): string {
  return spelling.noise && c.once(2) ? c.pick([' ', '\n    ', '\r\n', '\t<!-- c -->\n', '<?p?>']) : ''
}

function text(c: Chance, value: string, spelling: Spelling): string {
  if (spelling.noise && !value.includes('\r') && c.once(6)) {
    return `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
  }
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const returned = spelling.damage ? escaped : escaped.replaceAll('\r', '&#13;')
  return spelling.noise && c.once(4)
    ? returned.replace(/[a-z]/, (l) => (returned.includes('&') ? l : `&#x${l.charCodeAt(0).toString(16)};`))
    : returned
}

function quote(c: Chance, value: string, spelling: Spelling): string {
  let escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  if (!spelling.damage) escaped = escaped.replace(/[\t\n\r]/g, (w) => `&#${w.charCodeAt(0)};`)
  return c.once(2) ? `'${escaped.replaceAll("'", '&#39;')}'` : `"${escaped.replaceAll('"', '&quot;')}"`
}
