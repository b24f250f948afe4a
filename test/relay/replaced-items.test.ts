import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createEvents } from '../../src/events.ts'
import type { GridItem } from '../../src/grid/contract.ts'
import { createReader } from '../../src/reading/reader.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import { log } from '../store/support.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { createSigner } from '../support/signed.ts'
import { createAcceptBench } from './accept-bench.ts'
import { peer, published, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const NAMES = ['csirt-a', 'csirt-b', 'csirt-c']
const PLAIN = documentText([incidentText({ id: '1' })])
const content = published(valid(PLAIN))[0]!.item.id
const signer = createSigner('ec')
const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(
  signer.sign(PLAIN.replace('</IODEF-Document>', '@SIGNATURE@</IODEF-Document>')),
)![0]
/** A RID message with a Signature beside its document. */
const SIGNED = ridText(PLAIN).replace('</XMLDocument>', () => `</XMLDocument>${signatureBeside()}`)

function signatureBeside(): string {
  return `<Signature dtype="xml">${signature}</Signature>`
}

/** Two peers' doors, the items in the order in which they go out, and what the others are sent. */
async function bench() {
  const t = await createAcceptBench(reader, NAMES)
  const told: { event: string; fields: object }[] = []
  const events = createEvents({ log, clock: t.clock })
  const noting = { ...events, tell: (event: string, fields: object) => void told.push({ event, fields }) } as never
  const peers = NAMES.map((name) => peer({ name }))
  const consume = createConsumer({
    config: { peers },
    reader,
    store: t.store,
    events: noting,
    clock: t.clock,
    wake: () => {},
  })
  return {
    ...t,
    told,
    /** Publishes all that waits, and reads it back. */
    async publish(): Promise<GridItem[]> {
      const claim = { kind: 'topic', destination: 'incident', limit: 10, now: t.clock.now(), leaseMs: 1000 } as const
      const units = (await t.store.claim(claim)).flat()
      await t.store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
      const items = units.map(({ item, payload }) => ({ topic: 'incident', id: item, xml: payload, retained: false }))
      await consume('incident', items)
      return items
    },
    read: (item: GridItem) => consume('incident', [item]),
    sentTo: async (name: string) => (await t.store.list({ destination: name })).length,
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  }
}

test("a peer that sends another's signed Incident unsigned does not erase the signed item", async () => {
  await using t = await bench()
  assert.equal(await t.post('csirt-a', SIGNED), 'Approved')
  const [first] = await t.publish()
  assert.equal(first?.id, content)
  assert.equal(await t.post('csirt-c', PLAIN), 'Approved')
  const [second] = await t.publish()
  assert.match(second?.id ?? '', /^[0-9a-f]{64}$/)
  assert.notEqual(second?.id, first.id)
  assert.deepEqual(await Promise.all(NAMES.map(t.sentTo)), [1, 2, 1], 'each of them goes to whom it does not come from')
  assert.deepEqual(t.told, [], 'and nobody is warned of his own gateway')
})

test('whoever says more of his own Incident replaces what he said, and the same again is the same item', async () => {
  await using t = await bench()
  await t.post('csirt-a', PLAIN)
  await t.publish()
  await t.post('csirt-a', SIGNED)
  assert.equal((await t.publish())[0]?.id, content)
  const other = PLAIN.replace('version="2.00"', 'version="2.00" xml:lang="ja"')
  await t.post('csirt-b', other)
  const [apart] = await t.publish()
  assert.notEqual(apart?.id, content)
  await t.post('csirt-c', other)
  assert.deepEqual(await t.publish(), [])
})

test('what came from the Topic is not replaced by what a peer says beside the same Incident', async () => {
  await using t = await bench()
  const [theirs] = published(valid(SIGNED))
  await t.read({ topic: 'incident', id: content, xml: theirs!.item.xml, retained: false })
  await t.post('csirt-c', PLAIN)
  assert.notEqual((await t.publish())[0]?.id, content)
})

test("somebody who erases a peer's signature under its item's id is told of", async () => {
  await using t = await bench()
  await t.post('csirt-a', SIGNED)
  await t.publish()
  await t.read({ topic: 'incident', id: content, xml: published(valid(PLAIN))[0]!.item.xml, retained: false })
  assert.deepEqual(t.told, [{ event: 'item-replaced', fields: { topic: 'incident', item: content } }])
  assert.equal(await t.sentTo('csirt-a'), 1)
})

test('an item that stands apart, replaced by something else, is told of, too', async () => {
  await using t = await bench()
  await t.post('csirt-a', SIGNED)
  await t.post('csirt-c', PLAIN)
  const [, apart] = await t.publish()
  const [other] = published(valid(documentText([incidentText({ id: '2' })])))
  await t.read({ topic: 'incident', id: apart!.id, xml: other!.item.xml, retained: false })
  assert.deepEqual(
    t.told.map(({ event }) => event),
    ['item-replaced'],
  )
})
