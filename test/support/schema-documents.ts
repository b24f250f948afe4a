import { NS } from '../../src/xml/namespaces.ts'
import { escapeAttribute, escapeText } from '../../src/xml/normal-form.ts'
import { attribute, child, elements, type XmlElement } from '../../src/xml/tree.ts'
import { schema, XS } from '../schemas/support.ts'
import { type Chance, withChance } from './arbitraries.ts'

/**
 * Any IODEF 2 document that schemas/iodef-2.0.xsd and the identifier rules take: made from the schema itself, so no class and no value is
 * forgotten.
 */
export function iodef2Documents({ calm = false }: { readonly calm?: boolean } = {}) {
  return withChance((chance) => {
    const xml = new Maker(chance, calm).element(global('element', 'IODEF-Document'), 0)
    return xml.replace('<IODEF-Document', `<IODEF-Document xmlns="${NS.iodef2}"`)
  })
}

const root = schema('iodef-2.0.xsd')
const globals = new Map(elements(root).map((e) => [`${e.local} ${attribute(e, 'name')}`, e]))

function global(kind: string, name: string): XmlElement {
  const found = globals.get(`${kind} ${name}`)
  if (found === undefined) throw new Error(`${kind} ${name} is not in the schema`)
  return found
}

const VALUES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'xs:integer': ['0', '-1', ' 6 ', '65535', '123456789012345678901234567890'],
  DateTimeType: ['2015-05-05T05:05:05Z', ' 2015-06-01T10:00:00.25+02:00\n', '2015-06-01T10:00:00'],
  TimezoneType: ['Z', '+00:00', '-14:59'],
  PortlistType: ['22', '22,23,2222-2230', '0-65535'],
  RealType: ['1', ' 0.5 ', '1e3', 'INF', '-INF', 'NaN', '0', '-1', '-0', '1e-60', '.5E-3'],
  ConfidenceType: ['', ' ', '0.5', 'NaN', ' 12 '],
  URLType: ['http://h.example/?a=1&b', ' ', 'not a URI'],
}

/** Of other vocabularies, by the name that the schema refers to them with. */
const FOREIGN: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'enum:ReferenceName': [
    `<ReferenceName xmlns="${NS.enum}" specIndex="1"><ID>CVE-2021-44228</ID></ReferenceName>`,
    `<ReferenceName xmlns="${NS.enum}" specIndex="2"><ID> x.1 </ID></ReferenceName>`,
  ],
  'sci:AttackPattern': [`<AttackPattern xmlns="${NS.sci}" SpecID="a"/>`],
  'sci:Vulnerability': [
    `<Vulnerability xmlns="${NS.sci}" SpecID="a"><RawData dtype="xml"><x/></RawData></Vulnerability>`,
  ],
  'sci:Weakness': [`<Weakness xmlns="${NS.sci}" SpecID="a"/>`],
  'ds:X509Data': [`<X509Data xmlns="${NS.ds}"><X509SubjectName>CN=a</X509SubjectName></X509Data>`],
  'ds:DigestMethod': [`<DigestMethod xmlns="${NS.ds}" Algorithm="urn:a"/>`],
  'ds:DigestValue': [`<DigestValue xmlns="${NS.ds}">AA==</DigestValue>`],
  'ds:CanonicalizationMethod': [`<CanonicalizationMethod xmlns="${NS.ds}" Algorithm="urn:a"/>`],
  'ds:Signature': [
    `<Signature xmlns="${NS.ds}"><SignedInfo><CanonicalizationMethod Algorithm="urn:a"/><SignatureMethod Algorithm="urn:a"/><Reference><DigestMethod Algorithm="urn:a"/><DigestValue>AA==</DigestValue></Reference></SignedInfo><SignatureValue>AA==</SignatureValue></Signature>`,
  ],
}

const LANGUAGES = ['en', 'de-CH', ' ja ', ''] as const

const EXTENSIONS = [
  '',
  'text',
  'text &amp; <b xmlns="urn:b">more</b> ',
  '<p:a xmlns:p="urn:a" p:c=" "> <d xmlns=""/></p:a>',
  '<Description>as IODEF has it</Description>',
  `<Contact restriction="private" role="irt" type="person"/>`,
  `<IncidentID xmlns="${NS.iodef1}" name="a">1</IncidentID>`,
  `<a xmlns="urn:x" xmlns:s="${XS}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="s:string">x</a>`,
  `<a xmlns="urn:x" xmlns:s="${XS}">s:string</a>`,
] as const

const CALM = ['', ' ', 'word', '日本 \u{1F512}', '<&"\'>', 'ext-value', 'watch'] as const
const TEXTS = [
  '',
  ' ',
  'word',
  ' two  words\n',
  '日本 \u{1F512}',
  '<&"\'>',
  'a\rb',
  'ext-value',
  'watch',
  ']]>',
  '\u0085\u2028',
] as const

class Maker {
  readonly #chance: Chance
  readonly #calm: boolean
  #ids = 0

  /** `calm`: what every Broker gives back as it was */
  constructor(chance: Chance, calm: boolean) {
    this.#chance = chance
    this.#calm = calm
  }

