import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SharedFile } from '../../src/profile/file-sharing.ts'
import { differenceOf, stubOf } from '../../src/profile/stub.ts'
import { consume, published, read, valid } from '../relay/journey.ts'
import { documentText, incidentText } from '../support/documents.ts'

const FILE: SharedFile = {
  ...{ name: 'x.xml', size: 500_000, url: 'https://upload.example/a' },
  ...{ hash: Buffer.alloc(32, 1).toString('base64'), encryptedHash: Buffer.alloc(32, 2).toString('base64') },
  ...{ key: Buffer.alloc(32, 3).toString('base64'), iv: Buffer.alloc(12, 4).toString('base64') },
}
const SECRET = '<EventData><Description>a secret</Description></EventData>'
const item = (options: Parameters<typeof incidentText>[0] = {}) =>
  published(valid(documentText([incidentText({ content: SECRET, ...options })])))[0]?.item.xml ?? ''

test('a stub is valid, names the file, and says no more than IncidentID, purpose and restriction', () => {
  const stub = stubOf(item({ id: 'a &amp; b' }), FILE) ?? ''
  const inspection = read(stub)
  assert.deepEqual(inspection.errors, [])
  assert.deepEqual(inspection.warnings, [])
  assert.deepEqual(inspection.item?.file, FILE)
  assert.equal(inspection.document?.incidents[0]?.key, 'csirt.example a & b')
  assert.deepEqual(inspection.document?.needed, ['public'])
  assert.match(stub, /a file of 500000 bytes at https:\/\/upload\.example\/a /)
  assert.doesNotMatch(stub, /secret/)
})

test('a stub needs what its Incident needs, also without a restriction', () => {
  assert.deepEqual(read(stubOf(item({ attributes: '' }), FILE) ?? '').document?.needed, ['private'])
})

test('what a stub and its file must share is told apart from what they need not', () => {
  const shown = (options: Parameters<typeof incidentText>[0]) => consume(item(options)).part.incidents[0] ?? ''
  const stub = consume(stubOf(item({ id: '7' }), FILE) ?? '').part.incidents[0] ?? ''
  assert.equal(differenceOf(stub, shown({ id: '7' })), undefined)
  assert.equal(differenceOf(stub, shown({ id: '8' })), 'IncidentID')
  assert.equal(differenceOf(stub, shown({ id: '7', name: 'other.example' })), 'IncidentID')
  assert.equal(differenceOf(stub, shown({ id: '7', purpose: 'mitigation' })), 'purpose')
  assert.equal(differenceOf(stub, shown({ id: '7', attributes: ' restriction="private"' })), 'restriction')
  assert.equal(differenceOf(stub, shown({ id: '7', attributes: '' })), 'restriction')
})

test('what is no XEP-0268 element around an IODEF 2 Incident has no stub', () => {
  assert.equal(stubOf('<report xmlns="urn:xmpp:incident:2"></report>', FILE), undefined)
  assert.equal(stubOf(documentText(), FILE), undefined)
})
