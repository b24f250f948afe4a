import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { claimsIodef } from '../../src/reading/claims-iodef.ts'
import { digestOf } from '../../src/relay/item-digest.ts'
import { attributesOf } from '../../src/xml/attributes.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { runs } from '../support/arbitraries.ts'

test('an item is the same however its attributes are ordered and quoted', () => {
  const spellings = [
    '<a x="1" y="2"><b/>t</a>',
    '<a y="2" x="1"><b/>t</a>',
    "<a y='2' x='1' ><b />t</a>".replace('<b />', '<b/>'),
    '<a\n  y = "2"\tx="1"><b/>t</a>',
  ]
  assert.equal(new Set(spellings.map(digestOf)).size, 1)
})

test('items that say different things are different', () => {
  const items = [
    '<a x="1" y="2"/>',
    '<a x="2" y="1"/>',
    '<a x="1" y="2"></a>',
    '<a x="1"/>',
    '<a><b x="1"/></a>',
    '<a><b/></a>',
    '<a>x="1" y="2"</a>',
    '<a>y="2" x="1"</a>',
    `<a x='1" y="2'/>`,
    '<a x="1&quot; y=&quot;2"/>'.replace('1', '3'),
    '',
  ]
  assert.equal(new Set(items.map(digestOf)).size, items.length)
})

test('what stands behind a tag is not touched, and nothing hangs', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '/', '"', "'", '=', ' ', 'a', 'b', '\n'), maxLength: 200 }),
      (text) => {
        assert.match(digestOf(text), /^[0-9a-f]{64}$/)
        claimsIodef(text)
      },
    ),
    runs(100),
  )
  for (const part of ['<a x="1" ', '<a ', '<a b=', ' a="', "<a b='", '<a b="1"']) {
    const long = part.repeat(200_000)
    assert.match(digestOf(long), /^[0-9a-f]{64}$/)
    claimsIodef(long)
  }
})

test('the root says whether an item is meant to be IODEF', () => {
  for (const yes of [
    `<IODEF-Document xmlns="${NS.iodef2}" version="2.00"><broken`,
    `<report xmlns='${NS.incident}'><Incident`,
    `<p:report a="b" xmlns:p="${NS.incident}"/>`,
    ` <IODEF-Document version="1.00" xmlns="${NS.iodef1}">`,
  ]) {
    assert.equal(claimsIodef(yes), true, yes)
  }
  for (const no of [
    '',
    'text',
    '<entry xmlns="http://www.w3.org/2005/Atom"/>',
    `<entry xmlns="urn:x"><report xmlns="${NS.incident}"/></entry>`,
    `<p:entry xmlns:p="urn:x" xmlns="${NS.iodef2}"/>`,
    `<entry a="xmlns='${NS.iodef2}'"/>`,
  ]) {
    assert.equal(claimsIodef(no), false, no)
  }
})

test('a very long item does not hold everybody up to be known again', () => {
  const long = '<a x="1" b="2"/>'.repeat(20_000)
  assert.notEqual(digestOf(long), digestOf(long.replace('x="1" b="2"', 'b="2" x="1"')))
})

const START_TAG = /<([^\s<>/!?="']+)((?:\s+[^\s<>="'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))+)\s*(\/?)>/g

/** What stores hold of what was seen was made so: another digest would have each retained item read anew. */
function digestByExpression(xml: string): string {
  const ordered = xml.replace(START_TAG, (_, name: string, attributes: string, end: string) => {
    const list = attributesOf(attributes).map(([key, value]) => ` ${key}="${value.replaceAll('"', '&quot;')}"`)
    return `<${name}${list.sort().join('')}${end}>`
  })
  return createHash('sha256').update(ordered).digest('hex')
}

test('the digest of an item is the one that stores hold already', () => {
  const unit = fc.constantFrom(
    ...['<', '>', '/', '"', "'", '=', ' ', 'a', 'b', '\n', '!', '?', '-', '\u00e4', '\u3000', '<a', ' a="1"', ' b="2"'],
    ...[
      " a='1'",
      ' c ="3"',
      '/>',
      '<a b="2" a="1">',
      '</a>',
      '<b',
      ' a-b="1"',
      ' A="x>y"',
      ' d="<"',
      " e='\"'",
      ' f="\u{1f600}"',
      ' f="\ue000"',
      ' f="\ud800"',
      '<!--',
      '-->',
    ],
  )
  const property = fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
    assert.equal(digestOf(text), digestByExpression(text))
  })
  fc.assert(property, runs(3_000))
})
