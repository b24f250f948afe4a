import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import { documentText, IODEF2, incidentText } from '../support/documents.ts'
import { acknowledgement } from '../support/rid-peer.ts'

/** With a namespace name that is no URI libxml2 says nothing of what stands behind the root element. */
const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const NO_URI = ' xmlns:q=":"'
const itemText = (incident: string, context = '') =>
  `<report xmlns="urn:xmpp:incident:2">${incident.replace('<Incident ', `<Incident xmlns="${IODEF2}" `)}${context}</report>`
const BEHIND = ['text', '\0', '&u;', '<', '<a/>', '<!DOCTYPE a>', '</a>']

for (const behind of BEHIND) {
  test(`a reply with ${JSON.stringify(behind)} behind it is improper`, async () => {
    const approved = acknowledgement('Approved').replace('<rid:RID', `<rid:RID${NO_URI}`)
    assert.deepEqual(await reader.readReply(Buffer.from(approved), 'csirt-a'), {
      kind: 'acknowledgement',
      status: 'Approved',
    })
    const reply = await reader.readReply(Buffer.from(`${approved}${behind}`), 'csirt-a')
    assert.equal(reply.kind, 'improper')
    assert.match(reply.kind === 'improper' ? reply.reason : '', /Behind the root element/)
  })

  test(`an item with ${JSON.stringify(behind)} behind it is not valid`, async () => {
    const item = itemText(incidentText()).replace('<report', `<report${NO_URI}`)
    assert.equal((await reader.inspect(Buffer.from(item))).valid, true)
    const { valid, errors } = await reader.inspect(Buffer.from(`${item}${behind}`), {}, { topic: 'incident' })
    assert.equal(valid, false)
    assert.equal(errors[0]?.column, item.length + 1)
  })

  test(`an original with ${JSON.stringify(behind)} behind it is left out, and its item is read`, async () => {
    const original = (text: string) =>
      `<context xmlns="urn:x-iodef-gateway:context:1"><original reason="signature">${Buffer.from(text).toString('base64')}</original></context>`
    const whole = documentText([incidentText()]).replace('<IODEF-Document', `<IODEF-Document${NO_URI}`)
    const good = await reader.inspect(Buffer.from(itemText(incidentText(), original(whole))))
    assert.notEqual(good.document?.original ?? null, null)
    for (const text of [`${whole}${behind}`, `<r${NO_URI}/>${behind}`]) {
      const { valid, document } = await reader.inspect(Buffer.from(itemText(incidentText(), original(text))))
      assert.equal(valid, true)
      assert.equal(document?.original, null)
    }
  })
}
