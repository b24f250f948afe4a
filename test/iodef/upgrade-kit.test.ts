import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { all, before, carried, described, isBlank, make, note, retold } from '../../src/iodef/upgrade-kit.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import type { XmlElement } from '../../src/xml/tree.ts'
import { written } from './upgraded.ts'

const v1 = (xml: string) => scan(xml.replace(/^<(\w+)/, `<$1 xmlns="${NS.iodef1}" xmlns:xsi="${NS.xsi}"`))

describe('attributes that are carried over', () => {
  const carry = (xml: string, ...more: [Record<string, string>?, Record<string, string | undefined>?]) =>
    carried(v1(xml), ...more).map((a) => `${a.ns === NS.xml ? 'xml:' : a.ns}${a.local}=${a.value}`)

  test('keep their names and order, but for lang', () => {
    assert.deepEqual(carry('<x b="2" lang="en" a="1"/>'), ['b=2', 'xml:lang=en', 'a=1'])
  })

  test('lose what speaks of another schema', () => {
    assert.deepEqual(carry('<x xsi:schemaLocation="u u.xsd" xsi:type="T" a="1"/>'), ['a=1'])
  })

  test('get another name where there is one', () => {
    assert.deepEqual(carry('<x type="host" ext-type="y"/>', { type: 'unit', 'ext-type': 'ext-unit' }), [
      'unit=host',
      'ext-unit=y',
    ])
  })

  test('give way to what is set, under their new names; undefined takes one away', () => {
    assert.deepEqual(carry('<x type="a" b="1" c="2"/>', { type: 'kind' }, { kind: 'K', c: undefined, d: 'D' }), [
      'b=1',
      'kind=K',
      'd=D',
    ])
  })
})

describe('text that changes its class', () => {
  test('keeps its language and its content', () => {
    const [description] = described(v1('<NodeRole lang="de" category="www">a <b/> c</NodeRole>'))
    assert.ok(description)
    assert.equal(description.local, 'Description')
    assert.deepEqual(description.attributes, [{ ns: NS.xml, local: 'lang', value: 'de' }])
    assert.equal(description.children.length, 3)
    assert.equal(written(retold(v1('<x lang="de" a="1">t</x>'), 'y')), '<y xml:lang="de">t</y>')
  })

  test('is nothing where it says nothing', () => {
    for (const xml of ['<x/>', '<x> \t\r\n</x>', '<x><y/></x>']) assert.deepEqual(described(v1(xml)), [], xml)
    for (const value of [undefined, '', ' \n']) assert.deepEqual(note(value, 'completion'), [])
    assert.equal(described(v1('<x>\u00a0</x>')).length, 1)
  })

  test('is a note with its label, or without one', () => {
    assert.deepEqual(
      note('failed', 'completion').map((e) => written(e)),
      ['<Description>completion: failed</Description>'],
    )
    assert.deepEqual(
      note('failed').map((e) => written(e)),
      ['<Description>failed</Description>'],
    )
  })
})

describe('lists', () => {
  const [a, b, c] = ['A', 'B', 'C'].map((name) => make(name, [], [])) as [XmlElement, XmlElement, XmlElement]
  test('get something before the first element of a name, or at their end', () => {
    const names = (list: readonly XmlElement[]) => list.map(({ local }) => local).join('')
    assert.equal(names(before([a, b, b], 'B', [c, c])), 'ACCBB')
    assert.equal(names(before([a], 'B', [c])), 'AC')
    assert.equal(names(before([], 'B', [c])), 'C')
    assert.equal(names(before([b], 'B', [])), 'B')
  })

  test('of a class are its IODEF 1 children alone', () => {
    const element = v1(`<x><y n="1"/><y xmlns="${NS.iodef2}"/><z><y/></z><y n="2"/></x>`)
    assert.deepEqual(
      all(element, 'y').map(({ attributes }) => attributes[0]?.value),
      ['1', '2'],
    )
  })
})

test('blank is what XML takes for white space', () => {
  for (const value of ['', ' ', '\t\r\n ']) assert.ok(isBlank(value))
  for (const value of ['x', ' x ', '\u00a0', '\ufeff']) assert.ok(!isBlank(value))
})
