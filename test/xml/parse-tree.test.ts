import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseText } from '../../src/xml/libxml.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { type Bare, fromScan } from './libxml-tree.ts'

function read(text: string): Bare {
  const parsed = parseText(text)
  assert.ok(parsed.ok, 'the test text is well-formed')
  parsed.document.dispose()
  return fromScan(scan(text))
}

test('a name may hold what JavaScript, unlike XML, takes for white space', () => {
  const tree = read('<n\u1680m \ufeffa="1" b\ufeff=\'2\' ><e\ufeff/></n\u1680m>')
  assert.equal(tree.local, 'n\u1680m')
  assert.deepEqual(tree.attributes, ['["","b\ufeff","2"]', '["","\ufeffa","1"]'])
  assert.equal((tree.children[0] as Bare).local, 'e\ufeff')
})

test('line ends become line feeds, but not referenced ones, and in attributes spaces', () => {
  const tree = read('<a b="1\r\n2\r3\n4\t5&#13;&#10;&#9;6">1\r\n2\r3&#13;&#10;<![CDATA[\r\n&#13;]]></a>')
  assert.deepEqual(tree.children, ['1\n2\n3\r\n\n&#13;'])
  assert.deepEqual(tree.attributes, [JSON.stringify(['', 'b', '1 2 3 4 5\r\n\t6'])])
})

test('prefixes that are names of Object.prototype are prefixes', () => {
  const tree = read(
    '<__proto__:a xmlns:__proto__="urn:a" xmlns:constructor="urn:c"><constructor:b __proto__:c="1"/></__proto__:a>',
  )
  assert.equal(tree.ns, 'urn:a')
  assert.deepEqual(tree.children, [{ ns: 'urn:c', local: 'b', attributes: ['["urn:a","c","1"]'], children: [] }])
})

test('a default namespace goes to elements only, and xmlns="" takes it away', () => {
  const tree = read('<a xmlns="urn:a" b="1"><c xmlns=""/><d/></a>')
  assert.deepEqual(tree.attributes, ['["","b","1"]'])
  assert.deepEqual(
    tree.children.map((c) => (c as Bare).ns),
    ['', 'urn:a'],
  )
})

test('text around comments, instructions and CDATA sections is one text', () => {
  assert.deepEqual(read('<a>1<!-- < > & -->2<?p < ?>3<![CDATA[<&]]>]]<![CDATA[]]>4</a>').children, ['123<&]]4'])
})

test('lines and columns are of the start tag', () => {
  const tree = scan('\ufeff<?xml version="1.0"?>\r\n<!-- \n --><a\n>\n  <b/>\r<c/></a>')
  assert.deepEqual([tree.line, tree.column], [3, 5])
  const places = tree.children.filter((c) => typeof c !== 'string').map((c) => [c.line, c.column])
  assert.deepEqual(places, [
    [5, 3],
    [5, 8],
  ])
})

for (const text of [
  '',
  ' ',
  '<a',
  '<a>',
  '</a>',
  '<a b></a>',
  '<a b="></a>',
  '<p:a/>',
  '<!DOCTYPE a><a/>',
  '<a>&b;</a>',
  '<a><!--</a>',
]) {
  test(`what is not well-formed throws: ${JSON.stringify(text)}`, () => {
    assert.throws(() => scan(text), /^NotWellFormed: .*(?:unexpected|Behind the root)/)
  })
}

test('a long text is read as one, wherever its pieces end', () => {
  for (let shift = 0; shift < 12; shift += 1) {
    const unit = '\r\n&amp;&#x1F600;\r]'
    const plain = '\n&\u{1F600}\n]'
    const start = 'x'.repeat(65_536 - shift)
    assert.deepEqual(read(`<a>${start}${unit.repeat(20_000)}</a>`).children, [start + plain.repeat(20_000)])
    const value = read(`<a b="${start}${unit.repeat(20_000)}"/>`).attributes[0] ?? ''
    assert.equal(JSON.parse(value)[2], start + plain.repeat(20_000).replaceAll('\n', ' '))
  }
  const zeros = `&#${'0'.repeat(200_000)}65;`
  assert.deepEqual(read(`<a>${zeros}b${zeros}</a>`).children, ['AbA'])
})
