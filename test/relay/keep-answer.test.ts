import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createAnswerKeeper } from '../../src/relay/keep-answer.ts'
import { parsePart } from '../../src/relay/stored-part.ts'
import type { Acceptor } from '../../src/store/contract.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { documentText, ridText } from '../support/documents.ts'
import { consume, delivery, published, valid } from './journey.ts'

const [asked] = published(valid(documentText())).map(({ item }) => delivery(consume(item.xml)))
assert.ok(asked)
const ANSWER = { msgType: 'Report', text: ridText(documentText()) }

async function bench(fault?: Pick<Acceptor, 'accept'>) {
  const own = await createBench(MEMORY)
  const events = createEvents({ log, metrics: createMetrics(), clock: own.clock })
  return { ...own, keep: createAnswerKeeper({ store: fault ?? own.store, events, clock: own.clock }) }
}

test('a Report that a peer answers with is not lost: it is held, whole, under the incident that was asked about', async () => {
  await using t = await bench()
  await t.keep(asked, ANSWER)
  const [row, ...others] = await t.store.list({ incident: '1' })
  assert.deepEqual(others, [])
  const { kind, source, destination, state, reason } = row ?? {}
  assert.deepEqual(
    { kind, source, destination, state },
    {
      ...{ kind: 'topic', source: 'csirt-a', destination: 'incident', state: 'held' },
    },
  )
  assert.match(reason ?? '', /^csirt-a answered with this message \(Report\), /)
  const kept = parsePart((await t.store.show(row?.id ?? ''))?.payload ?? '')
  assert.deepEqual(kept.kind === 'answer' && kept.message, ANSWER.text)
  assert.deepEqual(
    (await t.store.trace('1')).map(({ event, fields }) => [event, fields.delivery]),
    [['held', row?.id]],
  )
})

test('the same answer to the same question is kept once, another beside it', async () => {
  await using t = await bench()
  await t.keep(asked, ANSWER)
  await t.keep(asked, ANSWER)
  assert.equal((await t.store.list()).length, 1)
  await t.keep(asked, { msgType: 'Result', text: `${ANSWER.text}\n` })
  await t.keep({ ...asked, id: 'another' }, ANSWER)
  assert.equal((await t.store.list()).length, 3)
  assert.equal((await t.store.trace('1')).length, 3)
})

test('an answer that cannot be stored is told, and not taken for kept', async () => {
  await using t = await bench({ accept: () => Promise.reject(new Error('disk full')) })
  await assert.rejects(t.keep(asked, ANSWER), /disk full/)
})
