import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { declaredIn, surroundings } from '../../src/xml/in-scope-namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { walk, type XmlElement } from '../../src/xml/tree.ts'

/** What is in force at the only element of that name. */
function at(source: string, local: string) {
  const root = scan(source)
  let target: XmlElement | undefined
  walk(root, (element) => {
    if (element.local === local) target = element
    return undefined
  })
  assert.ok(target)
  const { around, declared } = surroundings(source, root, target)
  return { around: (prefix: string) => around[prefix], declared: [...declared] }
}

describe('the prefixes in force at an element', () => {
  const source =
    '<r xmlns="urn:r" xmlns:p="urn:p">text<p:a xmlns:q="urn:q"/>more<b xmlns="urn:b" xmlns:p="urn:other"><c xmlns:n="urn:n" xmlns=""/></b></r>'

  test('are those around it, not those of its neighbours, and apart from its own', () => {
    const c = at(source, 'c')
    assert.equal(c.around(''), 'urn:b')
    assert.equal(c.around('p'), 'urn:other')
    assert.equal(c.around('q'), undefined)
    assert.equal(c.around('n'), undefined)
    assert.deepEqual(c.declared.sort(), ['', 'n'])
  })

  test('are xml and no default namespace at the root', () => {
    const r = at(source, 'r')
    assert.equal(r.around(''), '')
    assert.equal(r.around('xml'), 'http://www.w3.org/XML/1998/namespace')
    assert.equal(r.around('p'), undefined)
    assert.deepEqual(r.declared.sort(), ['', 'p'])
  })

  test('are inherited by what declares none', () => {
    const a = at('<r xmlns="urn:r"><x><y/></x></r>', 'y')
    assert.equal(a.around(''), 'urn:r')
    assert.deepEqual(a.declared, [])
  })

  test('are found among thousands of siblings and texts, wherever the element stands', () => {
    for (const place of [0, 1, 2_500, 4_999]) {
      const children = Array.from({ length: 5_000 }, (_, n) =>
        n === place ? `<w xmlns:p="urn:${n}"><t/></w>` : n % 3 === 0 ? `text${n}<u/>` : `<u xmlns:p="urn:no"/>`,
      )
      const found = at(`<r>start${children.join('')}end</r>`, 't')
      assert.equal(found.around('p'), `urn:${place}`, String(place))
    }
  })

  test('are not confused by names of JavaScript', () => {
    assert.equal(at('<r><constructor/></r>', 'constructor').around('toString'), undefined)
  })
})

test('a text that stands on its own declares what its first tag says', () => {
  assert.deepEqual([...declaredIn('<a xmlns="urn:a" xmlns:p="urn:p" p:x="1"><b xmlns:q="urn:q"/></a>')], ['', 'p'])
  assert.deepEqual([...declaredIn('<a/>')], [])
})
