import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { contentModel } from '../../src/iodef/content-model.ts'
import { EXTENSIBLE } from '../../src/iodef/rules-enumerations.ts'
import { attribute, child, elements, type XmlElement } from '../../src/xml/tree.ts'
import { descendants } from '../support/trees.ts'
import { files, named, schema, XS } from './support.ts'

const V2 = schema('iodef-2.0.xsd')
const types = new Map(named(V2, 'simpleType').map((t) => [attribute(t, 'name') ?? '', t]))

function values(type: string): string[] {
  const found = types.get(type)
  assert.ok(found, `no type ${type}`)
  return [...descendants(found)].filter((e) => e.local === 'enumeration').map((e) => attribute(e, 'value') ?? '')
}

describe('enumerations of IODEF 2', () => {
  const attributes = named(V2, 'attribute')

  test('are extensible exactly where there is an ext- attribute (RFC 7970 §5.1.1)', () => {
    const extensible = new Set<string>()
    for (const [index, at] of attributes.entries()) {
      const name = attribute(at, 'name') ?? ''
      const type = attribute(at, 'type') ?? ''
      const next = attributes[index + 1]
      const extended = next !== undefined && attribute(next, 'name') === `ext-${name}`
      if (type.startsWith('xs:')) assert.ok(!extended, `${name} is no enumeration`)
      else assert.equal(values(type).includes('ext-value'), extended, `${name} of ${type}`)
      if (extended) extensible.add(name)
    }
    assert.deepEqual([...EXTENSIBLE].sort(), [...extensible].sort())
  })

  test('name no value twice, and all are used', () => {
    const used = new Set(attributes.map((a) => attribute(a, 'type')))
    for (const [name] of types) {
      if (!name.endsWith('-type')) continue
      assert.ok(used.has(name), `${name} is used nowhere`)
      assert.equal(new Set(values(name)).size, values(name).length, name)
    }
  })
})

describe('the content model of the normal form', () => {
  for (const name of files.keys()) {
    if (name === 'context.xsd') continue
    test(`agrees with ${name}`, () => {
      const root = schema(name)
      const ns = attribute(root, 'targetNamespace') ?? ''
      const local = new Map(named(root, 'complexType').map((t) => [attribute(t, 'name') ?? '', t]))
      for (const element of named(root, 'element')) {
        const type = child(element, XS, 'complexType') ?? local.get(attribute(element, 'type') ?? '')
        if (type === undefined || isEmpty(type)) continue // a simple type, one of another file, or nothing to drop
        const self = { ns, local: attribute(element, 'name') ?? '' } as XmlElement
        assert.equal(contentModel.elementOnly(self), isElementOnly(type, local), `${self.local} holds elements only`)
      }
    })
  }
})

function isEmpty(type: XmlElement): boolean {
  return attribute(type, 'mixed') !== 'true' && elements(type).every((e) => e.local.startsWith('attribute'))
}

/** Has child elements and no text between them. A mixed or simple type has text. */
function isElementOnly(type: XmlElement, local: ReadonlyMap<string, XmlElement>): boolean {
  if (attribute(type, 'mixed') === 'true' || child(type, XS, 'simpleContent') !== undefined) return false
  const derived = child(type, XS, 'complexContent')
  if (derived !== undefined) {
    const base = attribute(elements(derived)[0] as XmlElement, 'base') ?? ''
    const parent = local.get(base)
    return parent !== undefined && isElementOnly(parent, local)
  }
  return elements(type).some((e) => ['sequence', 'choice', 'group'].includes(e.local))
}
