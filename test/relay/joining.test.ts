import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xep0268Item } from '../../src/profile/item.ts'
import { nodeOf } from '../../src/rid/node.ts'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { consume, peer, published, read, sent, valid } from './journey.ts'

const three = (more = '') =>
  documentText(
    ['1', '2', '3'].map((id) => incidentText({ id, content: more })),
    ' xml:lang="en"',
    additionalData('x', ' dtype="string"'),
  )
const back = (text: string) => published(valid(text)).map(({ item }) => consume(item.xml))
const ids = (message: string) => valid(message).document.incidents.map(({ id }) => id.id)

test('parts go out in the order of the document, whatever order they came in', async () => {
  const [one, two, last] = back(three())
  assert.ok(one && two && last)
  assert.deepEqual(ids(await sent([last, one, two])), ['1', '2', '3'])
})

test('what is missing is left out, the rest is a document', async () => {
  const [one, , last] = back(three())
  assert.ok(one && last)
  const message = valid(await sent([last, one]))
  assert.deepEqual(
    message.document.incidents.map(({ id }) => id.id),
    ['1', '3'],
  )
  assert.match(message.document.shell ?? '', /xml:lang="en"><AdditionalData dtype="string">x/)
})

test('a part that was delivered with another document is used again, in the shell of this one', async () => {
  const [old] = back(documentText([incidentText({ id: '1' }), incidentText({ id: '9' })], ' xml:lang="ja"'))
  const [one, two] = back(documentText([incidentText({ id: '1' }), incidentText({ id: '2' })], ' xml:lang="en"'))
  assert.ok(old && one && two && old.item === one.item)
  const message = valid(await sent([two], peer(), [old]))
  assert.deepEqual(
    message.document.incidents.map(({ id }) => id.id),
    ['1', '2'],
  )
  assert.match(message.document.shell ?? '', /xml:lang="en"/)
})

test('a part that was delivered with another document is not used where the peer may not have it', async () => {
  const secret = additionalData('x', ' dtype="string" restriction="private"')
  const [old] = back(documentText([incidentText({ id: '1' }), incidentText({ id: '9' })], '', secret))
  const [, two] = back(documentText([incidentText({ id: '1' }), incidentText({ id: '2' })]))
  assert.ok(old && two)
  assert.deepEqual(ids(await sent([two], peer({ restrictions: ['public'] }), [old])), ['2'])
})

test('items of another publisher without originals lose no Incident over a carriage return', async () => {
  const text = (id: string) =>
    incidentText({ id, content: additionalData('a&#13;b', ' dtype="string"') }).replace(
      '<Incident ',
      '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ',
    )
  const incidents = ['1', '2'].map(
    (id) => valid(`<report xmlns="urn:xmpp:incident:2">${text(id)}</report>`).document.incidents[0]?.xml ?? '',
  )
  const list = incidents.map((xml) => xep0268Item('report', xml).id)
  const parts = incidents.map((xml, i) =>
    consume(
      xep0268Item(
        'report',
        xml,
        `<context xmlns="urn:x-iodef-gateway:context:1" position="${i + 1}" of="2" items="${list.join(' ')}"/>`,
      ).xml,
    ),
  )
  const message = valid(await sent(parts))
  assert.deepEqual(
    message.document.incidents.map(({ xml }) => xml),
    incidents,
  )
})

test('the same Incident twice is one item, and comes back twice', async () => {
  const text = documentText([incidentText(), incidentText({ id: '2' }), incidentText()])
  const parts = back(text)
  assert.equal(parts.length, 2)
  assert.equal(valid(await sent(parts)).document.xml, valid(text).document.xml)
})

test('a signed document comes back character for character, wherever its prefixes were declared', async () => {
  const signature =
    '<ds:Signature><ds:SignedInfo  ><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>' +
    '<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><ds:Reference URI=""><ds:DigestMethod ' +
    'Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><ds:DigestValue>YQ==</ds:DigestValue></ds:Reference></ds:SignedInfo>' +
    '\n <ds:SignatureValue>YQ==</ds:SignatureValue></ds:Signature>'
  const inside =
    `<!-- kept --><?p kept?>${incidentText({ content: `<AdditionalData dtype='xml' ><![CDATA[]]>${signature}</AdditionalData>` })}`.replaceAll(
      /<(\/?)([A-Z])/g,
      '<$1i:$2',
    )
  const source = `<i:IODEF-Document  version = "2.00">${inside}\r\n</i:IODEF-Document >`
  const posted = ridText(source, {
    rootAttributes:
      ' xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:unused="urn:u"',
  })
  const before = valid(posted)
  assert.equal(before.document.original?.reason, 'signature')
  const message = await sent(published(before).map(({ item }) => consume(item.xml)))
  // the characters, and the declarations that its start tag takes from around it
  const [head = '', ...tail] = source.split('  version')
  const at = message.indexOf(head)
  const start = message.slice(at, message.indexOf('  version', at))
  assert.match(start, /^<i:IODEF-Document( xmlns(:\w+)?="[^"]*")+$/)
  assert.ok(message.includes(`${start}  version${tail.join('  version')}`))
  assert.equal(valid(message).document.digest, before.document.digest)
})

test('a signed document that stands alone comes back as it is', async () => {
  const source = documentText(
    [incidentText()],
    '',
    additionalData("<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><!-- lax? --></Signature>"),
  )
  const posted = read(source)
  // an invalid Signature is an invalid document
  assert.equal(posted.valid, false)
})

test('RIDPolicy comes back, with the peer as the RID system that it is for', async () => {
  const posted = ridText(documentText(), {
    policyAttributes: ' restriction="public"',
    incidentId: '<IncidentID xmlns="urn:ietf:params:xml:ns:iodef-1.0" name="x" instance="2"> 7 </IncidentID>',
  })
  const message = valid(await sent(published(valid(posted)).map(({ item }) => consume(item.xml))))
  const before = valid(posted).rid?.policy
  const after = message.rid?.policy
  assert.deepEqual({ ...after, node: '' }, { ...before, node: '' })
  assert.equal(after?.node, nodeOf(TO_PEER))
  assert.equal(message.rid?.msgType, 'Report')
})
