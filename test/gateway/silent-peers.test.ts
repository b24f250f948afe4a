import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSilentPeers } from '../../src/gateway/silent-peers.ts'
import type { SendOutcome } from '../../src/outcome.ts'
import type { ReloadableRidSender } from '../../src/rid/sender.ts'
import type { MsgType } from '../../src/vocabulary.ts'

/** A peer that answers when told. */
function setup() {
  let now = Date.parse('2026-03-01T12:00:00Z')
  const silent = createSilentPeers({ now: () => now })
  const answers: ((outcome: SendOutcome) => void)[] = []
  const sender: ReloadableRidSender = {
    send: () => new Promise((resolve) => answers.push(resolve)),
    reload: () => undefined,
    use: () => undefined,
    retire: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
  const watched = silent.watch('csirt-b', sender)
  return {
    send: (msgType: MsgType | undefined) =>
      void watched.send({ write: () => '', msgType }, new AbortController().signal),
    async answer(outcome: SendOutcome = { kind: 'delivered' }) {
      answers.shift()?.(outcome)
      await new Promise(setImmediate)
    },
    pass: (ms: number) => {
      now += ms
    },
    reasons: () => silent.list().map(({ peer, reason }) => `${peer}: ${reason}`),
  }
}

const SAID = ['csirt-b: It has not answered a message that it was sent at 2026-03-01T12:00:00.000Z.']

test('a peer that takes a report and says nothing is told of after ten seconds, until it answers', async () => {
  const t = setup()
  t.send('Report')
  t.pass(9_999)
  assert.deepEqual(t.reasons(), [])
  t.pass(1)
  assert.deepEqual(t.reasons(), SAID)
  await t.answer()
  assert.deepEqual(t.reasons(), [])
})

test('a peer that answered others since is slow with one, and not silent', async () => {
  const t = setup()
  t.send('Report')
  t.send('Report')
  t.pass(5_000)
  await t.answer()
  t.pass(20_000)
  assert.deepEqual(t.reasons(), [])
  t.send('Report')
  t.pass(10_000)
  assert.equal(t.reasons().length, 1)
})

test('an attempt that ended without an answer says nothing of those that are under way', async () => {
  const t = setup()
  t.send('Report')
  t.send('Report')
  t.pass(10_000)
  await t.answer({ kind: 'retry', reason: 'reset', destinationDown: true })
  assert.deepEqual(t.reasons(), SAID)
})

test('a question may be answered late (RFC 6546 section 3)', () => {
  const t = setup()
  for (const msgType of ['Query', 'InvestigationRequest', 'TraceRequest', undefined] as const) t.send(msgType)
  t.pass(25_000)
  assert.deepEqual(t.reasons(), [])
})
