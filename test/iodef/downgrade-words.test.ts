import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ATTRIBUTES,
  CHILDREN,
  IMPLIED,
  IN_A_LANGUAGE,
  RATINGS,
  RESTRICTED,
  SEVERITIES,
  VALUES,
} from '../../src/iodef/downgrade-words.ts'
import { attribute, elements, type XmlElement } from '../../src/xml/tree.ts'
import { named, schema } from '../schemas/support.ts'
import { descendants } from '../support/trees.ts'

const root = schema('iodef-1.0.xsd')
const types = new Map(
  [...named(root, 'complexType'), ...named(root, 'simpleType')].map((e) => [attribute(e, 'name') ?? '', e]),
)

/** The complex type of an element, with those that it extends. */
function typesOf(name: string): XmlElement[] {
  const element = [...descendants(root)].find((e) => e.local === 'element' && attribute(e, 'name') === name)
  assert.ok(element, name)
  const found: XmlElement[] = [element]
  for (let next = attribute(element, 'type'); next !== undefined; ) {
    const type: XmlElement | undefined = types.get(next)
    if (type === undefined) break
    found.push(type)
    next = [...descendants(type)]
      .find((e) => e.local === 'extension')
      ?.attributes.find((a) => a.local === 'base')?.value
  }
  const extended = [...descendants(element)].find((e) => e.local === 'extension')
  const base = extended && types.get(attribute(extended, 'base') ?? '')
  return base === undefined ? found : [...found, base]
}

function attributesOf(name: string): Map<string, XmlElement> {
  const groups = new Map(named(root, 'attributeGroup').map((e) => [attribute(e, 'name'), e]))
  const own = typesOf(name)
    .flatMap((e) => [...descendants(e)])
    .flatMap((e) => (e.local === 'attributeGroup' ? elements(groups.get(attribute(e, 'ref')) ?? e) : [e]))
  return new Map(own.filter((e) => e.local === 'attribute').map((e) => [attribute(e, 'name') ?? '', e]))
}

/** As IODEF 1 names them. */
const OLD: Readonly<Record<string, readonly string[]>> = {
  SystemImpact: ['Impact'],
  BusinessImpact: ['Impact'],
  DomainData: ['NodeName'],
}

const BESIDES = new Set(['restriction', 'lang', 'version'])

test('the attributes of each class are those of the schema of IODEF 1', () => {
  for (const [name, list] of ATTRIBUTES) {
    const mine = list.map((one) => one.split('=').at(-1)).sort()
    const theirs = [...attributesOf(name).keys()].filter((one) => !BESIDES.has(one)).sort()
    assert.deepEqual(mine, theirs, name)
  }
})

test('each class with a restriction, an implied one or a language has it in the schema of IODEF 1', () => {
  for (const name of RESTRICTED) assert.ok(attributesOf(name).has('restriction'), name)
  for (const name of RESTRICTED) {
    const own = attributesOf(name).get('restriction')
    assert.equal(own !== undefined && attribute(own, 'default') !== undefined, IMPLIED.has(name), name)
  }
  for (const name of IN_A_LANGUAGE) assert.ok(attributesOf(name).has('lang'), name)
})

test('the children of each class stand in the schema of IODEF 1, in that order', () => {
  for (const [name, list] of CHILDREN) {
    const theirs = typesOf(name)
      .flatMap((e) => [...descendants(e)])
      // not itself, which may stand in itself
      .filter((e) => e.local === 'element' && attribute(e, 'name') !== name)
      .map((e) => attribute(e, 'ref') ?? attribute(e, 'name') ?? '')
    const places = list.flatMap((child) => OLD[child] ?? [child]).map((child) => theirs.indexOf(child))
    assert.ok(
      places.every((place) => place >= 0),
      `${name}: ${list} in ${theirs}`,
    )
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      name,
    )
  }
})

function enumerated(type: string | undefined): string[] {
  const simple = types.get(type ?? '')
  return [...(simple === undefined ? [] : descendants(simple))]
    .filter((e) => e.local === 'enumeration')
    .map((e) => attribute(e, 'value') ?? '')
}

test('the values of each enumeration are those of the schema of IODEF 1', () => {
  for (const [name, table] of VALUES) {
    for (const [own, list] of table) {
      const declared = attributesOf(name).get(own)
      assert.deepEqual(
        [...list, 'ext-value'].sort(),
        enumerated(declared && attribute(declared, 'type')).sort(),
        `${name}/@${own}`,
      )
    }
  }
  assert.deepEqual(SEVERITIES, enumerated('severity-type'))
  assert.deepEqual(RATINGS, enumerated('confidence-rating-type'))
})
