import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Facts, factsOf } from '../../src/reading/facts.ts'
import { embeddedDocuments } from '../../src/rid/message.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { additionalData, documentText, IODEF1, incidentText, RID, ridText } from '../support/documents.ts'

function facts(text: string): Facts {
  const root = scan(text)
  return factsOf(root, root.ns === RID ? embeddedDocuments(root)[0] : root)
}

const holding = (xml: string) => documentText([incidentText({ content: additionalData(xml) })])

const QUIET = {
  signed: false,
  unsettledType: false,
  namedPrefix: false,
  fragile: false,
  obstacle: null,
  knownAround: false,
}
const FOUND: readonly [name: string, xml: string, found: Partial<Facts>][] = [
  ['nothing special', '<x xmlns="urn:x" y="z"/>', {}],
  ['an XML Signature', '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>', { signed: true }],
  ['a Signature of somebody else', '<Signature xmlns="urn:x"/>', {}],
  [
    'a type with a prefix',
    '<x xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="p:q"/>',
    { unsettledType: true, fragile: true },
  ],
  [
    'a type in another namespace than its element',
    '<x:y xmlns:x="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="q"/>',
    { unsettledType: true, fragile: true },
  ],
  [
    'a type in the namespace of its element',
    '<x xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="q"/>',
    {},
  ],
  ['a name in an attribute', '<x xmlns="urn:x" xmlns:p="urn:p" select="/p:address"/>', { namedPrefix: true }],
  ['a name of another default namespace', '<p:x xmlns:p="urn:p" xmlns="urn:d" ref="address"/>', { namedPrefix: true }],
  ['a number beside another default namespace', '<p:x xmlns:p="urn:p" xmlns="urn:d" n="1"/>', {}],
  ['a name in a text', '<p:x xmlns:p="urn:p">a p:*</p:x>', { namedPrefix: true }],
  ['a colon behind what is no prefix', '<x xmlns="urn:x" xmlns:p="urn:p" y="https://a">p: q:r p:1 :p</x>', {}],
  ['a carriage return', '<x xmlns="urn:x">&#13;</x>', { fragile: true }],
  ['an element of XEP-0268', '<rumour xmlns="urn:xmpp:incident:2"/>', { knownAround: true }],
  ['a RID message', `<RID xmlns="${RID}"/>`, { knownAround: true }],
]

for (const [name, xml, expected] of FOUND) {
  test(`one look finds ${name}, in a document and in a RID message around it`, () => {
    for (const text of [holding(xml), ridText(holding(xml))]) {
      const { signed, unsettledType, namedPrefix, fragile, obstacle, knownAround } = facts(text)
      assert.deepEqual(
        { signed, unsettledType, namedPrefix, fragile, obstacle, knownAround },
        { ...QUIET, ...expected },
      )
    }
  })
}

test('one look finds what Brokers cannot store, with its line in the text, in a document and in a RID message around it', () => {
  const text = holding('\n<x xmlns="urn:x" xmlns:p="urn:a b" p:y=""/>')
  for (const [around, line] of [
    [text, 2],
    [ridText(`\n${text}`), 3],
  ] as const) {
    assert.match(
      facts(around).obstacle ?? '',
      new RegExp(`^element "x" in line ${line} has the attribute "y" in a namespace`),
    )
  }
})

test('levels are those of the document, whatever is around it', () => {
  const deep = (levels: number) => holding(`${'<x xmlns="urn:x">'.repeat(levels)}${'</x>'.repeat(levels)}`)
  for (const around of [(text: string) => text, ridText]) {
    // IODEF-Document, Incident and AdditionalData are the first three
    assert.equal(facts(around(deep(114))).obstacle, null)
    assert.match(facts(around(deep(115))).obstacle ?? '', /stands 118 levels deep/)
  }
})

test('what is wrong with a RID message is no fact of its document', () => {
  const { signed, unsettledType, namedPrefix, fragile, obstacle, knownAround } = facts(
    ridText(documentText(), {
      documentAttributes: ' meaning="a&#10;b" xmlns:p="urn:a b" p:x=""',
      behind: '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>',
    }),
  )
  assert.deepEqual({ signed, unsettledType, namedPrefix, fragile, obstacle, knownAround }, QUIET)
})

test('restrictions are told apart by what is shown: all, the document, and what an item carries', () => {
  const text = (policy: string, holder: string, source: string) =>
    ridText(documentText(), {
      policyAttributes: policy,
      documentAttributes: holder,
      behind: `<IncidentSource${source}><SourceFound>true</SourceFound></IncidentSource>`,
    })
  const says = (word: string) => ` restriction="${word}"`
  const needs = (message: string) => {
    const { needed, alone, carried } = facts(message)
    return [needed, alone, carried].map((labels) => labels.join())
  }
  assert.deepEqual(needs(text('', '', '')), ['public', 'public', 'public'])
  assert.deepEqual(needs(text(says('private'), '', '')), ['private', 'public', 'public'])
  assert.deepEqual(needs(text('', says('need-to-know'), '')), ['need-to-know', 'public', 'public'])
  assert.deepEqual(needs(text('', '', says('partner'))), ['partner', 'public', 'partner'])
  assert.deepEqual(needs(text(says('default'), '', says('partner'))), ['partner,default', 'public', 'partner'])
  assert.deepEqual(needs(documentText([incidentText({ attributes: says('amber') })])), Array(3).fill('need-to-know'))
})

test('a message without a document needs what its frame says, and has no identifiers', () => {
  const { needed, identifiers } = facts(ridText(null, { policyAttributes: ' restriction="partner" xml:id="a:b"' }))
  assert.deepEqual(needed, ['partner'])
  assert.deepEqual(identifiers.problems({ whole: true }), [])
})

test('Incidents are listed wherever they stand, in document order', () => {
  const nested = `<Incident xmlns="${IODEF1}"><IncidentID name="a">nested</IncidentID></Incident>`
  const { incidents } = facts(
    ridText(documentText([incidentText({ content: additionalData(nested) }), incidentText()])),
  )
  assert.deepEqual(
    incidents.map(({ ns }) => ns.slice(-3)),
    ['2.0', '1.0', '2.0'],
  )
})

test('identifiers know the Incident that they stand in, and who refers across', () => {
  const observable = '<EventData observable-id="o"><Description>x</Description></EventData>'
  const reference =
    '<IndicatorData><Indicator><IndicatorID name="a.b" version="1">i</IndicatorID><ObservableReference uid-ref="o"/></Indicator></IndicatorData>'
  const linked = (...contents: string[]) =>
    facts(documentText(contents.map((content) => incidentText({ content })))).identifiers.linked
  assert.equal(linked(observable, reference), true)
  assert.equal(linked(reference, observable), true)
  assert.equal(linked(observable + reference, ''), false)
  assert.equal(linked('', ''), false)
})
