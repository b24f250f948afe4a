import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeQuestion } from '../../src/exchange/operator.ts'
import type { Answer } from '../../src/rid/contract.ts'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { acknowledgement } from '../support/rid-peer.ts'
import { ASKER, EXCHANGES as DEFAULTS, message, OTHER, openBench, tokenOf } from './bench.ts'

const EXCHANGES = { ...DEFAULTS, expireQuery: 300_000 }
const EMPTY: Answer = { kind: 'reply', xml: '' }
const DOCUMENT = documentText([incidentText({ id: '7' })])
const report = (text = DOCUMENT) => ridText(text, { incidentId: incidentId('7') })
const THIRD = { ...OTHER, name: 'csirt-c', identity: { dns: 'csirt-c.example' } }
const status = (answer: Answer) => (answer.kind === 'problem' ? answer.problem.status : answer.kind)

/** csirt-a was promised an answer to its Query, which csirt-b was asked and promised to answer with `token`. */
async function promised(token: string | null = 'T') {
  const t = await openBench(
    {
      peers: [ASKER, OTHER, THIRD],
      exchanges: EXCHANGES,
      routes: [
        { match: { type: ['Query'] }, ask: ['peer:csirt-b'] },
        { match: {}, topic: 'incident' },
      ],
    },
    (posted) => {
      if (posted.to !== 'csirt-b') return {}
      return { status: 202, ...(token !== null && { callbackToken: token }) }
    },
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'))
  await eventually('it is asked on', async () => (await t.traced('7')).includes('asked-on'))
  await t.clock.advance(EXCHANGES.hold)
  const own = tokenOf(await waiting)
  const passedOn = () => t.posted.filter(({ to }) => to === 'csirt-a')
  return { ...t, own, passedOn, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}

test('a callback that comes twice is passed on once', async () => {
  await using t = await promised()
  for (let i = 0; i < 2; i++) assert.deepEqual(await t.post(report(), OTHER, 'T'), EMPTY)
  await eventually('it is closed', async () => (await t.store.exchangeCounts()).answered === 1)
  assert.deepEqual(await t.post(report(), OTHER, 'T'), EMPTY)
  assert.equal(t.passedOn().length, 1)
  assert.equal((await t.store.list({ states: ['held'] })).length, 0)
})

test('what comes after the question was closed is held, and an operator may send it on', async () => {
  await using t = await promised()
  await t.clock.advance(EXCHANGES.expireQuery)
  await t.side.runDue()
  await eventually('the asker is told', () => t.passedOn().length === 1)
  assert.deepEqual(t.passedOn()[0]?.inspection.rid?.requestStatus, {
    AuthorizationStatus: 'Denied',
    Justification: 'Other',
  })
  for (let i = 0; i < 2; i++) assert.deepEqual(await t.post(report(), OTHER, 'T'), EMPTY)
  const held = await t.store.list({ states: ['held'] })
  assert.equal(held.length, 1)
  assert.match(held[0]?.reason ?? '', /^late: it came from csirt-b after the question was closed as expired$/)
  assert.ok((await t.traced('7')).includes('late'))
  assert.ok(await t.store.retry(held[0]?.id ?? '', t.clock.now()))
  t.engine.wake('peer', 'csirt-a')
  await eventually('it is sent', () => t.passedOn().length === 2)
  assert.equal(t.passedOn()[1]?.token, t.own)
})

test('a Report in the response to a question that was closed meanwhile is held', async () => {
  let close = () => {}
  await using t = await openBench(
    { peers: [ASKER, OTHER], exchanges: { ...EXCHANGES, hold: 0 }, routes: [{ match: {}, ask: ['peer:csirt-b'] }] },
    ({ to }) => {
      if (to !== 'csirt-b') return {}
      close()
      return { body: Buffer.from(report()) }
    },
  )
  const config = { peers: [ASKER, OTHER], grid: { participants: [], topics: [] } }
  tokenOf(await t.post(byNumber('7')))
  const [{ id = '' } = {}] = await t.store.listExchanges({ limit: 1 })
  close = () => void closeQuestion({ config, store: t.store, events: t.events }, id, 'anne')
  t.engine.start()
  await eventually('it is held', async () => (await t.store.list({ states: ['held'] })).length > 0)
  const [held] = await t.store.list({ states: ['held'] })
  assert.match(held?.reason ?? '', /^late: it came from csirt-b after the question was closed as cancelled$/)
})

/** The n-th of many Reports that all differ. */
const different = (n: number) =>
  report(
    documentText([incidentText({ id: '7', attributes: ` restriction="public" status="ext-value" ext-status="${n}"` })]),
  )

test('whoever was asked once cannot fill the disk with what comes too late', async () => {
  await using t = await promised()
  await t.clock.advance(EXCHANGES.expireQuery)
  await t.side.runDue()
  for (let n = 0; n < 50; n++) assert.deepEqual(await t.post(different(n), OTHER, 'T'), EMPTY)
  for (const n of [50, 51]) assert.equal(status(await t.post(different(n), OTHER, 'T')), 403)
  assert.deepEqual(await t.post(different(3), OTHER, 'T'), EMPTY, 'what is kept is the same again')
  assert.equal((await t.store.list({ states: ['held'] })).length, 50)
})

test('an answer beyond those that are kept of one peer is not acknowledged and lost', async () => {
  await using t = await openBench(
    {
      peers: [ASKER, OTHER, THIRD],
      routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b', 'peer:csirt-c'] }],
    },
    ({ to }) => (to === 'csirt-a' ? {} : { status: 202, callbackToken: `T ${to}`.replace(' ', '-') }),
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'))
  await eventually('both are asked', () => t.posted.length === 2)
  await t.clock.advance(EXCHANGES.hold)
  tokenOf(await waiting)
  for (let n = 0; n < 50; n++) assert.deepEqual(await t.post(different(n), OTHER, 'T-csirt-b'), EMPTY)
  assert.equal(status(await t.post(different(50), OTHER, 'T-csirt-b')), 403)
  assert.deepEqual(await t.post(different(50), THIRD, 'T-csirt-c'), EMPTY, 'of another there is room')
  await eventually('all are passed on', () => t.posted.filter(({ to }) => to === 'csirt-a').length === 51)
})

test('a Query that expires is denied although one of those asked found nothing', async () => {
  await using t = await openBench(
    {
      peers: [ASKER, OTHER, THIRD],
      exchanges: EXCHANGES,
      routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b', 'peer:csirt-c'] }],
    },
    ({ to }) => {
      if (to === 'csirt-b') return { body: Buffer.from(ridText(null, { incidentId: incidentId('7') })) }
      return to === 'csirt-c' ? { status: 202, callbackToken: 'T' } : {}
    },
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'))
  await eventually('both are asked', async () => {
    const [exchange] = await t.store.listExchanges({ limit: 1 })
    return exchange?.legs.map(({ state }) => state).join() === 'answered,promised'
  })
  await t.clock.advance(EXCHANGES.hold)
  const token = tokenOf(await waiting)
  await t.clock.advance(EXCHANGES.expireQuery)
  await t.side.runDue()
  await eventually('the asker is told', () => t.posted.some(({ to }) => to === 'csirt-a'))
  const told = t.posted.filter(({ to }) => to === 'csirt-a')
  assert.deepEqual(
    told.map(({ token: shown, inspection }) => [shown, inspection.rid?.requestStatus]),
    [[token, { AuthorizationStatus: 'Denied', Justification: 'Other' }]],
  )
})

test('an answer whose charset is no charset is read like any other reply', async () => {
  await using t = await openBench({ routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] }, ({ to }) =>
    to === 'csirt-b' ? { body: Buffer.from(different(1)), contentType: 'text/xml; charset=none' } : {},
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'))
  await eventually('it is answered', async () => (await t.store.exchangeCounts()).answered === 1)
  assert.equal(message(await waiting).document?.incidents.length, 1)
})

test('an unknown token: a Report is taken as one that nobody asked for, anything else is 403', async () => {
  await using t = await promised()
  const other = ridText(documentText([incidentText({ id: '8' })]), { incidentId: incidentId('8') })
  assert.deepEqual(await t.post(other, OTHER, 'unknown'), EMPTY)
  assert.equal((await t.store.list({ destination: 'incident' })).length, 1)
  const result = ridText(DOCUMENT, {
    msgType: 'Result',
    incidentId: incidentId('8'),
    behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
  })
  for (const text of [result, acknowledgement('Approved')])
    assert.equal(status(await t.post(text, OTHER, 'unknown')), 403)
  assert.equal(t.told.filter(({ event }) => event === 'callback-unknown').length, 3)
})

test("another peer's token: the same answers, and both are named in the log", async () => {
  await using t = await promised()
  assert.deepEqual(await t.post(report(), THIRD, 'T'), EMPTY)
  assert.equal(t.passedOn().length, 0)
  assert.equal(status(await t.post(acknowledgement('Denied'), THIRD, 'T')), 403)
  assert.deepEqual(t.told.find(({ event }) => event === 'callback-stolen')?.fields, {
    peer: 'csirt-c',
    msgType: 'Report',
    owner: 'csirt-b',
  })
  assert.equal((await t.store.exchangeCounts()).open, 1)
})

test('a Result is no answer to a Query', async () => {
  await using t = await promised()
  const behind = '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>'
  const result = ridText(DOCUMENT, { msgType: 'Result', incidentId: incidentId('7'), behind })
  assert.equal(status(await t.post(result, OTHER, 'T')), 400)
})

test('without a token what was promised without one is known by its incident', async () => {
  await using t = await promised(null)
  assert.deepEqual(await t.post(report(), OTHER), EMPTY)
  await eventually('it is passed on', () => t.passedOn().length === 1)
})

test('a callback that is faster than the promise of it answers the question', async () => {
  await using t = await openBench({ routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] }, ({ to }) =>
    to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {},
  )
  const waiting = t.post(byNumber('7'))
  await eventually('it is taken', async () => (await t.traced('7')).includes('asked'))
  assert.deepEqual(await t.post(report(), OTHER, 'T'), EMPTY)
  assert.equal(message(await waiting).rid?.msgType, 'Report')
  t.engine.start()
})

test('the same token for two questions counts for the first', async () => {
  await using t = await promised()
  const waiting = t.post(byNumber('8'))
  await eventually('it is asked on', async () => (await t.traced('8')).includes('asked-on'))
  await t.clock.advance(EXCHANGES.hold)
  tokenOf(await waiting)
  assert.deepEqual(await t.post(report(), OTHER, 'T'), EMPTY)
  await eventually('it is passed on', () => t.passedOn().length === 1)
  assert.equal(t.passedOn()[0]?.token, t.own)
})

test('an answer that is stricter than the asker may have is withheld, as if there were none', async () => {
  await using t = await promised()
  const strict = documentText([incidentText({ id: '7', attributes: ' restriction="private"' })])
  assert.deepEqual(await t.post(report(strict), OTHER, 'T'), EMPTY)
  await eventually('the asker has an answer', () => t.passedOn().length === 1)
  const [one] = t.passedOn()
  assert.deepEqual([one?.inspection.rid?.msgType, one?.inspection.rid?.hasPayload], ['Report', false])
  assert.ok((await t.traced('7')).includes('answer-withheld'))
})

test('garbage is asked for again once, after a minute, and then given up', async () => {
  await using t = await openBench({ routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] }, ({ to }) =>
    to === 'csirt-b' ? { body: Buffer.from('<html/>') } : {},
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'))
  await eventually('it was asked', () => t.posted.length === 1)
  await t.clock.advance(EXCHANGES.hold)
  tokenOf(await waiting)
  // whenever its outcome was settled, a minute from then on is over
  for (let i = 0; i < 4; i++) await t.clock.advance(30_000)
  await eventually('the asker is told', () => t.posted.some(({ to }) => to === 'csirt-a'))
  assert.equal(t.posted.filter(({ to }) => to === 'csirt-b').length, 2)
  assert.deepEqual(t.posted.at(-1)?.inspection.rid?.requestStatus, {
    AuthorizationStatus: 'Denied',
    Justification: 'SystemResource',
  })
})

test('Pending is told after two minutes to who wants to know', async () => {
  const interim = { ...ASKER, interim: true }
  await using t = await openBench(
    { peers: [interim, OTHER], routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] },
    ({ to }) => (to === 'csirt-b' ? { status: 503 } : {}),
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'), interim)
  await eventually('it was asked', () => t.posted.length > 0)
  await t.clock.advance(EXCHANGES.hold)
  const token = tokenOf(await waiting)
  await t.clock.advance(EXCHANGES.pending)
  await t.side.runDue()
  const told = () => t.posted.filter(({ to }) => to === 'csirt-a')
  await eventually('it is told', () => told().length === 1)
  assert.equal(told()[0]?.token, token)
  assert.deepEqual(told()[0]?.inspection.rid?.requestStatus, { AuthorizationStatus: 'Pending' })
  await t.side.runDue()
  assert.equal(told().length, 1)
})

test('an asker that is asked back by nobody but itself gets no answer from itself', async () => {
  await using t = await openBench({
    peers: [{ ...ASKER, query: [] }, OTHER],
    routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-a'] }],
  })
  const answer = message(await t.post(byNumber('7'), { ...ASKER, query: [] }))
  assert.equal(answer.rid?.requestStatus?.AuthorizationStatus, 'Denied')
})

test('an asker that may see less by the time its answer goes is told, once, that there is nothing', async () => {
  const restrictions: ('public' | 'partner')[] = ['public', 'partner']
  const asker = { ...ASKER, restrictions }
  let away = true
  await using t = await openBench(
    {
      peers: [asker, OTHER],
      exchanges: { ...EXCHANGES, hold: 0 },
      routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }],
    },
    ({ to }) => {
      if (to === 'csirt-b') return { status: 202, callbackToken: 'T' }
      return away ? { status: 503 } : {}
    },
  )
  t.engine.start()
  const token = tokenOf(await t.post(byNumber('7'), asker))
  await eventually('it is promised', async () => (await t.traced('7')).includes('asked-on'))
  const partner = documentText([incidentText({ id: '7', attributes: ' restriction="partner"' })])
  await t.post(ridText(partner, { incidentId: incidentId('7') }), OTHER, 'T')
  await eventually('it was tried', async () => (await t.traced('7')).includes('retried'))
  const before = t.posted.length
  restrictions.splice(0, 2, 'public')
  away = false
  await eventually('it is over', async () => {
    await t.clock.advance(60_000)
    return (await t.store.exchangeCounts()).answered === 1
  })
  assert.deepEqual(
    t.posted.slice(before).map((one) => [one.token, one.inspection.rid?.msgType, one.inspection.rid?.hasPayload]),
    [[token, 'Report', false]],
  )
  assert.ok((await t.traced('7')).includes('answer-withheld'))
})

test('held answers of one peer leave room for others, and are promised at once above eight', async () => {
  await using t = await openBench({ routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] })
  const held = Array.from({ length: 8 }, (_, i) => t.post(byNumber(String(i))))
  await eventually('eight wait', async () => (await t.store.exchangeCounts()).open === 8)
  await t.clock.settle()
  assert.equal((await t.post(byNumber('9'))).kind, 'promised')
  t.side.drain()
  assert.deepEqual(
    (await Promise.all(held)).map(({ kind }) => kind),
    held.map(() => 'promised'),
  )
})
