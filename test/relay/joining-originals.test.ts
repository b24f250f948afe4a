import assert from 'node:assert/strict'
import { test } from 'node:test'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { createSigner } from '../support/signed.ts'
import { consume, peer, published, sent, valid } from './journey.ts'

/** An original speaks for its own document alone: it must never go out in the place of another one. */
const signer = createSigner('ec')
const signed = (...ids: string[]) =>
  signer.sign(
    documentText(
      ids.map((id) => incidentText({ id })),
      '',
      additionalData('@SIGNATURE@'),
    ),
  )
const back = (text: string) => published(valid(text)).map(({ item }) => consume(item.xml))
const ids = (message: string) => valid(message).document.incidents.map(({ id }) => id.id)

test('a new Incident is not lost because its sibling was delivered with a signed document before', async () => {
  const [one] = back(signed('1', '2'))
  const [, three] = back(documentText([incidentText({ id: '1' }), incidentText({ id: '3' })]))
  assert.ok(one?.part.original && three)
  assert.deepEqual(ids(await sent([three], peer(), [one])), ['1', '3'])
})

test('a document is not replaced by the signed one of the same Incidents with other AdditionalData', async () => {
  const [one] = back(signed('1', '2'))
  const [, two] = back(
    documentText([incidentText({ id: '1' }), incidentText({ id: '2' })], '', additionalData('new', ' dtype="string"')),
  )
  assert.ok(one?.part.original && two)
  assert.match(await sent([two], peer(), [one]), />new<\/AdditionalData>/)
})

test('a signed document whose first part went out alone is sent as it is once it is whole', async () => {
  const own = signed('1', '2')
  const [one, two] = back(own)
  assert.ok(one && two)
  assert.ok((await sent([two], peer(), [one])).includes(own))
})

test('elements of no namespace in a signed document stay there though RID has a default namespace', async () => {
  const document =
    '<i:IODEF-Document xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" version="2.00">' +
    incidentText().replaceAll(/<(\/?)([A-Z])/g, '<$1i:$2') +
    '<i:AdditionalData dtype="xml"><tlp attr="1">red</tlp>@SIGNATURE@</i:AdditionalData></i:IODEF-Document>'
  const own = signer.sign(document)
  const posted = ridText(own)
    .replaceAll(/<(\/?)(RID|PolicyRegion|TrafficType|ReportSchema|XMLDocument)/g, '<$1r:$2')
    .replace(' xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"', ' xmlns:r="urn:ietf:params:xml:ns:iodef-rid-2.0"')
  const before = valid(posted)
  const message = await sent(published(before).map(({ item }) => consume(item.xml)))
  assert.ok(message.includes(own))
  assert.equal(valid(message).document.digest, before.document.digest)
})
