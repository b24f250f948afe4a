import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byNumber, documentText, incidentText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, tokenOf } from './bench.ts'

/** So many that they do not fit into one Report. */
async function fill(t: Awaited<ReturnType<typeof openBench>>, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await t.show(
      documentText([
        incidentText({ id: '7', attributes: ` restriction="public" ext-status="${n}" status="ext-value"` }),
      ]),
    )
  }
}

test('what does not fit into one Report is promised, and comes by callback with that token', async () => {
  await using t = await openBench()
  await fill(t, 7)
  const answer = await t.post(byNumber('7'))
  const token = tokenOf(answer)
  assert.match(token, /^[\x21-\x7e]{1,255}$/)
  assert.equal((await t.store.exchangeCounts()).open, 1, 'committed before it is sent')
  assert.deepEqual(await t.post(byNumber('7')), answer, 'the same question again has the same token')
  t.engine.start()
  await eventually('both Reports are there', () => t.posted.length === 2)
  assert.deepEqual(
    t.posted.map((one) => [one.to, one.token, one.inspection.rid?.msgType]),
    [
      ['csirt-a', token, 'Report'],
      ['csirt-a', token, 'Report'],
    ],
  )
  assert.deepEqual(
    t.posted.map(({ inspection }) => inspection.document?.incidents.length),
    [5, 2],
  )
  await eventually('it is closed', async () => (await t.store.exchangeCounts()).answered === 1)
  assert.deepEqual(await t.post(byNumber('7')), answer, 'and so for a while after')
  await t.clock.advance(EXCHANGES.hold + 61_000)
  assert.notEqual(tokenOf(await t.post(byNumber('7'))), token)
})

test('10,000 tokens differ', async () => {
  const { createToken } = await import('../../src/exchange/token.ts')
  assert.equal(new Set(Array.from({ length: 10_000 }, createToken)).size, 10_000)
})

test('callback: source sends to where the question came from', async () => {
  const { url: _, ...more } = ASKER
  const peer = { ...more, callback: 'source' } as const
  await using t = await openBench({ peers: [peer, OTHER] })
  await fill(t, 6)
  const token = tokenOf(await t.post(byNumber('7'), peer, undefined, '192.0.2.99'))
  t.engine.start()
  await eventually('both Reports are there', () => t.posted.length === 2)
  assert.deepEqual(
    t.posted.map(({ at, token: shown }) => [at, shown]),
    [
      ['192.0.2.99', token],
      ['192.0.2.99', token],
    ],
  )
})

test('callback: plain says Pending, and sends without a token', async () => {
  const peer = { ...ASKER, callback: 'plain' } as const
  await using t = await openBench({ peers: [peer, OTHER] })
  await fill(t, 6)
  for (let i = 0; i < 2; i++) {
    const answer = message(await t.post(byNumber('7'), peer))
    assert.deepEqual(answer.rid?.requestStatus, { AuthorizationStatus: 'Pending' })
  }
  t.engine.start()
  await eventually('both Reports are there', () => t.posted.length === 2)
  assert.deepEqual(
    t.posted.map(({ token }) => token),
    [undefined, undefined],
  )
})

test('callback: none has the newest Report in the response, and nothing is sent', async () => {
  const peer = { ...ASKER, callback: 'none' } as const
  await using t = await openBench({ peers: [peer, OTHER] })
  await fill(t, 6)
  const answer = message(await t.post(byNumber('7'), peer))
  assert.equal(answer.document?.incidents.length, 1, 'the sixth')
  assert.equal((await t.store.list()).length, 0)
  assert.equal((await t.store.exchangeCounts()).answered, 1)
})

test('the newest of too many come, the oldest of them first', async () => {
  await using t = await openBench({ exchanges: { ...EXCHANGES, results: 3, reports: 3 } })
  await fill(t, 8)
  const answer = message(await t.post(byNumber('7')))
  assert.deepEqual(
    [...answer.xml.matchAll(/ext-status="(\d)"/g)].map(([, n]) => n),
    ['6', '7', '8'],
  )
})

test('an answer is not sent to who may not see it any more', async () => {
  await using t = await openBench()
  await fill(t, 6)
  tokenOf(await t.post(byNumber('7')))
  const sink = t.side.sink({ ...ASKER, query: [] }, undefined, undefined)
  const request = { kind: 'peer', destination: 'csirt-a', limit: 1, now: t.clock.now(), leaseMs: 1000 } as const
  const [unit = []] = await t.store.claim(request)
  assert.equal((await sink.send(unit, AbortSignal.timeout(10_000))).kind, 'withhold')
  assert.deepEqual(t.posted, [])
})

test('too many questions are refused, but not one that was asked before', async () => {
  await using t = await openBench({ exchanges: { ...EXCHANGES, rate: 2 } })
  for (const id of ['1', '2', '2']) assert.equal((await t.post(byNumber(id))).kind, 'reply')
  const refused = await t.post(byNumber('3'))
  assert.ok(refused.kind === 'problem')
  assert.equal(refused.problem.status, 429)
  assert.ok((refused.problem.retryAfter ?? 0) > 0)
  await t.clock.advance(61_000)
  assert.equal((await t.post(byNumber('3'))).kind, 'reply')
})

test('who asks too often has nothing looked for', async () => {
  await using t = await openBench({ exchanges: { ...EXCHANGES, rate: 1 } })
  assert.equal((await t.post(byNumber('1'))).kind, 'reply')
  const searches = countSearches(t)
  for (let i = 0; i < 3; i++) assert.equal((await t.post(byNumber('2'))).kind, 'problem')
  assert.equal(searches.length, 0)
})

test('what is asked again and again is looked for once', async () => {
  await using t = await openBench()
  await fill(t, 6)
  const searches = countSearches(t)
  const answer = await t.post(byNumber('7'))
  for (let i = 0; i < 3; i++) assert.deepEqual(await t.post(byNumber('7')), answer)
  assert.equal(searches.length, 1)
})

function countSearches({ store }: Awaited<ReturnType<typeof openBench>>): readonly object[] {
  const searches: object[] = []
  const find = store.find.bind(store)
  store.find = (query) => {
    searches.push(query)
    return find(query)
  }
  return searches
}
