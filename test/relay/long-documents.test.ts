import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { TO_PEER, topic } from '../support/sample-config.ts'
import { createConsumerBench } from './consumer-bench.ts'
import { consume, EVERYTHING, peer, plan, published, sent, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const TEXT = `<EventData><Description>${'A scan of all addresses. '.repeat(64)}</Description></EventData>`
const ids = (n: number) => Array.from({ length: n }, (_, i) => `${i + 1}`)
const long = (n: number, content = '') => documentText(ids(n).map((id) => incidentText({ id, content })))
const itemsOf = (n: number, content?: string) => published(valid(long(n, content)))
const idsIn = (message: string) => valid(message).document.incidents.map(({ id }) => id.id)

test('up to 32 Incidents each item lists all of them; of more the first does, and the others prove their places', () => {
  for (const { item } of itemsOf(32)) assert.match(item.xml, / of="32" items="([0-9a-f]{64} ?){32}"/)
  const [first, ...others] = itemsOf(33)
  assert.match(first?.item.xml ?? '', / position="1" of="33" list="[0-9a-f]{64}" items="([0-9a-f]{64} ?){33}"/)
  for (const { item } of others) assert.match(item.xml, / of="33" list="[0-9a-f]{64}" proof="[A-Za-z0-9+/=]+"/)
})

test('what items say beside their Incidents grows as these do', () => {
  const beside = (n: number) => {
    const bytes = itemsOf(n, TEXT).reduce((sum, { item }) => sum + Buffer.byteLength(item.xml), 0)
    return (bytes - Buffer.byteLength(long(n, TEXT))) / n
  }
  assert.ok(beside(500) < 1.5 * beside(50), `${beside(50)} bytes for each of 50, ${beside(500)} for each of 500`)
})

test('a document of 500 Incidents comes back whole, whatever order its items came in', async () => {
  const before = valid(ridText(long(500)))
  const parts = published(before).map(({ item }) => consume(item.xml))
  assert.equal(parts.length, 500)
  const message = await sent([...parts.slice(250), ...parts.slice(0, 250).toReversed()])
  assert.equal(valid(message).document.digest, before.document.digest)
})

test('of a long document whose list never comes, the rest goes out in its order', async () => {
  const [, ...parts] = itemsOf(40).map(({ item }) => consume(item.xml))
  assert.deepEqual(idsIn(await sent(parts.toReversed())), ids(40).slice(1))
})

test('a part of a long document that was delivered before is used again', async () => {
  const old = itemsOf(33).map(({ item }) => consume(item.xml))
  const parts = itemsOf(40).map(({ item }) => consume(item.xml))
  assert.deepEqual(idsIn(await sent([...parts.slice(0, 1), ...parts.slice(33)], peer(), old)), ids(40))
})

test('of a long document on two Topics the first item on each lists all', () => {
  const one = topic('incident', { restrictions: EVERYTHING })
  const config = {
    grid: { ...one, topics: [...one.topics, ...topic('other', { restrictions: EVERYTHING }).topics] },
    routes: [
      { match: { purpose: ['traceback'] }, topic: 'other' },
      { match: {}, topic: 'incident' },
    ],
  }
  const text = documentText(
    ids(40).map((id) => incidentText({ id, purpose: Number(id) % 2 === 0 ? 'traceback' : 'reporting' })),
  )
  const made = plan(valid(text), config)
  assert.ok(made.kind === 'publish', JSON.stringify(made))
  const listing = made.publications.flatMap(({ topic, item }, i) =>
    item.xml.includes(' items=') ? [{ topic, i }] : [],
  )
  assert.deepEqual(listing, [
    { topic: 'incident', i: 0 },
    { topic: 'other', i: 1 },
  ])
})

test('an item that cannot prove its place, or lists another document, is a document of its own', () => {
  const [first, second, third] = itemsOf(40)
  assert.ok(first && second && third)
  const attribute = (xml: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? ''
  const proof = attribute(second.item.xml, 'proof')
  const { xml } = second.item
  const forged: readonly [name: string, xml: string][] = [
    ['another place', xml.replace('position="2"', 'position="4"')],
    ['no place', xml.replace('position="2"', 'position="41"')],
    ['another length', xml.replace('of="40"', 'of="2"')],
    ["another's proof", xml.replace(proof, attribute(third.item.xml, 'proof'))],
    ['no proof', xml.replace(` proof="${proof}"`, '')],
    ['another Incident', xml.replace('>2</IncidentID>', '>77</IncidentID>')],
    ['a list of another name', first.item.xml.replace(/list="[^"]*"/, `list="${'0'.repeat(64)}"`)],
    ['a list that lacks one', first.item.xml.replace(/ [0-9a-f]{64}"/, '"')],
    ['a name that is none', xml.replace(/list="[^"]*"/, 'list="x"')],
  ]
  assert.ok(consume(xml).part.list !== undefined)
  for (const [name, text] of forged) {
    assert.notEqual(text, xml, name)
    const { part } = consume(text)
    assert.deepEqual([part.items, part.list], [[], undefined], name)
  }
})

test('an original in an item that does not list its document is ignored', () => {
  const [, second] = itemsOf(40)
  const own = Buffer.from(documentText([incidentText({ id: '2' })])).toString('base64')
  const context = `<original reason="signature">${own}</original></context>`
  const { part } = consume((second?.item.xml ?? '').replace('</context>', context))
  assert.equal(part.original, null)
  assert.equal(part.list?.position, 2)
})

test('a document of 500 Incidents arrives at a peer as one, when its last item has come', async () => {
  await using t = await createConsumerBench(reader, ['csirt-b'])
  const before = valid(long(500, TEXT))
  const items = published(before).map(({ item }) => ({ topic: 'incident', ...item, retained: false }))
  // the one that lists them comes neither first nor last
  await t.consume([...items.slice(300, -1), ...items.slice(0, 300)])
  const claim = () =>
    t.store.claim({ kind: 'peer', destination: 'csirt-b', limit: 1, now: t.clock.now(), leaseMs: 1_000 })
  assert.deepEqual(await claim(), [])
  // a Broker may take as long as that
  await t.clock.advance(59_000)
  assert.deepEqual(await claim(), [])
  await t.consume(items.slice(-1))
  const [unit = []] = await claim()
  const messages: string[] = []
  const sink = createPeerSink({
    peer: peer({ name: 'csirt-b' }),
    sender: {
      async send({ write }) {
        messages.push(write(TO_PEER))
        return { kind: 'delivered', status: 200 }
      },
      async [Symbol.asyncDispose]() {},
    },
    store: t.store,
    keepAnswer: async () => assert.fail('answered'),
  })
  assert.equal((await sink.send(unit, AbortSignal.timeout(10_000))).kind, 'delivered')
  assert.equal(messages.length, 1)
  assert.equal(valid(messages[0] ?? '').document.digest, before.document.digest)
})
