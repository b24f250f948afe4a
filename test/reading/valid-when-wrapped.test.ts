import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consume, plan, published, sent, valid } from '../relay/journey.ts'
import { additionalData, documentText, incidentText, RID, ridText } from '../support/documents.ts'

/** Nobody who is approved may find out later that no gateway takes the item, nor any peer the message. */
const inIncident = (xml: string) => documentText([incidentText({ content: additionalData(xml) })])
const inDocument = (xml: string) => documentText(undefined, '', additionalData(xml))

const BROKEN: Readonly<Record<string, string>> = {
  'an XEP-0268 element without an Incident': inIncident('<report xmlns="urn:xmpp:incident:2"/>'),
  'a RID message without anything': inIncident(`<RID xmlns="${RID}" lang="en"><what/></RID>`),
  'a RIDPolicy without anything, in the document': inDocument(`<RIDPolicy xmlns="${RID}"/>`),
}

for (const [name, document] of Object.entries(BROKEN)) {
  test(`${name} inside AdditionalData is denied, not approved and refused by everybody else`, () => {
    const made = plan(valid(document))
    assert.equal(made.kind === 'denied' && made.code, 'cannot-carry')
  })
}

test('an element without a namespace that would be IODEF of another kind at some Brokers is denied, not approved and unreadable', () => {
  const document = (time: string) => inIncident(`<GenerationTime xmlns="">${time}</GenerationTime>`)
  const made = plan(valid(document('2026-10-05T07:30:00,5Z')))
  assert.equal(made.kind === 'denied' && made.code, 'cannot-carry')
  assert.match(made.kind === 'denied' ? made.reason : '', /an element without a namespace/)
  assert.equal(plan(valid(document('2026-10-05T07:30:00Z'))).kind, 'publish')
  // text that looks like a declaration stays text
  assert.equal(plan(valid(document(' xmlns=""2026-10-05T07:30:00Z'))).kind, 'denied')
  assert.equal(plan(valid(inIncident('<plain xmlns="">x</plain>'))).kind, 'publish')
})

for (const [name, document] of Object.entries({
  'a RID message': inIncident(ridText(null)),
  'a JID': inDocument('<jid xmlns="urn:xmpp:jid:0">a@b.example</jid>'),
  'an unknown element of XEP-0268': inIncident('<rumour xmlns="urn:xmpp:incident:2"/>'),
})) {
  test(`${name} inside AdditionalData comes back`, async () => {
    const before = valid(document)
    const after = valid(await sent(published(before).map(({ item }) => consume(item.xml))))
    assert.equal(after.document.digest, before.document.digest)
  })
}
