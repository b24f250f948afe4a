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
