import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countVisits } from '../support/counted-trees.ts'

const visits = countVisits()
const { published, read } = await import('../relay/journey.ts')
const { additionalData, documentText, IODEF1, incidentText, ridText, schemas } = await import('../support/documents.ts')
const { readDocument } = await import('../../src/reading/read-document.ts')
const { NativeWalk } = await import('../../src/xml/native-form.ts')
const { tally } = await import('../../src/xml/libxml.ts')

const PROBE = additionalData('<probe xmlns="urn:probe"/>')
const ONE = documentText([incidentText({ content: PROBE })])
const TWO = documentText([incidentText({ content: PROBE }), incidentText({ id: '2' })])
const MESSAGE = ridText(ONE, { policyAttributes: ' restriction="public"' })
const V1 =
  `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="reporting" restriction="public">` +
  '<IncidentID name="a">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment>' +
  `<Contact role="creator" type="person"/>${PROBE}</Incident></IODEF-Document>`
const itemOf = (text: string) => published(read(text))[0]?.item.xml ?? ''

// what is plain: once, where libxml2 has it

let walks = 0
const { walk } = NativeWalk.prototype
NativeWalk.prototype.walk = function (...args) {
  walks += 1
  walk.apply(this, args)
}

const PLAIN: readonly [name: string, text: string][] = [
  ['an IODEF 2 document', ONE],
  ['an IODEF 2 document with two Incidents', TWO],
  ['a RID message', MESSAGE],
  ['an item', itemOf(ONE)],
]

for (const [name, text] of PLAIN) {
  test(`${name} is parsed once, validated once, and walked once, with no tree of our own`, () => {
    visits.count = 0
    walks = 0
    const before = { ...tally }
    assert.ok(read(text).valid)
    const { parses, validations } = tally
    assert.deepEqual([parses - before.parses, validations - before.validations, walks, visits.count], [1, 1, 1, 0])
  })
}

test('what is not valid is parsed once and validated once all the same', () => {
  for (const text of [ONE.replace('reporting', 'x'), ONE.replace('<IncidentID ', '<IncidentID b="" '), '<a>', '<a/>']) {
    const before = { ...tally }
    assert.ok(!read(text).valid)
    assert.ok(tally.parses - before.parses <= 1 && tally.validations - before.validations <= 1, text)
  }
})

// step by step

/** A document: facts, rules, normal form. All else builds upon these. */
const DOCUMENT = 3

const WALKS: readonly [name: string, text: string, walks: number][] = [
  ['an IODEF 2 document', ONE, DOCUMENT],
  ['an IODEF 2 document with two Incidents', TWO, DOCUMENT],
  ['a RID message', MESSAGE, DOCUMENT],
  // facts and normal form, since RFC 7970's rules are not for it; the upgrade; and what comes of it as a document of its own
  ['an IODEF 1 document', V1, 3 + DOCUMENT],
  // facts, the Incident in normal form; and the document around it as one of its own
  ['an item', itemOf(ONE), 2 + DOCUMENT],
  ['an item with a context', itemOf(ridText(TWO)), 2 + DOCUMENT],
]

for (const [name, text, times] of WALKS) {
  test(`step by step the tree of ${name} is walked ${times} times`, () => {
    visits.count = 0
    const { valid, errors } = readDocument(schemas(), Buffer.from(text), { careful: true })
    assert.ok(valid, errors[0]?.message)
    assert.equal(visits.count, times)
  })
}

test('advice takes no walk of its own', () => {
  visits.count = 0
  assert.ok(readDocument(schemas(), Buffer.from(ONE), { advice: true, strict: true }).valid)
  assert.equal(visits.count, DOCUMENT)
})
