import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ROOT_SCOPE, readTag, type Scope } from '../../src/xml/start-tag.ts'

const P: Scope = { prefixes: Object.assign(Object.create(ROOT_SCOPE.prefixes), { '': 'urn:d', p: 'urn:p' }) }
const read = (source: string, outer = ROOT_SCOPE, open = 0) => readTag(source, open, outer)

describe('a start tag', () => {
  test('has a name in its namespace, the default one where it has no prefix', () => {
    for (const [source, outer, ns, local] of [
      ['<a>', ROOT_SCOPE, '', 'a'],
      ['<a>', P, 'urn:d', 'a'],
      ['<p:a>', P, 'urn:p', 'a'],
      ['<a xmlns="urn:own">', P, 'urn:own', 'a'],
      ['<q:a xmlns:q="urn:q">', P, 'urn:q', 'a'],
      ['<a xmlns="">', P, '', 'a'],
      ['<xml:a>', ROOT_SCOPE, 'http://www.w3.org/XML/1998/namespace', 'a'],
    ] as const) {
      const tag = read(source, outer)
      assert.deepEqual([tag.ns, tag.local], [ns, local], source)
    }
  })

  test('has attributes of no namespace unless they carry a prefix', () => {
    const { attributes } = read(`<a b="1" p:c='2' xml:lang="en" xmlns:n="urn:n" n:d="&lt;\t"/>`, P)
    assert.deepEqual(attributes, [
      { ns: '', local: 'b', value: '1' },
      { ns: 'urn:p', local: 'c', value: '2' },
      { ns: 'http://www.w3.org/XML/1998/namespace', local: 'lang', value: 'en' },
      { ns: 'urn:n', local: 'd', value: '< ' },
    ])
  })

  test('ends behind its bracket, and says whether it is empty', () => {
    for (const [source, end, empty] of [
      ['<a>x', 3, false],
      ['<a/>x', 4, true],
      ['<a b="/>" >x', 11, false],
      [`<a b='>'/>`, 10, true],
      ['<a\r\n\tb\n=\n"1"\n/>', 15, true],
    ] as const) {
      const tag = read(source)
      assert.deepEqual([tag.end, tag.empty], [end, empty], source)
    }
    assert.equal(read('x<a>', ROOT_SCOPE, 1).end, 4)
  })

  test('hands its declarations on to what is inside, over those around it', () => {
    const inner = read('<a xmlns:p="urn:new" xmlns:q="urn:q">', P)
    assert.deepEqual(
      ['', 'p', 'q'].map((prefix) => inner.scope.prefixes[prefix]),
      ['urn:d', 'urn:new', 'urn:q'],
    )
    assert.equal(P.prefixes.p, 'urn:p')
    assert.equal(read('<a b="1">', P).scope, P)
  })

  test('tells the length of the longest namespace name it declares', () => {
    assert.equal(read('<a xmlns="12345" xmlns:p="1234567" b="123456789012">').longest, 7)
    assert.equal(read('<a b="1">').longest, 0)
  })

  test('holds a name that has what JavaScript takes for white space', () => {
    assert.equal(read('<a\u1680b\ufeff c="1"/>').local, 'a\u1680b\ufeff')
  })

  test('that libxml2 would not have let pass is an error, not a guess', () => {
    for (const source of ['<a', '<a b', '<a b>', '<a b="1>', '<a ="1">', '<p:a>', '<a p:b="1">']) {
      assert.throws(() => read(source), /unexpected/, source)
    }
  })

  test('does not take what every object has for a declared prefix', () => {
    assert.throws(() => read('<constructor:a>'), /unbound prefix/)
    assert.throws(() => read('<toString:a>'), /unbound prefix/)
  })
})
