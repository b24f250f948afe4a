import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeOf } from '../../src/rid/node.ts'
import { valid } from '../relay/journey.ts'
import { byNumber, documentText, incidentText, ridText } from '../support/documents.ts'
import { ASKER, message, openBench } from './bench.ts'

test('a Query by number is answered in the response, with the document as the Topic showed it', async () => {
  await using t = await openBench()
  const text = documentText([incidentText({ id: '7', attributes: ' restriction="partner"' })])
  await t.show(text)
  await t.show(documentText([incidentText({ id: '8' })]))
  const answer = message(await t.post(byNumber('7')))
  assert.equal(answer.rid?.msgType, 'Report')
  assert.equal(answer.rid?.policy?.incidentId?.text, '7')
  assert.deepEqual(answer.rid?.policy?.traffic, [{ type: 'Attack' }], "the question's")
  assert.equal(answer.rid?.policy?.node, nodeOf({ name: 'csirt-a.example', address: '192.0.2.65' }))
  assert.equal(answer.document?.xml, valid(text).document.xml)
  assert.deepEqual(await t.store.exchangeCounts(), { open: 0, answered: 1, denied: 0, expired: 0, cancelled: 0 })
  assert.deepEqual(await t.traced('7'), ['consumed', 'asked', 'answered'])
})

test('what the asker may not see looks like nothing', async () => {
  await using t = await openBench()
  await t.show(documentText([incidentText({ id: '7', attributes: ' restriction="private"' })]))
  await t.show(documentText([incidentText({ id: '8' })]), 'other')
  const answers = []
  for (const id of ['7', '8', '9']) answers.push(message(await t.post(byNumber(id))).xml.replace(`>${id}<`, '>N<'))
  assert.equal(answers[0], answers[2], 'a restriction')
  assert.equal(answers[1], answers[2], 'a Topic')
  const [answer] = [message(await t.post(byNumber('9')))]
  assert.equal(answer.rid?.msgType, 'Report')
  assert.equal(answer.rid?.hasPayload, false, 'RFC 6545 §7.4: an empty Report')
})

test('a Query that names nothing is denied, and nobody is asked', async () => {
  await using t = await openBench()
  for (const text of [ridText(null, { msgType: 'Query' }), ridText(documentText(), { msgType: 'Query' })]) {
    const answer = message(await t.post(text))
    assert.equal(answer.rid?.msgType, 'Acknowledgement')
    assert.deepEqual(answer.rid?.requestStatus, { AuthorizationStatus: 'Denied', Justification: 'CannotProcess' })
  }
  assert.equal((await t.store.exchangeCounts()).open, 0)
})

test('a Query of a peer that may see no Topic is as it was: nobody would be asked', async () => {
  await using t = await openBench({ peers: [{ ...ASKER, query: [] }] })
  const answer = message(await t.post(byNumber('7'), { ...ASKER, query: [] }))
  assert.equal(answer.rid?.requestStatus?.AuthorizationStatus, 'Denied')
})

test('an item that another took the place of is not answered with, whatever that is', async () => {
  await using t = await openBench()
  const [id = ''] = await t.show(documentText([incidentText({ id: '7' })]))
  const stricter = documentText([incidentText({ id: '7', attributes: ' restriction="private"' })])
  const [other = ''] = await t.show(documentText([incidentText({ id: '8' })]))
  await t.showXml(
    `<report xmlns="urn:xmpp:incident:2">${stricter.replace(/<\/?IODEF-Document[^>]*>/g, '').replace('<Incident', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"')}</report>`,
    id,
  )
  await t.showXml(
    '<report xmlns="urn:xmpp:incident:2"><Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"/></report>',
    other,
  )
  for (const number of ['7', '8']) assert.equal(message(await t.post(byNumber(number))).rid?.hasPayload, false, number)
})

test('an item that was retracted and published again, as it was, is answered with', async () => {
  await using t = await openBench()
  const text = documentText([incidentText({ id: '7' })])
  const ids = await t.show(text)
  await t.store.forget('incident', ids)
  await t.show(text)
  assert.equal(message(await t.post(byNumber('7'))).document?.incidents.length, 1)
})

test('an Incident that takes too long to read again keeps no other from the answer', async () => {
  await using t = await openBench()
  for (const n of [1, 2]) {
    const attributes = ` restriction="public" status="ext-value" ext-status="n${n}"`
    await t.show(documentText([incidentText({ id: '7', attributes })]))
  }
  t.unreadable.add('n1')
  const answer = message(await t.post(byNumber('7')))
  assert.deepEqual(
    [...answer.xml.matchAll(/ext-status="(\w+)"/g)].map(([, n]) => n),
    ['n2'],
  )
  assert.equal((await t.store.trace('7')).find(({ event }) => event === 'asked')?.fields.left, 1)
})
