import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Context, ELEMENTS, itemId, itemParts, renderContext, xep0268Item } from '../../src/profile/item.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { BARE_CONTEXT } from '../support/bare-context.ts'

const INCIDENT = '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"></Incident>'
const SHELL = '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00" xml:lang="en"></IODEF-Document>'
const POLICY = '<RIDPolicy xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"></RIDPolicy>'
const SOURCE = '<IncidentSource xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"></IncidentSource>'
const PLAIN: Context = { ...BARE_CONTEXT, items: [itemId('a')] }

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
    list: null,
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

const EXCHANGE = 'aZ09_-aZ09_-aZ09_-aZ09'

test('the same question of two exchanges is two items, the same answer one', () => {
  const ids = (element: 'inquiry' | 'request' | 'report' | 'response') =>
    ['', EXCHANGE, EXCHANGE.toLowerCase()].map((exchange) => xep0268Item(element, INCIDENT, '', exchange).id)
  assert.equal(new Set(ids('inquiry')).size, 3)
  assert.equal(new Set(ids('request')).size, 3)
  assert.equal(ids('inquiry')[1], itemId(`<inquiry xmlns="urn:xmpp:incident:2">${INCIDENT}</inquiry>${EXCHANGE}`))
  assert.deepEqual(ids('report')[1], ids('report')[0])
  assert.deepEqual(ids('response')[1], ids('response')[0])
})

test('an exchange is the first of a context, and found there again', () => {
  const asked = { id: EXCHANGE, from: 'csirt "a" & b.example', expires: '2026-11-27T10:00:00Z' }
  const context = renderContext({ ...PLAIN, shell: SHELL, exchange: asked })
  assert.match(
    context,
    /^<context [^>]*><exchange id="[\w-]{22}" from="[^"]*" expires="2026-11-27T10:00:00Z"><\/exchange></,
  )
  assert.deepEqual(itemParts(scan(xep0268Item('inquiry', INCIDENT, context, EXCHANGE).xml))?.exchange, asked)
  const answer = renderContext({ ...PLAIN, exchange: { id: EXCHANGE } })
  assert.deepEqual(itemParts(scan(xep0268Item('report', INCIDENT, answer, EXCHANGE).xml))?.exchange, { id: EXCHANGE })
})

test('what is no exchange names none, and a question stands in no list of items', () => {
  const parts = (inner: string, place = '', element = 'inquiry') =>
    itemParts(
      scan(
        `<${element} xmlns="urn:xmpp:incident:2">${INCIDENT}<context xmlns="urn:x-iodef-gateway:context:1"${place}>${inner}</context></${element}>`,
      ),
    )
  for (const id of ['', 'short', `${EXCHANGE}x`, EXCHANGE.replace('_', '+')]) {
    assert.equal(parts(`<exchange id="${id}"/>`)?.exchange, null, id)
  }
  assert.equal(parts('<exchange/>')?.exchange, null)
  assert.equal(parts(`<exchange xmlns="" id="${EXCHANGE}"/>`)?.exchange, null)
  assert.deepEqual(parts(`<exchange id=" ${EXCHANGE} " from=" " expires="never"/>`)?.exchange, {
    id: EXCHANGE,
    from: '',
    expires: 'never',
  })
  const list = ` position="1" of="2" items="${itemId('a')} ${itemId('b')}"`
  assert.deepEqual(parts(`<exchange id="${EXCHANGE}"/>`, list)?.items, [])
  assert.equal(parts(`<exchange id="${EXCHANGE}"/>`, list, 'report')?.items.length, 2)
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