  element(declaration: XmlElement, depth: number): string {
    const name = attribute(declaration, 'name') ?? ''
    // references to nowhere, and identifiers that an upper case class would need, are other tests'
    if (name === 'ObservableReference' || name === 'IndicatorReference') return `<${name} uid-ref="first"/>`
    const type = attribute(declaration, 'type')
    const complex =
      child(declaration, XS, 'complexType') ?? (type === undefined ? undefined : globals.get(`complexType ${type}`))
    if (complex === undefined) return `<${name}>${escapeText(this.#value(type ?? 'xs:string'))}</${name}>`
    const simple = child(complex, XS, 'simpleContent')
    const extended = simple && child(simple, XS, 'extension')
    const more = extended === undefined ? '' : this.#attributes(extended)
    const id = name === 'Incident' && depth === 1 && this.#ids === 0 ? this.#first() : ''
    return `<${name}${this.#attributes(complex, id !== '')}${more}${id}>${this.#content(complex, extended, depth)}</${name}>`
  }

  #first(): string {
    this.#ids += 1
    return ' observable-id="first"'
  }

  #content(complex: XmlElement, extended: XmlElement | undefined, depth: number): string {
    if (extended !== undefined) {
      const base = attribute(extended, 'base') ?? ''
      if (base === 'xs:ID') return this.#id()
      return globals.has(`complexType ${base}`)
        ? this.#content(global('complexType', base), inner(base), depth)
        : escapeText(this.#value(base))
    }
    if (attribute(complex, 'mixed') === 'true') return this.#chance.pick(EXTENSIONS)
    const model = elements(complex).filter((e) => ['sequence', 'choice', 'group'].includes(e.local))
    return model.map((particle) => this.#particle(particle, depth)).join(this.#chance.once(4) ? '\n  ' : '')
  }

  #id(): string {
    this.#ids += 1
    return `i${this.#ids}`
  }

  #particle(particle: XmlElement, depth: number): string {
    const least = Number(attribute(particle, 'minOccurs') ?? 1)
    const most = attribute(particle, 'maxOccurs') === 'unbounded' ? least + 2 : Math.max(1, least)
    let count = least
    // rarer with depth, so that classes inside of themselves end
    while (count < most && this.#chance.once(2 + Math.floor(depth / 2))) count += 1
    return Array.from({ length: count }, () => this.#one(particle, depth)).join('')
  }

  #one(particle: XmlElement, depth: number): string {
    const inside = elements(particle)
    if (particle.local === 'group') {
      return elements(global('group', attribute(particle, 'ref') ?? ''))
        .map((e) => this.#particle(e, depth))
        .join('')
    }
    if (particle.local === 'sequence') return inside.map((e) => this.#particle(e, depth)).join('')
    if (particle.local === 'choice') {
      // the last of each leads nowhere deeper
      const easy = depth > 6 ? inside.slice(-1) : inside
      return this.#particle(easy[this.#chance.int(easy.length - 1)] ?? particle, depth)
    }
    const ref = attribute(particle, 'ref')
    const foreign = ref === undefined ? undefined : FOREIGN[ref]
    if (foreign !== undefined) return this.#chance.pick(foreign)
    return this.element(ref === undefined ? particle : global('element', ref), depth + 1)
  }

  #attributes(holder: XmlElement, identified = false): string {
    return (
      elements(holder)
        .flatMap((e) =>
          e.local === 'attributeGroup' ? elements(global('attributeGroup', attribute(e, 'ref') ?? '')) : [e],
        )
        .filter((e) => e.local === 'attribute' && !(identified && attribute(e, 'name') === 'observable-id'))
        .map((e) => this.#attribute(e))
        .join('') + this.#inherited(holder)
    )
  }

  #inherited(holder: XmlElement): string {
    const extended = inner(attribute(holder, 'base') ?? '')
    return extended === undefined ? '' : this.#attributes(extended)
  }

  #attribute(declaration: XmlElement): string {
    if (attribute(declaration, 'use') !== 'required' && this.#chance.once(2)) return ''
    if (attribute(declaration, 'ref') === 'xml:lang') return ` xml:lang="${this.#chance.pick(LANGUAGES)}"`
    const type = attribute(declaration, 'type') ?? ''
    const value = type === 'xs:ID' ? this.#id() : this.#value(type)
    return ` ${attribute(declaration, 'name')}="${escapeAttribute(value)}"`
  }

  #value(type: string): string {
    const simple = globals.get(`simpleType ${type}`)
    const words =
      simple === undefined
        ? []
        : elements(simple)
            .flatMap(elements)
            .filter((e) => e.local === 'enumeration')
    const [first, ...rest] = words.map((e) => attribute(e, 'value') ?? '')
    if (first !== undefined) {
      const picked = this.#chance.pick([first, ...rest])
      // the one enumeration of which white space is a part
      return type !== 'version-type' && this.#chance.once(10) ? ` ${picked} ` : picked
    }
    const values = VALUES[type]
    if (values !== undefined) return this.#chance.pick(values)
    if (type !== 'xs:string') throw new Error(`nothing is known of ${type}`)
    return this.#chance.pick(this.#calm ? CALM : TEXTS)
  }
}

/** The extension in a complex type of that name, where there is one. */
function inner(name: string): XmlElement | undefined {
  const complex = globals.get(`complexType ${name}`)
  const simple = complex && child(complex, XS, 'simpleContent')
  return simple && child(simple, XS, 'extension')
}
