import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { GridItem } from '../../src/grid/contract.ts'
import { createReader } from '../../src/reading/reader.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { createConsumerBench } from './consumer-bench.ts'
import { published, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const DAY = 86_400_000

/** The first of a document of 500 Incidents, of which no other ever comes. */
function lonely(n: number): GridItem {
  const [publication] = published(valid(documentText([incidentText({ id: `${n}` })])))
  const { id, xml } = publication!.item
  const others = Array.from({ length: 499 }, (_, i) => createHash('sha256').update(`${n} ${i}`).digest('hex'))
  const list = [id, ...others].join(' ')
  const context = `<context xmlns="urn:x-iodef-gateway:context:1" position="1" of="500" items="${list}"></context>`
  return { topic: 'incident', id, xml: xml.replace('</report>', `${context}</report>`), retained: false }
}

test('items that list hundreds of ids fill the store in proportion to what they are, not to how many peers there are', async () => {
  const names = Array.from({ length: 50 }, (_, n) => `peer-${n}`)
  await using t = await createConsumerBench(reader, names)
  const items = Array.from({ length: 60 }, (_, n) => lonely(n))
  const sent = items.reduce((sum, { xml }) => sum + xml.length, 0)
  await t.consume(items)
  assert.equal((await t.store.list({ states: ['pending'] })).length, 3000)
  const full = await t.bytesInUse()
  assert.ok(full < 8 * sent, `${sent} bytes became ${full}`)

  // all of it delivered, and long ago: the lists have gone, too
  for (const destination of names) {
    const claim = { kind: 'peer', destination, limit: 100, now: t.clock.now() + 20_000, leaseMs: 1000 } as const
    const claimed = (await t.store.claim(claim)).flat()
    await t.store.settle(claimed.map(({ id }) => ({ id, to: 'delivered' })))
  }
  await t.clock.advance(31 * DAY)
  await t.store.prune(t.clock.now())
  const after = await t.bytesInUse()
  assert.ok(after < full / 2, `${full} bytes, later ${after}`)
  const left = (await t.store.list({ states: ['delivered'] })).filter(({ group }) => group !== null)
  assert.equal(left.length, 0)
})
