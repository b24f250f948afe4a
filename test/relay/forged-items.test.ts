import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemId, renderContext, xep0268Item } from '../../src/profile/item.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { BARE_CONTEXT } from '../support/bare-context.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { consume, published, read, sent, valid } from './journey.ts'

/** Whoever may publish on a Topic may write any context: it must never show, replace or pull in what the item does not show. */
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const SHOWN = incidentText({ id: '1', content: '' })
const shown = (content = '') =>
  `<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"${SHOWN.slice('<Incident'.length)}`.replace(
    '</Incident>',
    `${content}</Incident>`,
  )
const report = (context: string, incident = shown()) =>
  `<report xmlns="urn:xmpp:incident:2">${incident}<context xmlns="urn:x-iodef-gateway:context:1"${context}</context></report>`
const withOriginal = (original: string | Buffer, reason = 'characters') =>
  report(`><original reason="${reason}">${base64(original)}</original>`)
const plain = consume(`<report xmlns="urn:xmpp:incident:2">${shown()}</report>`)

const IGNORED: readonly [name: string, original: string | Buffer][] = [
  ['of another incident', documentText([incidentText({ id: '2' })])],
  [
    'of the same IncidentID that says something else',
    documentText([SHOWN.replace('<ContactName>A', '<ContactName>B')]),
  ],
  [
    'of the same IncidentID with more',
    documentText([incidentText({ content: '<EventData><Description>&#13;</Description></EventData>' })]),
  ],
  ['with a second Incident', documentText([SHOWN, incidentText({ id: '2' })])],
  ['with a second Incident before', documentText([incidentText({ id: '2' }), SHOWN])],
  ['that is not valid', documentText([SHOWN.replace('reporting', 'boasting')])],
  ['that is no document', 'text'],
  ['that is empty', ''],
  ['that is a RID message', ridText(documentText([SHOWN]))],
  ['that is an item', `<report xmlns="urn:xmpp:incident:2">${shown()}</report>`],
  ['with a DTD', `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${documentText([SHOWN])}`],
  ['in bytes that are not UTF-8', Buffer.from([0x3c, 0xff])],
]

for (const [name, original] of IGNORED) {
  test(`an original ${name} is ignored`, () => {
    const consumed = consume(withOriginal(original))
    assert.equal(consumed.part.original, null)
    assert.deepEqual(consumed.part.incidents, plain.part.incidents)
    assert.equal(consumed.item, plain.item)
  })
}

test('an original that is what the item shows is taken, without what stands around it', async () => {
  const own = documentText([SHOWN]).replace('<Incident ', '<!-- kept --><Incident ')
  const consumed = consume(
    withOriginal(`\ufeff<?xml version="1.0"?>\n<!-- dropped --><?p?>${own}<!-- dropped -->\n`, 'signature'),
  )
  assert.equal(consumed.part.original, own)
  const message = await sent([consumed])
  assert.ok(message.includes(`>${own}</XMLDocument>`))
  valid(message)
})

test('an original in UTF-16 goes out as the text it is', async () => {
  const own = documentText([SHOWN])
  const consumed = consume(withOriginal(Buffer.from(`\ufeff${own}`, 'utf16le')))
  assert.ok([own, null].includes(consumed.part.original))
  valid(await sent([consumed]))
})

test('a damaged Incident is recognized, a changed one is not', () => {
  const kept = (text: string) => documentText([SHOWN.replace('<ContactName>A', `<ContactName>${text}`)])
  const item = (seen: string, text: string) =>
    consume(
      report(
        `><original reason="characters">${base64(kept(text))}</original>`,
        shown().replace('<ContactName>A', `<ContactName>${seen}`),
      ),
    )
  assert.notEqual(item('a\nb', 'a&#13;b').part.original, null)
  assert.notEqual(item('a b', 'a&#13;&#10;b').part.original, null)
  assert.equal(item('ab', 'a&#13;b').part.original, null)
  assert.equal(item('a\nc', 'a&#13;b').part.original, null)
  assert.equal(item('a <!-- -->\n b', 'a b').part.original, null, 'no Broker changes this one')
})

