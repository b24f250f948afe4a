import assert from 'node:assert/strict'
import { test } from 'node:test'
import { obstacleInItem, obstacleOf } from '../../src/profile/carriable.ts'
import { scan } from '../../src/xml/parse-tree.ts'

for (const [name, xml, obstacle] of [
  ['an ordinary element', '<x xmlns="urn:x" a="b"/>', undefined],
  ['names of the fourth edition', '<日本語 xmlns="urn:x" Ünïcode="é" ελ="1" ไทย="2"/>', undefined],
  ['names with digits and combining characters', '<e\u0301\u0661 xmlns="urn:x" a.b-c="d"/>', undefined],
  [
    'an element in Khmer',
    '<\u1780 xmlns="urn:x"/>',
    /^element "\u1780" in line 1 has a name that Brokers' parsers do not know/,
  ],
  ['a ligature that the fourth edition left out', '<a\u0132 xmlns="urn:x"/>', /has a name that/],
  ['a name beyond the basic plane', '<\u{20000} xmlns="urn:x"/>', /has a name that/],
  [
    'an attribute of the fifth edition',
    '<x xmlns="urn:x" b\u1361="1"/>',
    /^element "x" in line 1 has the attribute "b\u1361", a name that/,
  ],
  [
    'a qualified attribute of the fifth edition',
    '<x xmlns="urn:x" xmlns:p="urn:p" p:\u2c00="1"/>',
    /attribute "\u2c00"/,
  ],
  ['an element with the prefix xml', '<xml:foo/>', /^element "foo" in line 1 has the prefix "xml"/],
  [
    'xml:lang, xml:space, xml:base and xml:id',
    '<x xmlns="urn:x" xml:lang="de" xml:space="default" xml:base="a" xml:id="b"/>',
    undefined,
  ],
  [
    'any other attribute with the prefix xml',
    '<x xmlns="urn:x" xml:foo="1"/>',
    /^element "x" in line 1 has the attribute "xml:foo"/,
  ],
  [
    'an element in a namespace that holds the end of a line',
    '<x xmlns="&#13;"/>',
    /in a namespace whose name holds a tab/,
  ],
  ['a namespace with a colon and letters beyond ASCII', '<x xmlns="urn:x" xmlns:p="urn:ä;b" p:a="a b"/>', undefined],
  ...['urn:a b', 'urn:a&amp;b', 'urn:a&lt;b', 'urn:a>b', "urn:a'b", 'urn:a&quot;b'].flatMap((ns) => [
    [
      `an attribute in ${ns}`,
      `<x xmlns="urn:x" xmlns:p="${ns}" p:a=""/>`,
      /has the attribute "a" in a namespace whose name/,
    ] as const,
    [`an element in ${ns}`, `<x xmlns="${ns}"/>`, undefined] as const,
  ]),
] as const) {
  test(`${obstacle === undefined ? 'travels' : 'cannot travel'} as an item: ${name}`, () => {
    const found = obstacleOf(scan(xml), 1)
    if (obstacle === undefined) assert.equal(found, undefined)
    else assert.match(found ?? '', obstacle)
  })
}

test('no deeper than 117 levels of a document', () => {
  const element = scan('\n\n<x xmlns="urn:x"/>')
  assert.equal(obstacleOf(element, 117), undefined)
  assert.equal(
    obstacleOf(element, 118),
    'element "x" in line 3 stands 118 levels deep, and some Brokers keep no more than 117',
  )
})

test('the reason is short, however long a name is', () => {
  const long = obstacleOf(scan(`<${'n'.repeat(50_000)} xmlns="urn:x" xml:${'a'.repeat(50_000)}="1"/>`), 1)
  assert.ok((long ?? '').length < 400)
})

test('an item may be three levels deeper than a document', () => {
  const item = (levels: number) =>
    `<report xmlns="urn:x">${'<x>'.repeat(levels - 1)}${'</x>'.repeat(levels - 1)}</report>`
  assert.equal(obstacleInItem(item(120)), undefined)
  assert.match(obstacleInItem(item(121)) ?? '', /^element "x" in line 1 stands 118 levels deep/)
  assert.match(obstacleInItem('<report xmlns="urn:x"><xml:a></xml:a><Ĳ></Ĳ></report>') ?? '', /element "a"/)
})
