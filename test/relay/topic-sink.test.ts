import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Grid } from '../../src/grid/contract.ts'
import { createTopicSink } from '../../src/relay/topic-sink.ts'

type Publish = Grid['publish']
type Unit = Parameters<ReturnType<typeof createTopicSink>['send']>[0]

const unit = [
  { destination: 'incident', item: 'id-1', payload: '<report/>', attempts: 0, createdAt: 5 },
] as unknown as Unit
const { signal } = new AbortController()

test('a delivery to a Topic is published as it was made when it was accepted', async () => {
  const calls: unknown[][] = []
  const publish: Publish = async (...args) => {
    calls.push(args)
    return { kind: 'delivered' }
  }
  assert.deepEqual(await createTopicSink({ publish }).send(unit, signal), { kind: 'delivered' })
  assert.deepEqual(calls, [['incident', 'id-1', '<report/>', signal, false]])
})

test('one that was tried before, or is older than the process, is looked for first', async () => {
  const doubts: unknown[] = []
  const publish: Publish = async (...args) => {
    doubts.push(args[4])
    return { kind: 'delivered' }
  }
  const tried = unit.map((one) => ({ ...one, attempts: 1 }))
  await createTopicSink({ publish }, 5).send(unit, signal)
  await createTopicSink({ publish }, 5).send(tried, signal)
  await createTopicSink({ publish }, 6).send(unit, signal)
  assert.deepEqual(doubts, [false, true, true])
})

test('what the Broker says else is passed on as it is', async () => {
  for (const outcome of [
    { kind: 'hold', reason: 'item-not-acceptable' },
    { kind: 'retry', reason: 'no answer', destinationDown: true },
  ] as const) {
    const sink = createTopicSink({ publish: async () => outcome })
    assert.equal(await sink.send(unit, signal), outcome)
  }
})

test('nothing to deliver is delivered', async () => {
  const sink = createTopicSink({ publish: () => assert.fail('nothing to publish') })
  assert.deepEqual(await sink.send([] as unknown as Unit, signal), { kind: 'delivered' })
})

test('what an earlier version approved and no Broker takes is held, and never sent', async () => {
  const sink = createTopicSink({ publish: () => assert.fail('it would end the stream') }, 6)
  const made = [{ ...unit[0], payload: '<report xmlns="urn:x"><Ĳ></Ĳ></report>' }] as unknown as Unit
  const outcome = await sink.send(made, signal)
  assert.match(
    outcome.kind === 'hold' ? outcome.reason : '',
    /^The item cannot be sent: element "Ĳ" in line 1 has a name/,
  )
})

test('how many are sent at a time is what the grid has room for', () => {
  assert.equal(createTopicSink({ publish: () => assert.fail(), room: () => 3 }).room?.('incident'), 3)
  assert.equal(createTopicSink({ publish: () => assert.fail() }).room?.('incident'), Number.POSITIVE_INFINITY)
})
