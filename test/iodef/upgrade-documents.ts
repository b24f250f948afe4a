import type fc from 'fast-check'
import { escapeAttribute, escapeText } from '../../src/xml/normal-form.ts'
import { attribute, child, elements, type XmlElement } from '../../src/xml/tree.ts'
import { named, schema, XS } from '../schemas/support.ts'
import { type Chance, withChance } from '../support/arbitraries.ts'

/** An IODEF 1 document, and every text in it that is like no other. */
interface Made {
  readonly xml: string
  /** each is somewhere in `xml`, once, in an attribute or in text */
  readonly words: readonly string[]
}

/**
 * Any document that schemas/iodef-1.0.xsd takes: made from the schema itself, so no class is forgotten. Elements without a
 * namespace, carriage returns and the like are left to the tests of the normal form.
 */
export function iodef1Documents(): fc.Arbitrary<Made> {
  return withChance((chance) => {
    const maker = new Maker(chance)
    const xml = maker.element(global('element', 'IODEF-Document'), 0)
    return {
      xml: xml.replace('<IODEF-Document', '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-1.0"'),
      words: maker.words,
    }
  })
}

const root = schema('iodef-1.0.xsd')

function global(kind: string, name: string): XmlElement {
  const found = elements(root).find((e) => e.local === kind && attribute(e, 'name') === name)
  if (found === undefined) throw new Error(`${kind} ${name} is not in the schema`)
  return found
}

const simple = new Set(named(root, 'simpleType').map((e) => attribute(e, 'name')))

const VALUES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'xs:language': ['en', 'de-CH', ' ja '],
  'xs:integer': ['0', '-1', '+17', ' 6 ', '65535', '123456789012345678901234567890'],
  DateTimeType: ['2015-05-05T05:05:05Z', ' 2015-06-01T10:00:00.25+02:00\n', '2015-06-01T10:00:00'],
  TimezoneType: ['Z', '+00:00', '-14:59'],
  PortlistType: ['22', '22,23,2222-2230', '0-65535'],
  PositiveFloatType: ['1', ' 0.5 ', '1e3', 'INF', '.5E-3'],
  DoubleType: ['0', '-1.5', 'NaN', '-INF', '1e300', ' 12. '],
}

class Maker {
  readonly words: string[] = []
  readonly #chance: Chance

  constructor(chance: Chance) {
    this.#chance = chance
  }

  element(declaration: XmlElement, depth: number): string {
    const name = attribute(declaration, 'name') ?? ''
    const type = attribute(declaration, 'type')
    const complex = child(declaration, XS, 'complexType') ?? (type === undefined ? undefined : complexType(type))
    if (complex === undefined) return `<${name}>${escapeText(this.value(type ?? ''))}</${name}>`
    const extended = child(child(complex, XS, 'simpleContent') ?? complex, XS, 'extension')
    const attributes = this.attributes(complex) + (extended === undefined ? '' : this.attributes(extended, true))
    return `<${name}${attributes}>${this.#content(complex, extended, depth)}</${name}>`
  }

  #content(complex: XmlElement, extended: XmlElement | undefined, depth: number): string {
    if (extended !== undefined) return escapeText(this.value(base(attribute(extended, 'base') ?? '')))
    if (attribute(complex, 'mixed') === 'true') return this.mixed(complex)
    const model = elements(complex).filter((e) => ['sequence', 'choice'].includes(e.local))
    return model.map((particle) => this.particle(particle, depth)).join(this.#chance.once(4) ? '\n  ' : '')
  }

  particle(particle: XmlElement, depth: number): string {
    const least = Number(attribute(particle, 'minOccurs') ?? 1)
    const most = attribute(particle, 'maxOccurs') === 'unbounded' ? least + 2 : Math.max(1, least)
    let count = least
    // rarer with depth, so that Contact in Contact and EventData in EventData end
    while (count < most && this.#chance.once(2 + Math.floor(depth / 3))) count += 1
    return Array.from({ length: count }, () => this.#one(particle, depth)).join('')
  }

  #one(particle: XmlElement, depth: number): string {
    const inside = elements(particle)
    if (particle.local === 'sequence') return inside.map((e) => this.particle(e, depth)).join('')
    if (particle.local === 'choice') return this.particle(inside[this.#chance.int(inside.length - 1)]!, depth)
    const ref = attribute(particle, 'ref')
    return this.element(ref === undefined ? particle : global('element', ref), depth + 1)
  }

  /** `inherited`: those of the base type as well */
  attributes(holder: XmlElement, inherited = false): string {
    const of = attribute(holder, 'base')
    const above = inherited && of !== undefined ? complexType(of) : undefined
    const extended = above && child(child(above, XS, 'simpleContent') ?? above, XS, 'extension')
    return (
      (extended === undefined ? '' : this.attributes(extended, true)) +
      elements(holder)
        .flatMap((e) =>
          e.local === 'attributeGroup' ? elements(global('attributeGroup', attribute(e, 'ref') ?? '')) : [e],
        )
        .filter((e) => e.local === 'attribute')
        .map((e) => this.attribute(e))
        .join('')
    )
  }

  attribute(declaration: XmlElement): string {
    if (attribute(declaration, 'use') !== 'required' && this.#chance.once(2)) return ''
    const value = attribute(declaration, 'fixed') ?? this.value(attribute(declaration, 'type') ?? '')
    return ` ${attribute(declaration, 'name')}="${escapeAttribute(value.replace(/\n/g, ' '))}"`
  }

  mixed(complex: XmlElement): string {
    if (child(complex, XS, 'sequence') === undefined)
      return this.#chance.pick(['', ' ', '0.9', '+1e-2', 'rather sure', 'NaN'])
    const word = this.#word()
    return this.#chance.pick([
      word,
      `<a xmlns="urn:x">${word}</a>`,
      `text <p:b xmlns:p="urn:y" p:c="${word}"> <d xmlns="urn:z"/> </p:b> more`,
      `<Description>${word}</Description>`,
      `<Impact type="dos" lang="en">${word}</Impact>`,
      `<a xmlns="urn:x" xmlns:s="${XS}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="s:string">${word}</a>`,
    ])
  }

  value(type: string): string {
    const enumeration = simple.has(type) ? elements(global('simpleType', type)).flatMap(elements) : []
    const words = enumeration.filter((e) => e.local === 'enumeration').map((e) => attribute(e, 'value') ?? '')
    const [first, ...rest] = words
    if (first !== undefined) {
      const picked = this.#chance.pick([first, ...rest])
      // the one enumeration of which white space is a part
      return type !== 'version-type' && this.#chance.once(10) ? ` ${picked} ` : picked
    }
    const values = VALUES[type]
    if (values !== undefined) return this.#chance.pick(values)
    if (type === 'URLType') return `http://h.example/?${this.#word()}`
    if (type !== 'xs:string') throw new Error(`nothing is known of ${type}`)
    return this.#chance.pick([
      '',
      ' ',
      '0',
      this.#word(),
      this.#word(),
      `日本 <&"'> ${this.#word()} `,
      `\n ${this.#word()}\n`,
    ])
  }

  #word(): string {
    const word = `word${this.words.length}.`
    this.words.push(word)
    return word
  }
}

function complexType(name: string): XmlElement | undefined {
  return elements(root).find((e) => e.local === 'complexType' && attribute(e, 'name') === name)
}

/** The simple type below a chain of complex ones. */
function base(name: string): string {
  const complex = complexType(name)
  if (complex === undefined) return name
  const extended = child(child(complex, XS, 'simpleContent') ?? complex, XS, 'extension')
  return base((extended && attribute(extended, 'base')) ?? '')
}
