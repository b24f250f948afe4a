import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewExchange } from '../../src/store/exchanges.ts'
import { byNumber } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, tokenOf } from './bench.ts'

const ROUTES = [{ match: { type: ['Query' as const] }, ask: ['peer:csirt-b' as const] }]
const LIMITS = { open: 20, all: 100, since: 0 }

/** csirt-a was promised an answer to what another version of the gateway wrote, and this one cannot read. */
async function withUnreadable(asked = 'csirt-b', config: Parameters<typeof openBench>[0] = {}) {
  const t = await openBench({ routes: ROUTES, ...config })
  const opened = t.clock.now()
  const unreadable: NewExchange = {
    ...{ id: 'unreadable', asker: 'csirt-a', address: null, msgType: 'Query', incident: 'csirt.example 7' },
    ...{ digest: 'd', question: '{"format":9}', opened, pendingAt: opened + EXCHANGES.pending },
    expires: opened + EXCHANGES.expireQuery,
  }
  await t.store.ask(unreadable, [{ kind: 'peer', target: asked }], LIMITS, () => ({ change: { token: 'T' } }))
  return t
}

test('a question that cannot be read keeps no other from its end, and comes to its own', async () => {
  await using t = await withUnreadable()
  const waiting = t.post(byNumber('8'))
  await eventually('it is taken', async () => (await t.traced('8')).includes('asked'))
  await t.clock.advance(EXCHANGES.hold)
  tokenOf(await waiting)
  await t.clock.advance(EXCHANGES.expireQuery)
  await t.side.runDue()
  assert.deepEqual(await t.store.exchangeCounts(), { open: 0, answered: 0, denied: 0, expired: 2, cancelled: 0 })
})

test('what would be sent of a question that cannot be read is held at once', async () => {
  await using t = await withUnreadable()
  await t.clock.advance(EXCHANGES.expireQuery)
  await t.side.runDue()
  t.engine.start()
  await eventually('it is held', async () => (await t.store.list({ states: ['held'] })).length === 1)
  const [held] = await t.store.list({ states: ['held'] })
  assert.match(held?.reason ?? '', /^what the store kept of it cannot be read: .* format 9, not 1$/)
  assert.deepEqual(t.posted, [])
})

test('a question that cannot be read is no reason to refuse another about the same incident', async () => {
  const asker = { ...OTHER, accept: ASKER.accept, query: ['incident'], restrictions: ASKER.restrictions }
  await using t = await withUnreadable('csirt-b', { peers: [ASKER, asker], routes: [] })
  assert.equal(message(await t.post(byNumber('7'), asker)).rid?.hasPayload, false)
})

test('a question that the store failed for keeps no other from its end', async () => {
  await using t = await withUnreadable()
  const change = t.store.change.bind(t.store)
  await t.store.ask(
    {
      ...{ id: 'other', asker: 'csirt-a', address: null, msgType: 'Query', incident: '', digest: 'e' },
      ...{ question: '{"format":9}', opened: 0, pendingAt: null, expires: 0 },
    },
    [{ kind: 'peer', target: 'csirt-b' }],
    LIMITS,
    () => undefined,
  )
  await t.clock.advance(EXCHANGES.expireQuery)
  t.store.change = (id, made) => (id === 'unreadable' ? Promise.reject(new Error('no')) : change(id, made))
  await assert.rejects(t.side.runDue(), /^Error: no$/)
  assert.equal((await t.store.exchangeCounts()).expired, 1)
})

test('what time did to a question in a commit that was undone is not told where it is not done again', async () => {
  await using t = await openBench({ peers: [ASKER, OTHER], routes: [{ match: {}, ask: ['peer:csirt-b'] }] })
  t.side.drain()
  await t.post(byNumber('7'))
  await t.clock.advance(EXCHANGES.expireQuery)
  const change = t.store.change.bind(t.store)
  t.store.change = (id, made) =>
    change(id, (now) => {
      made(now)
      return made({ ...now, state: 'cancelled' })
    })
  await t.side.runDue()
  assert.doesNotMatch(await t.metrics.registry.metrics(), /outcome="expired"/)
})
