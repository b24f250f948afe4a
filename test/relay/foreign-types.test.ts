import assert from 'node:assert/strict'
import { test } from 'node:test'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { consume, published, sent, valid } from './journey.ts'

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const TYPED = `<s:package ${XSI} xmlns:s="urn:example:s" xmlns:t="urn:example:t"><s:part xsi:type="t:PartType"/></s:package>`
/** As a Broker hands it out that drops the declaration of a prefix which no name uses. */
const DROPPED = `<package xmlns="urn:example:s"><part ${XSI.replace('xsi', 'ns1')} ns1:type="t:PartType"/></package>`

const documentWith = (xml: string) => documentText([incidentText({ content: additionalData(xml) })])
const itemWith = (xml: string) =>
  `<report xmlns="urn:xmpp:incident:2">${incidentText({ content: additionalData(xml) }).replace('<Incident', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"')}</report>`

test('an item of another publisher whose extension content names types is not held as invalid', () => {
  for (const item of [itemWith(TYPED), itemWith(DROPPED), documentWith(TYPED), documentWith(DROPPED)]) valid(item)
})

test('what it names reaches the peer as it was published, where the Broker has kept it', async () => {
  for (const item of [itemWith(TYPED), documentWith(TYPED)]) {
    const message = await sent([consume(item)])
    assert.ok(message.includes('xmlns:t="urn:example:t"') && message.includes('xsi:type="t:PartType"'), message)
    valid(message)
  }
})

test('a name whose prefix the Broker dropped names nothing: an Incident goes out without, a document as it came', async () => {
  const incident = await sent([consume(itemWith(DROPPED))])
  assert.ok(incident.includes('<part') && !incident.includes('PartType'), incident)
  valid(incident)
  const whole = await sent([consume(documentWith(DROPPED))])
  assert.ok(whole.includes('ns1:type="t:PartType"'), whole)
  valid(whole)
})

test('a type in the default namespace, on an element that has a prefix, comes back as that type', async () => {
  const xml = `<a:alert xmlns:a="urn:example:alerts" xmlns="urn:example:types" ${XSI} xsi:type="PhishingAlert"/>`
  const posted = valid(documentWith(xml))
  assert.equal(posted.document.original?.reason, 'characters')
  const [publication] = published(posted)
  assert.ok(publication !== undefined && !publication.item.xml.includes('PhishingAlert'))
  assert.ok((await sent([consume(publication.item.xml)])).includes(xml))
})

test('a type in the namespace of its element stays where everybody sees it', () => {
  const posted = valid(documentWith(`<alert xmlns="urn:example:alerts" ${XSI} xsi:type="PhishingAlert"/>`))
  assert.equal(posted.document.original, null)
  assert.ok(published(posted)[0]?.item.xml.includes('type="PhishingAlert"'))
})

for (const [what, more] of [
  ['a document of two Incidents', ''],
  ['a document that Brokers change', '&#13;'],
] as const) {
  test(`${what} comes back as it was from a Broker that gives a prefix to an element whose type has none`, async () => {
    const alert = `<alert xmlns="urn:example:alerts" ${XSI} xsi:type="PhishingAlert"><what/>${more}</alert>`
    const posted = valid(documentText([incidentText({ content: additionalData(alert) }), incidentText({ id: '2' })]))
    const items = published(posted).map(({ item }) => {
      return item.xml
        .replace('<alert xmlns=', '<b:alert xmlns:b=')
        .replace('<what>', '<what xmlns="urn:example:alerts">')
        .replace('</alert>', '</b:alert>')
    })
    assert.ok(items[0]?.includes('<b:alert'))
    const message = valid(await sent(items.map(consume)))
    assert.equal(message.document.digest, posted.document.digest)
  })
}

test('a prefix in a value that is declared around the document in its RID message travels with it', async () => {
  const document = documentWith('<w xmlns="urn:w" xsi:type="t:PartType"/>')
  const message = ridText(document).replace('<RID ', `<RID ${XSI} xmlns:t="urn:example:t" `)
  const posted = valid(message)
  assert.ok(posted.document.original?.text.includes('xmlns:t="urn:example:t"'), posted.document.original?.text)
})
