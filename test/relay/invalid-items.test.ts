import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { GridItem } from '../../src/grid/contract.ts'
import { createReader } from '../../src/reading/reader.ts'
import { additionalData, documentText, IODEF2, incidentText, RID } from '../support/documents.ts'
import { createConsumerBench } from './consumer-bench.ts'
import { published, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

/** IODEF, and not valid: `n` makes each another. */
function broken(n: number, more: Partial<GridItem> = {}, padding = 0): GridItem {
  const xml = documentText([incidentText({ id: `${n}`, purpose: 'boasting' })])
  const padded = xml.replace('</IODEF-Document>', `<!--${'x'.repeat(padding)}--></IODEF-Document>`)
  return { topic: 'incident', id: `bad ${n}`, xml: padded, retained: false, ...more }
}

const many = (count: number, more: Partial<GridItem> = {}, padding = 0) =>
  Array.from({ length: count }, (_, n) => broken(n, more, padding))

test('a thousand items that are not valid do not fill the store: some are held, the rest is counted', async () => {
  await using t = await createConsumerBench(reader, ['csirt-a', 'csirt-b', 'csirt-c', 'csirt-d'])
  const before = await t.bytes()
  await t.consume(many(1000, {}, 10_000))
  assert.equal(await t.heldFor('csirt-a'), 50)
  assert.equal(await t.heldFor('csirt-d'), 50)
  assert.equal(await t.ignored('invalid'), 50)
  assert.equal(await t.ignored('invalid-not-kept'), 950)
  const grown = (await t.bytes()) - before
  assert.ok(grown < 6_000_000, `10 MB became ${grown} bytes`)
  assert.equal((await t.store.cursor('incident'))?.itemId, 'bad 999')
})

test('an item that is not valid is kept once for all its peers', async () => {
  const names = Array.from({ length: 40 }, (_, n) => `peer-${n}`)
  await using t = await createConsumerBench(reader, names)
  const before = await t.bytes()
  await t.consume([broken(1, {}, 200_000)])
  const grown = (await t.bytes()) - before
  assert.ok(grown < 600_000, `200 KB for 40 peers became ${grown} bytes`)
  const [first, second] = await t.store.list()
  assert.equal((await t.store.show(first!.id))?.payload, (await t.store.show(second!.id))?.payload)
})

test("a publisher's flood of items that are not valid takes no other's place, and many publishers have an end, too", async () => {
  await using t = await createConsumerBench(reader, ['csirt-a'])
  await t.consume(many(80, { publisher: 'mallory@example/1' }))
  await t.consume([broken(1000, { publisher: 'alice@example/1' })])
  assert.equal(await t.heldFor('csirt-a'), 51)
  for (let n = 0; n < 8; n++) await t.consume(many(80, { publisher: `m${n}@example` }).map((one) => renamed(one, n)))
  assert.equal(await t.heldFor('csirt-a'), 200)
})

test('what an operator discards of items that are not valid makes room for the next', async () => {
  await using t = await createConsumerBench(reader, ['csirt-a'])
  await t.consume(many(60))
  const [oldest] = await t.store.list({ states: ['held'] })
  assert.ok(await t.store.discard(oldest!.id, t.clock.now()))
  await t.consume([broken(100), broken(101)])
  assert.equal(await t.heldFor('csirt-a'), 50)
  assert.equal((await t.store.list({ states: ['held'] })).at(-1)?.incident, 'item bad 100')
})

test('valid items go out beside a full place for those that are not', async () => {
  await using t = await createConsumerBench(reader, ['csirt-a'])
  await t.consume(many(60))
  const [good] = published(valid(documentText([incidentText({ id: '1' })])))
  await t.consume([{ topic: 'incident', id: good!.item.id, xml: good!.item.xml, retained: false }])
  assert.equal((await t.store.list({ states: ['pending'] })).length, 1)
})

function renamed(item: GridItem, n: number): GridItem {
  return { ...item, id: `${item.id} of ${n}` }
}

const misfit = incidentText({ content: additionalData(`<RIDPolicy xmlns="${RID}"/>`) })
for (const [shape, xml] of [
  [
    'an item',
    `<report xmlns="urn:xmpp:incident:2">${misfit.replace('<Incident', `<Incident xmlns="${IODEF2}"`)}</report>`,
  ],
  ['a bare document', documentText([misfit])],
] as const) {
  test(`${shape} that would make a RID message which nobody takes is held, and not sent`, async () => {
    await using t = await createConsumerBench(reader, ['csirt-a'])
    await t.consume([{ topic: 'incident', id: 'x', xml, retained: false }])
    const [held] = await t.store.list()
    assert.equal(held?.state, 'held', JSON.stringify(held))
    assert.match(held?.reason ?? '', /elements of XEP-0268 or RID in its extension content would not be valid/)
  })
}
