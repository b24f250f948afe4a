import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { declares, extract } from '../../src/xml/extract.ts'
import { parseText } from '../../src/xml/libxml.ts'
import { normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import type { XmlElement } from '../../src/xml/tree.ts'
import { runs, xmlText } from '../support/arbitraries.ts'
import { descendants } from '../support/trees.ts'

const noModel = { elementOnly: () => false, opaque: () => false }

function standing(target: XmlElement): (text: string) => boolean {
  const whole = normalForm(target, noModel)
  return (text) => {
    const parsed = parseText(text)
    if (!parsed.ok) return false
    parsed.document.dispose()
    return normalForm(scan(text), noModel) === whole
  }
}

function take(source: string, pick: (e: XmlElement) => boolean): string | undefined {
  const root = scan(source)
  const target = descendants(root).find(pick)
  assert.ok(target)
  return extract(source, root, target, standing(target))
}

test('an element that stands alone is taken as it is', () => {
  const own = "<b  x = '1'\n><!-- c --><![CDATA[<]]>&#65;</b >"
  assert.equal(
    take(`<a xmlns:p="u:p">${own}</a>`, (e) => e.local === 'b'),
    own,
  )
})

test('declarations from around it are added, nothing else is touched', () => {
  const source =
    '<p:a xmlns:p="u:&amp;x" xmlns="u:d" xmlns:r="u:r"><p:b xmlns:r=\'u:other\' s=\'>\' q="xmlns:p"><c/>&#13;</p:b></p:a>'
  assert.equal(
    take(source, (e) => e.local === 'b'),
    '<p:b xmlns="u:d" xmlns:p="u:&amp;x" xmlns:r=\'u:other\' s=\'>\' q="xmlns:p"><c/>&#13;</p:b>',
  )
})

test('any element can be taken from any document', () => {
  fc.assert(
    fc.property(xmlText(4), fc.nat(), (source, which) => {
      const root = scan(source)
      const all = [...descendants(root)]
      const target = all[which % all.length] ?? root
      const text = extract(source, root, target, standing(target))
      assert.ok(text !== undefined)
      // only the start tag may have got longer
      const own = source.slice(target.start, target.end)
      const start = own.search(/[ \t\r\n/>]/)
      assert.ok(text.startsWith(own.slice(0, start)) && text.endsWith(own.slice(start)))
    }),
    runs(150),
  )
})

test('what a start tag declares is told from what its values say', () => {
  assert.equal(declares('<a b="xmlns=\'\'" c=\' xmlns="u:a"\'>xmlns=""</a>', ''), false)
  assert.equal(declares("<a\n\txmlns = 'u:a'/>", ''), true)
  assert.equal(declares('<p:a xmlns:p="u:a" xmlns:pq="u:b"/>', 'q'), false)
  assert.equal(declares('<p:a xmlns:p="u:a"/>', 'p'), true)
  assert.equal(declares('<a/>', 'constructor'), false)
  assert.equal(declares('<a/>', ''), false)
})

test('a prefix that only a value uses is declared, one that nothing uses is not', () => {
  const source =
    '<a xmlns:p="u:p" xmlns:q="u:q" xmlns:xs="u:xs" xmlns:unused="u:u"><p:b t="xs:string">not(q:c)</p:b></a>'
  assert.equal(
    take(source, (e) => e.local === 'b'),
    '<p:b xmlns:p="u:p" xmlns:xs="u:xs" xmlns:q="u:q" t="xs:string">not(q:c)</p:b>',
  )
})
