import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { createAcceptBench } from './accept-bench.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const DAY = 86_400_000

test('a peer whose reports are all denied does not fill the trace: the rest of a day is one row', async () => {
  await using t = await createAcceptBench(reader, ['csirt-a', 'csirt-b'], { routes: [] })
  const many = Array.from({ length: 20 }, (_, n) => incidentText({ id: `${n}` }))
  const flood = async (messages: number) => {
    for (let n = 0; n < messages; n++) assert.equal(await t.post('csirt-a', documentText(many)), 'Denied')
  }
  const rest = async () => (await t.store.trace('refused csirt-a')).map(({ event, fields }) => [event, fields.rows])
  await flood(100)
  assert.equal((await t.store.trace('7')).length, 100)
  assert.deepEqual(await rest(), [])
  await flood(10)
  assert.equal((await t.store.trace('7')).length, 100)
  assert.deepEqual(await rest(), [['refusals-not-traced', 200]])

  assert.equal(await t.post('csirt-b', documentText([incidentText({ id: '7' })])), 'Denied')
  assert.equal((await t.store.trace('7')).length, 101, 'another has his own share')

  await t.clock.advance(DAY)
  await flood(1)
  assert.equal((await t.store.trace('7')).length, 102, 'and the next day it begins anew')
  assert.deepEqual(await rest(), [['refusals-not-traced', 200]])
})
