import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countVisits } from '../support/counted-trees.ts'

const visits = countVisits()
const { published, read } = await import('../relay/journey.ts')
const { additionalData, documentText, IODEF1, incidentText, ridText } = await import('../support/documents.ts')

const PROBE = additionalData('<probe xmlns="urn:probe"/>')
const ONE = documentText([incidentText({ content: PROBE })])
const TWO = documentText([incidentText({ content: PROBE }), incidentText({ id: '2' })])
const V1 =
  `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="reporting" restriction="public">` +
  '<IncidentID name="a">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment>' +
  `<Contact role="creator" type="person"/>${PROBE}</Incident></IODEF-Document>`
const itemOf = (text: string) => published(read(text))[0]?.item.xml ?? ''

/** A document: facts, rules, normal form. All else builds upon these. */
const DOCUMENT = 3

const WALKS: readonly [name: string, text: string, walks: number][] = [
  ['an IODEF 2 document', ONE, DOCUMENT],
  ['an IODEF 2 document with two Incidents', TWO, DOCUMENT],
  ['a RID message', ridText(ONE, { policyAttributes: ' restriction="public"' }), DOCUMENT],
  // facts and normal form, since RFC 7970's rules are not for it; the upgrade; and what comes of it as a document of its own
  ['an IODEF 1 document', V1, 3 + DOCUMENT],
  // facts, the Incident in normal form; and the document around it as one of its own
  ['an item', itemOf(ONE), 2 + DOCUMENT],
  ['an item with a context', itemOf(ridText(TWO)), 2 + DOCUMENT],
]

for (const [name, text, walks] of WALKS) {
  test(`the tree of ${name} is walked ${walks} times`, () => {
    visits.count = 0
    const { valid, errors } = read(text)
    assert.ok(valid, errors[0]?.message)
    assert.equal(visits.count, walks)
  })
}

test('advice takes no walk of its own', async () => {
  const { readDocument } = await import('../../src/reading/read-document.ts')
  const { schemas } = await import('../support/documents.ts')
  visits.count = 0
  assert.ok(readDocument(schemas(), Buffer.from(ONE), { advice: true, strict: true }).valid)
  assert.equal(visits.count, DOCUMENT)
})
