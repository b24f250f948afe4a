import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attributesOf } from '../../src/xml/attributes.ts'

test('attributes are read as they are written, in their order', () => {
  assert.deepEqual(attributesOf(`<a b="1" xml:c='2'\n d = "x &amp; 'y'" e=''/>`), [
    ['b', '1'],
    ['xml:c', '2'],
    ['d', "x &amp; 'y'"],
    ['e', ''],
  ])
  assert.deepEqual(attributesOf(`a='say "hi"'`), [], 'an attribute stands behind white space')
  assert.deepEqual(attributesOf(` a='say "hi"'`), [['a', 'say "hi"']])
})

test('what is no attribute is none', () => {
  for (const text of ['<a>', '', '<a b>', '<a b=c>', '<a b="1>', '<a b="<"/>', '<a ="1"/>']) {
    assert.deepEqual(attributesOf(text), [], text)
  }
})

test('what is written is what is read', () => {
  const value = fc.string().filter((text) => !/["<]/.test(text))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b:c', 'é-1'), value)), (attributes) => {
      const text = attributes.map(([name, quoted]) => ` ${name}="${quoted}"`).join('')
      assert.deepEqual(attributesOf(`<x${text}/>`), attributes)
    }),
  )
})
