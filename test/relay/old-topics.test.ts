import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readDocument } from '../../src/reading/read-document.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { complaint } from '../schemas/support.ts'
import { runs } from '../support/arbitraries.ts'
import { documentText, IODEF1, incidentText, ridText, schemas } from '../support/documents.ts'
import { fixtures } from '../support/reports.ts'
import { iodef2Documents } from '../support/schema-documents.ts'
import { consume, grid, plan, published, read, sent, valid } from './journey.ts'

const OLD = grid({ iodef: 1 })

/** A message as the door reads it where a Topic is IODEF 1. */
function posted(text: string) {
  const inspection = readDocument(schemas(), Buffer.from(text), { old: true })
  assert.ok(inspection.valid && inspection.document !== null, inspection.errors[0]?.message)
  const { upgraded } = inspection.document
  const document = upgraded === null || 'invalid' in upgraded ? inspection.document : upgraded
  return { ...inspection, document }
}

/** Over such a Topic to a peer that reads IODEF 2. */
async function across(text: string): Promise<string> {
  const publications = published(posted(text), OLD)
  const items = publications.map(({ item }) => consume(item.xml))
  assert.deepEqual(
    items.map(({ item, variant }) => ({ item, variant })),
    publications.map(({ item, variant }) => ({ item: item.id, variant })),
    'an item is known by the id that it was published with',
  )
  return sent(items)
}

describe('a Topic of IODEF 1', () => {
  test('takes no file beside an item, as a stub would be IODEF 2', () => {
    const small = { ...grid({ iodef: 1, large: 'upload' }, 200), rid: { maxMessage: 10_000 } }
    const made = plan(posted(documentText()), small)
    assert.ok(made.kind === 'too-large' && made.limit === 200)
    assert.equal(plan(posted(documentText()), grid({ iodef: 1, large: 'upload' })).kind, 'publish')
  })

  test('has XEP-0268 elements with Incidents of IODEF 1', () => {
    const [one] = published(posted(documentText()), OLD)
    assert.match(one?.item.xml ?? '', new RegExp(`^<report xmlns="urn:xmpp:incident:2"><Incident xmlns="${IODEF1}"`))
    assert.equal(complaint('xep-0268.xsd', one?.item.xml ?? ''), undefined)
    assert.ok(!one?.item.xml.includes('<context'), 'nothing is lost without one')
  })

  test('gives back the document, with several Incidents too', async () => {
    const incidents = ['1', '2', '3'].map((id) =>
      incidentText({ id, attributes: ' restriction="public" status="new"' }),
    )
    for (const text of [
      documentText(),
      documentText(incidents, ' xml:lang="ja" format-id="f"', '<AdditionalData dtype="string">x</AdditionalData>'),
    ]) {
      assert.equal(valid(await across(text)).document.xml, valid(text).document.xml)
    }
  })

  test('gives back what came in a RID message with its policy', async () => {
    const text = ridText(documentText(), { policyAttributes: ' restriction="need-to-know"' })
    const back = valid(await across(text))
    assert.equal(back.document.xml, valid(text).document.xml)
    assert.equal(back.rid?.policy?.attributes.restriction, 'need-to-know')
  })

  for (const { name, text } of fixtures('valid').filter((one) => one.name !== 'utf-16.xml')) {
    test(`carries ${name} and back, or says why not`, async () => {
      const reading = posted(text)
      const planned = plan(reading, OLD)
      if (planned.kind === 'denied') {
        assert.equal(planned.code, 'cannot-carry')
        assert.match(planned.reason, /items of IODEF 1 cannot carry/)
        return
      }
      const back = valid(await across(text)).document
      const original = read(text).document
      assert.equal(back.version, original?.version)
      assert.equal(back.xml, original?.xml)
    })
  }

  test('carries whatever the schema of IODEF 2 takes, or says why not', async () => {
    let carried = 0
    await fc.assert(
      fc.asyncProperty(iodef2Documents({ calm: true }), async (text) => {
        const planned = plan(posted(text), OLD)
        if (planned.kind === 'denied') return
        carried += 1
        assert.equal(valid(await across(text)).document.xml, valid(text).document.xml)
      }),
      runs(30),
    )
    assert.ok(carried > 5, `${carried} were carried`)
  })

  test('never gives back less strictly what it shows', () => {
    const [one] = published(posted(documentText([incidentText({ attributes: ' restriction="partner"' })])), OLD)
    assert.deepEqual(consume(one?.item.xml ?? '').part.needed, ['need-to-know'])
  })

  test('denies what its items cannot carry', () => {
    const signature = '<Signature dtype="xml"><s xmlns="urn:s">x</s></Signature>'
    const signed = ridText(documentText()).replace('</ReportSchema>', `${signature}</ReportSchema>`)
    const linked = documentText([
      incidentText({ attributes: ' restriction="public" observable-id="o"' }),
      incidentText({
        id: '2',
        content:
          '<IndicatorData><Indicator><IndicatorID name="a" version="1">i</IndicatorID><ObservableReference uid-ref="o"/></Indicator></IndicatorData>',
      }),
    ])
    const fragile = documentText([incidentText({ id: 'a&#13;b' })])
    for (const text of [signed, linked, fragile]) {
      const planned = plan(posted(text), OLD)
      assert.equal(planned.kind === 'denied' && planned.code, 'cannot-carry', JSON.stringify(planned))
    }
    const unasked = plan(read(documentText()), OLD)
    assert.equal(unasked.kind === 'denied' && unasked.code, 'cannot-carry')
  })
})

describe('an item of IODEF 1 with a whole document inside', () => {
  const item = (text: string) => published(posted(text), OLD)[0]?.item.xml ?? assert.fail()
  const HOLDER = /<AdditionalData dtype="string" formatid="urn:x-iodef-gateway:iodef-2:1"[^>]*>[^<]+<\/AdditionalData>/

  test('is held where that is of another Incident', () => {
    const other = HOLDER.exec(item(documentText([incidentText({ id: 'other' })])))?.[0] ?? ''
    const { valid: isValid, errors } = read(item(documentText()).replace(HOLDER, () => other))
    assert.equal(isValid, false)
    assert.match(errors[0]?.message ?? '', /IncidentIDs differ/)
  })

  test('is what it shows where somebody changed that', () => {
    const changed = item(documentText()).replace('<ContactName>A<', '<ContactName>B<')
    const consumed = consumedFrom(read(changed))
    assert.equal(consumed?.part.version, 1)
    assert.match(consumed?.part.incidents[0] ?? '', /<ContactName>B</)
  })
})
