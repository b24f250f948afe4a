import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Context, ELEMENTS, itemId, itemParts, renderContext, xep0268Item } from '../../src/profile/item.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const INCIDENT = '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"></Incident>'
const SHELL = '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00" xml:lang="en"></IODEF-Document>'
const POLICY = '<RIDPolicy xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"></RIDPolicy>'
const SOURCE = '<IncidentSource xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"></IncidentSource>'
const PLAIN: Context = {
  position: 1,
  items: [itemId('a')],
  shell: null,
  policy: null,
  incidentSource: null,
  original: null,
  signatures: [],
}

test('the id is the SHA-256 of the UTF-8 of the payload without its context', () => {
  const { id, xml } = xep0268Item('report', INCIDENT, renderContext({ ...PLAIN, shell: SHELL }))
  assert.equal(
    id,
    createHash('sha256').update(`<report xmlns="urn:xmpp:incident:2">${INCIDENT}</report>`).digest('hex'),
  )
  assert.ok(xml.includes('<context'))
  assert.equal(itemId('日'), createHash('sha256').update(Buffer.from('日')).digest('hex'))
})

test('nothing to say is no context', () => {
  assert.equal(renderContext(PLAIN), '')
  assert.equal(renderContext({ ...PLAIN, position: 1, items: [] }), '')
})

test('what is written into a context is found there again', () => {
  const items = [itemId('a'), itemId('b'), itemId('a')]
  const whole: Context = {
    position: 2,
    items,
    shell: SHELL,
    policy: POLICY,
    incidentSource: SOURCE,
    original: { base64: 'YQ==', reason: 'signature' },
    signatures: ['Yg==', 'Yw=='],
  }
  for (const name of ELEMENTS) {
    const parts = itemParts(scan(xep0268Item(name, INCIDENT, renderContext(whole)).xml))
    assert.ok(parts)
    assert.deepEqual([parts.element, parts.position, parts.items], [name, 2, items])
    assert.equal(parts.shell?.local, 'IODEF-Document')
    assert.equal(parts.policy?.local, 'RIDPolicy')
    assert.equal(parts.incidentSource?.local, 'IncidentSource')
    assert.deepEqual([parts.original, parts.signatures], ['YQ==', ['Yg==', 'Yw==']])
  }
})

test('a context says which question its element is, or answers', () => {
  const read = (context: string) =>
    itemParts(scan(`<inquiry xmlns="urn:xmpp:incident:2">${INCIDENT}${context}</inquiry>`))?.exchange
  const exchange = { id: 'kX0c2pV3mUeT5rYw8bQzLg', from: 'a "&" b', expires: '2026-11-27T10:00:00Z' }
  assert.deepEqual(read(renderContext({ ...PLAIN, exchange })), exchange)
  assert.deepEqual(read(renderContext({ ...PLAIN, exchange: { id: exchange.id } })), { id: exchange.id })
  assert.equal(read(renderContext({ ...PLAIN, exchange: { id: 'no id' } })), null)
  assert.equal(read(renderContext({ ...PLAIN, shell: SHELL })), null)
  assert.equal(read(''), null)
})

test('base64 may be broken into lines', () => {
  const xml = `<report xmlns="urn:xmpp:incident:2">${INCIDENT}<context xmlns="urn:x-iodef-gateway:context:1"><original reason="signature">\n YW\r\nJj\t</original></context></report>`
  assert.equal(itemParts(scan(xml))?.original, 'YWJj')
})

const NONE: readonly string[] = [
  '<report xmlns="urn:xmpp:incident:2"/>',
  `<report xmlns="urn:xmpp:incident:2">${INCIDENT}${INCIDENT}</report>`,
  `<report xmlns="urn:xmpp:incident:1">${INCIDENT}</report>`,
  `<context xmlns="urn:xmpp:incident:2">${INCIDENT}</context>`,
  `<constructor xmlns="urn:xmpp:incident:2">${INCIDENT}</constructor>`,
  '<report xmlns="urn:xmpp:incident:2"><Incident/></report>',
]

for (const xml of NONE) test(`no item: ${xml.slice(0, 90)}`, () => assert.equal(itemParts(scan(xml)), undefined))

test('a shell of the other IODEF version is no shell of this Incident', () => {
  const context = `<context xmlns="urn:x-iodef-gateway:context:1"><document>${SHELL.replace('2.0"', '1.0"')}</document></context>`
  assert.equal(itemParts(scan(`<report xmlns="urn:xmpp:incident:2">${INCIDENT}${context}</report>`))?.shell, null)
})