test('what an original holds counts for policy', () => {
  const own = documentText([SHOWN], '', '<AdditionalData dtype="string" restriction="private">x</AdditionalData>')
  assert.deepEqual(consume(withOriginal(own)).part.needed, ['private'])
})

const items = (...ids: string[]) => ` position="1" of="${ids.length}" items="${ids.join(' ')}">`
const OTHER = itemId('other')

const ALONE: readonly [name: string, context: string][] = [
  ['without itself', items(OTHER, itemId('third'))],
  ['with itself at another place', items(OTHER, plain.item)],
  ['with a position out of range', ` position="3" of="2" items="${plain.item} ${OTHER}">`],
  ['with position 0', ` position="0" of="2" items="${OTHER} ${plain.item}">`],
  ['with position 1.5', ` position="1.5" of="2" items="${plain.item} ${OTHER}">`],
  ['with a huge position', ` position="1e999" of="2" items="${plain.item} ${OTHER}">`],
  ['with no position', ` items="${plain.item} ${OTHER}">`],
  ['of one', items(plain.item)],
  ['of what are no ids', ` position="1" of="2" items="x y">`],
  ['of its own id in capitals', items(plain.item.toUpperCase(), OTHER.toUpperCase())],
]

for (const [name, context] of ALONE) {
  test(`a list of items ${name} makes the item a document of its own`, () => {
    const consumed = consume(report(context))
    assert.deepEqual(consumed.part.items, [])
    assert.deepEqual(consumed.part.incidents, plain.part.incidents)
  })
}

test('a list of 500 items is one, a longer one makes the item a document of its own', () => {
  const list = (length: number) => [plain.item, ...Array.from({ length: length - 1 }, () => OTHER)]
  assert.equal(consume(report(items(...list(500)))).part.items.length, 500)
  for (const length of [501, 100_000]) assert.deepEqual(consume(report(items(...list(length)))).part.items, [])
})

test('an item that lists others is not sent in their place, nor with what the peer has not', async () => {
  const victim = consume(published(valid(documentText([incidentText({ id: 'victim' })])))[0]?.item.xml ?? '')
  const forged = consume(report(items(victim.item, plain.item)))
  const message = valid(await sent([forged], undefined, [victim]))
  assert.deepEqual(
    message.document.incidents.map((i) => i.id.id),
    ['1'],
  )
})

test('a policy that is not valid is dropped, one for another element does not change the type', () => {
  const rid = (policy: string) => report(`><rid>${policy}</rid>`)
  const policy = (attributes: string) =>
    `<RIDPolicy xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0" ${attributes}><PolicyRegion region="PeerToPeer"/>` +
    `<Node xmlns="urn:ietf:params:xml:ns:iodef-1.0"><NodeName>x</NodeName></Node><TrafficType type="Attack"/></RIDPolicy>`
  assert.equal(consume(rid(policy('MsgType="Shout" MsgDestination="RIDSystem"'))).part.policy, null)
  assert.equal(consume(rid('<RIDPolicy xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"/>')).part.policy, null)
  for (const type of ['Query', 'Acknowledgement', 'Result', 'ext-value']) {
    assert.equal(consume(rid(policy(`MsgType="${type}" MsgDestination="RIDSystem"`))).part.msgType, 'Report')
  }
})

test('two Incidents, none, or another element are no item', () => {
  assert.equal(read(`<report xmlns="urn:xmpp:incident:2">${shown()}${shown()}</report>`).valid, false)
  assert.equal(read('<report xmlns="urn:xmpp:incident:2"/>').valid, false)
  assert.equal(read(`<rumour xmlns="urn:xmpp:incident:2">${shown()}</rumour>`).valid, false)
  assert.equal(consumedFrom(read(ridText(documentText()))), undefined)
})

test('a context in a context, or of another namespace, is ignored', () => {
  const inner = renderContext({
    ...BARE_CONTEXT,
    original: { base64: base64(documentText([SHOWN])), reason: 'signature' },
  })
  assert.equal(consume(report(`>${inner}`)).part.original, null)
  assert.equal(
    read(`<report xmlns="urn:xmpp:incident:2">${shown()}${inner.replace('context:1', 'context:2')}</report>`).valid,
    false,
  )
  assert.equal(xep0268Item('report', shown(), inner).id, xep0268Item('report', shown()).id)
})
