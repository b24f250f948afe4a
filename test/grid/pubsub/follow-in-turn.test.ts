import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followInTurn } from '../../../src/grid/pubsub/follow-in-turn.ts'
import { again, type FollowEnd } from '../../../src/grid/pubsub/topic-loop.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'

test('a Topic that is followed in turn is not left, and joined again, every few seconds', async () => {
  const events: string[] = []
  const following = Promise.withResolvers<FollowEnd>()
  const consumer = {
    rests: false,
    async follow() {
      events.push('follows')
      const end = await following.promise
      events.push('stops')
      return end
    },
  }
  const turn = async () => ({
    signal: new AbortController().signal,
    [Symbol.dispose]: () => void events.push('gives the turn back'),
  })
  const follow = followInTurn('incident', consumer, turn, () => {})
  const end = follow({} as Session, new AbortController().signal, true)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(events, ['follows'])
  following.resolve(again(7))
  assert.deepEqual(await end, again(7))
  assert.deepEqual(events, ['follows', 'stops', 'gives the turn back'])
})
