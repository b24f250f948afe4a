import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { createAcceptBench } from './accept-bench.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const DOCUMENT = documentText([incidentText({ id: '1' })])

test("an approved report is published although a stranger's, of the same Incident, was on its way and failed", async () => {
  await using t = await createAcceptBench(reader, ['stranger', 'csirt-a'])
  const claim = () =>
    ({ kind: 'topic', destination: 'incident', limit: 10, now: t.clock.now(), leaseMs: 1000 }) as const
  const odd = ridText(DOCUMENT).replace('type="Attack"', 'type="ext-value" ext-type="odd"')
  assert.equal(await t.post('stranger', odd), 'Approved')
  const [theirs] = await t.store.claim(claim())
  assert.equal(await t.post('csirt-a', ridText(DOCUMENT)), 'Approved')
  await t.store.settle([{ id: theirs![0]!.id, to: 'held', reason: 'the Broker does not take it' }])
  const [own] = await t.store.claim(claim())
  assert.equal(own?.[0]?.source, 'csirt-a')
  assert.match(own?.[0]?.payload ?? '', /type="Attack"/)
})

test("an approved report is published although an operator discarded another peer's equal one, which was on its way", async () => {
  await using t = await createAcceptBench(reader, ['csirt-a', 'csirt-b'])
  const claim = () =>
    ({ kind: 'topic', destination: 'incident', limit: 10, now: t.clock.now(), leaseMs: 1000 }) as const
  for (const name of ['csirt-a', 'csirt-b']) assert.equal(await t.post(name, ridText(DOCUMENT)), 'Approved')
  const [first, second] = await t.store.list()
  assert.equal(await t.store.discard(first?.id ?? '', t.clock.now()), true)
  const units = await t.store.claim(claim())
  assert.deepEqual(
    units.flat().map(({ id, source }) => [id, source]),
    [[second?.id, 'csirt-b']],
  )
})

test('two equal reports that are on their way are published once', async () => {
  await using t = await createAcceptBench(reader, ['csirt-a', 'csirt-b'])
  const claim = () =>
    ({ kind: 'topic', destination: 'incident', limit: 10, now: t.clock.now(), leaseMs: 1000 }) as const
  for (const name of ['csirt-a', 'csirt-b']) assert.equal(await t.post(name, ridText(DOCUMENT)), 'Approved')
  const units = await t.store.claim(claim())
  assert.equal(units.flat().length, 1)
  await t.store.settle([{ id: units[0]?.[0]?.id ?? '', to: 'delivered' }])
  assert.deepEqual(await t.store.claim(claim()), [])
})
