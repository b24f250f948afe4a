import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readDocument } from '../../src/reading/read-document.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { schemas } from '../support/documents.ts'
import { expectedItems, fixtures } from '../support/reports.ts'
import { XEP_0268 } from '../support/xep-0268.ts'

const read = (xml: string, lenient: boolean) =>
  readDocument(schemas(), Buffer.from(xml), { charset: 'utf-8', lenient, terms: true })

describe('elements as XEP-0268 shows them', () => {
  test('all four are refused as they stand, and read where lenient is set', () => {
    for (const [name, xml] of Object.entries(XEP_0268)) {
      const refused = read(xml, false)
      assert.equal(refused.valid, false)
      const repairs = {
        report: ['lang', 'ext-value', 'type', 'dtype', 'nodes', 'order'],
        inquiry: ['inquiry'],
        request: ['lang', 'ext-value', 'type', 'dtype', 'nodes', 'order'],
        response: ['lang', 'ext-value', 'type', 'dtype', 'nodes', 'order'],
      }[name]
      assert.deepEqual(refused.repairable?.toSorted(), repairs?.toSorted(), JSON.stringify(refused.errors))
      const found = read(xml, true)
      assert.equal(found.item?.element, name)
      assert.equal(found.document?.came, xml)
      assert.deepEqual(found.document?.needed, ['private'])
      assert.equal(consumedFrom(found)?.incident, 'chat.example room-flood-7')
    }
  })

  test('what an inquiry was given asks for nothing', () => {
    const { document } = read(XEP_0268.inquiry, true)
    assert.match(document?.xml ?? '', /<ReportTime>1970-01-01T00:00:00Z</)
    assert.match(document?.xml ?? '', /<Impact type="unknown">/)
  })

  test('each Node of a System has a System of its own, with its category', () => {
    const { document } = read(XEP_0268.report, true)
    assert.equal(document?.xml.match(/<System category="source"><Node>/g)?.length, 2)
    assert.equal(document?.xml.match(/<Counter ext-type="presences" type="ext-value">/g)?.length, 2)
    assert.match(document?.xml ?? '', /<Contact ext-role="room" role="ext-value" type="organization">/)
  })
})

describe('what an item can be found by', () => {
  const { text } = fixtures('valid').find(({ name }) => name === 'phishing-campaign.xml') ?? assert.fail()
  const incident = expectedItems(text)[0]?.incident ?? assert.fail()
  const termsOf = (element: string, careful: boolean, terms?: boolean) => {
    const xml = Buffer.from(`<${element} xmlns="urn:xmpp:incident:2">${incident}</${element}>`)
    const found = readDocument(schemas(), xml, { charset: 'utf-8', careful, ...(terms && { terms }) })
    assert.ok(found.valid, JSON.stringify(found.errors))
    return found.document?.incidents.map((one) => one.terms)
  }

  test('is told of one that asks, and of others where somebody wants to know', () => {
    for (const careful of [false, true]) {
      for (const element of ['inquiry', 'request', 'report', 'response']) {
        const all = termsOf(element, careful, true)
        assert.ok((all?.[0]?.terms.length ?? 0) > 3)
        const isQuestion = element === 'inquiry' || element === 'request'
        assert.deepEqual(termsOf(element, careful), isQuestion ? all : [undefined], element)
      }
    }
  })
})
