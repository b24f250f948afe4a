import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseText } from '../../src/xml/libxml.ts'
import { layoutFits } from '../../src/xml/native-check.ts'
import { NODE } from '../../src/xml/native-layout.ts'
import { Names } from '../../src/xml/native-names.ts'
import { NativeDocument, NOT_PLAIN } from '../../src/xml/native-tree.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { attribute, childrenNamed, elements, hasChild, isParent, type XmlElement } from '../../src/xml/tree.ts'
import { runs, xmlText } from '../support/arbitraries.ts'
import { descendants } from '../support/trees.ts'
import { fromScan } from './libxml-tree.ts'

const TRAITS = { odd: false, looked: 0, judged: false, extensible: false }
const names = () =>
  new Names({
    element: () => ({ ...TRAITS, elementOnly: false, opaque: false, plainColons: false }),
    attribute: () => TRAITS,
  })

/** Shows libxml2's tree of a text, while it is there. */
function withTree<T>(text: string, look: (root: XmlElement) => T): T {
  const parsed = parseText(text)
  assert.ok(parsed.ok, 'the text is well-formed')
  using document = parsed.document
  return look(new NativeDocument(document, text, names()).root)
}

const placed = (list: readonly XmlElement[]) => list.map(({ line, column }) => `${line}:${column}`)
const places = (root: XmlElement) => placed(descendants(root))

test('the tree in the memory of libxml2 is the tree that scan makes of the text, place by place', () => {
  fc.assert(
    fc.property(xmlText(), (text) => {
      const expected = scan(text)
      withTree(text, (root) => {
        assert.deepEqual(fromScan(root), fromScan(expected))
        assert.deepEqual(places(root), places(expected))
        assert.deepEqual(
          places(root).toReversed(),
          descendants(root)
            .toReversed()
            .map(({ line, column }) => `${line}:${column}`),
        )
      })
    }),
    runs(150),
  )
})

test('places that are asked for to and fro, in a text of very many lines, are not counted from its beginning each time', () => {
  withTree(`<a>\n${'<b/>\n'.repeat(60_000)}</a>`, (root) => {
    const { elements = [] } = root
    const began = process.cpuUsage()
    for (let i = 0; i < 30_000; i += 1) {
      assert.equal(elements[i]?.line, i + 2)
      assert.equal(elements[59_999 - i]?.line, 60_001 - i)
    }
    const { user } = process.cpuUsage(began)
    assert.ok(user < 5_000_000, `${user} µs`)
  })
})

test('elements can be had without the text between them, and are the same', () => {
  withTree('<a> <b/>x<c>y</c></a>', (root) => {
    assert.deepEqual(
      root.elements,
      root.children.filter((child) => typeof child !== 'string'),
    )
    assert.equal(root.elements?.[0], root.children[1])
  })
})

test('one attribute, or the children of one name, can be had without the others, and are the same', () => {
  fc.assert(
    fc.property(xmlText(), (text) => {
      const expected = descendants(scan(text))
      withTree(text, (root) => {
        const found = descendants(root)
        assert.equal(found.length, expected.length)
        for (const [i, one] of expected.entries()) {
          const native = found[i] ?? root
          assert.equal(isParent(native), elements(one).length > 0)
          for (const { local } of [...one.attributes, { local: 'nowhere' }])
            assert.equal(attribute(native, local), attribute(one, local))
          for (const { ns, local } of elements(one)) {
            assert.deepEqual(placed(childrenNamed(native, ns, local, 'nowhere')), placed(childrenNamed(one, ns, local)))
            assert.ok(hasChild(native, ns, ['nowhere', local]) && hasChild(one, ns, ['nowhere', local]))
          }
          assert.deepEqual(childrenNamed(native, one.ns, 'nowhere'), [])
          assert.ok(!hasChild(native, one.ns, ['nowhere']) && !hasChild(one, one.ns, ['nowhere']))
        }
      })
    }),
    runs(150),
  )
})

test('who asks for offsets into the text, which that tree does not have, finds it not plain', () => {
  withTree('<a/>', (root) => {
    assert.throws(
      () => root.start,
      (error) => error === NOT_PLAIN,
    )
    assert.throws(
      () => root.end,
      (error) => error === NOT_PLAIN,
    )
  })
})

test('comments that break up a text too often make a document that is not plain', () => {
  const text = `<a>${'x'.repeat(100_000)}${'<!---->'.repeat(9_000)}</a>`
  withTree(text, (root) =>
    assert.throws(
      () => root.children,
      (error) => error === NOT_PLAIN,
    ),
  )
})

test('a namespace name, or a prefix, that is too long makes a document that is not plain', () => {
  for (const declared of [`xmlns:p="${'u'.repeat(1001)}"`, `xmlns:${'p'.repeat(1001)}="u"`]) {
    assert.throws(
      () => withTree(`<a><b ${declared}/></a>`, descendants),
      (error) => error === NOT_PLAIN,
    )
  }
})

test('the memory of libxml2 is laid out as is expected, and no other layout is taken for it', () => {
  assert.ok(layoutFits())
  const layout = NODE as Record<keyof typeof NODE, number>
  for (const [field, offset] of Object.entries(NODE) as [keyof typeof NODE, number][]) {
    layout[field] = offset + 1
    const fits = layoutFits()
    layout[field] = offset
    assert.equal(fits, false, field)
  }
})
