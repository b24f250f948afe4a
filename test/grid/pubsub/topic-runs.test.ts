import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicLoop } from '../../../src/grid/pubsub/topic-loop.ts'
import { TopicRuns } from '../../../src/grid/pubsub/topic-runs.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'

const nothing = { run: async () => undefined } as unknown as TopicLoop

/** A session that is over once its Topics had their time. */
function session(): Session {
  return { closed: new Promise((resolve) => setImmediate(resolve)) } as unknown as Session
}

test('a Topic that is left while there is no session is left at the next login, once', async () => {
  const runs = new TopicRuns()
  const said: string[] = []
  const leave = (topic: string) => runs.end(topic, async () => void said.push(topic))
  const { signal } = new AbortController()
  leave('a')
  leave('b')
  runs.begin('b', nothing)
  await runs.through(session(), signal, [['b', nothing]])
  await runs.through(session(), signal, [['b', nothing]])
  assert.deepEqual(said, ['a'])
})

test('a Topic that is left just as the session ends is left at the next login', async () => {
  const runs = new TopicRuns()
  const said: string[] = []
  const over = new AbortController()
  const closed = Promise.withResolvers<void>()
  const ending = { closed: closed.promise } as unknown as Session
  const running = runs.through(ending, over.signal, [['a', nothing]])
  runs.end('a', async () => void said.push('a'))
  over.abort()
  closed.resolve()
  await running
  assert.deepEqual(said, [])
  const { signal } = new AbortController()
  await runs.through(session(), signal, [])
  await runs.through(session(), signal, [])
  assert.deepEqual(said, ['a'])
})
