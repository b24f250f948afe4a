import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TABLE_1 } from '../../src/rid/exchange.ts'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { acknowledgement } from '../support/rid-peer.ts'
import { ASKER, message, OTHER, openBench, type Posted, type Responder, tokenOf } from './bench.ts'

type Question = 'InvestigationRequest' | 'TraceRequest' | 'Query'

const REQUEST = documentText([incidentText({ purpose: 'traceback', attributes: ' restriction="partner"' })])
const SOURCE = '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>'
const DOCUMENT = documentText([incidentText({ id: '7', attributes: ' restriction="partner"' })])

const question = (type: Question) =>
  type === 'Query' ? byNumber('7') : ridText(REQUEST, { msgType: type, incidentId: incidentId('7') })
const reply = (type: 'Report' | 'Result') =>
  ridText(DOCUMENT, { msgType: type, incidentId: incidentId('7'), behind: type === 'Result' ? SOURCE : '' })
const told = (status: string, why?: string) =>
  acknowledgement(status, why).replace('>1<', '>7<').replace('"csirt.example"', '"csirt.example"')

/** A gateway that asks csirt-b whatever csirt-a asks. */
function between(responder: Responder) {
  return openBench(
    {
      peers: [ASKER, OTHER],
      routes: [{ match: {}, ask: ['peer:csirt-b'] }],
      exchanges: { ...EXCHANGES_SHORT },
    },
    ({ to, ...posted }) => (to === 'csirt-b' ? responder({ to, ...posted }) : {}),
  )
}
const EXCHANGES_SHORT = {
  ...{ hold: 25_000, holdIq: 10_000, pending: 120_000, expireQuery: 86_400_000, expireRequest: 30 * 86_400_000 },
  ...{ reports: 5, results: 50, open: 20, rate: 600 },
}
const body = (xml: string) => ({ body: Buffer.from(xml) })
const asked = (posted: readonly Posted[]) => posted.filter(({ to }) => to === 'csirt-b')
const answered = (posted: readonly Posted[]) => posted.filter(({ to }) => to === 'csirt-a')

for (const type of ['InvestigationRequest', 'TraceRequest', 'Query'] as const) {
  describe(`${type}, unasked`, () => {
    test(`200 Acknowledgement: ${type}, as who answers and as who asked`, async () => {
      await using t = await between(() => body(told('Denied', 'Authentication')))
      t.engine.start()
      const answer = message(await t.post(question(type)))
      assert.deepEqual(answer.rid?.requestStatus, { AuthorizationStatus: 'Denied', Justification: 'Authentication' })
      assert.deepEqual(
        asked(t.posted).map(({ inspection }) => inspection.rid?.msgType),
        [type],
      )
      assert.equal((await t.store.list({ states: ['held'] })).length, 0, 'Denied is an answer')
    })

    for (const kind of type === 'Query' ? (['Report'] as const) : (['Result', 'Report'] as const)) {
      test(`200 ${kind}: ${type}, as who answers and as who asked`, async () => {
        await using t = await between(() => body(reply(kind)))
        t.engine.start()
        const waiting = t.post(question(type))
        // a Report to a request leaves it open: it comes when nobody waits any longer
        if (type !== 'Query' && kind === 'Report') {
          await eventually('it is taken', async () => (await t.traced('7')).includes('answer'))
          await t.clock.advance(25_000)
          tokenOf(await waiting)
          await eventually('it is passed on', () => answered(t.posted).length === 1)
          assert.equal(answered(t.posted)[0]?.inspection.rid?.msgType, 'Report')
          return
        }
        const answer = message(await waiting)
        assert.equal(answer.rid?.msgType, kind)
        assert.equal(answer.rid?.policy?.incidentId?.text, '7')
        assert.ok(answer.xml.includes('restriction="partner"'))
        assert.equal((await t.store.exchangeCounts()).answered, 1)
      })
    }

    test(`202: ${type}, as who answers and as who asked`, async () => {
      await using t = await between(() => ({ status: 202, callbackToken: 'their-token' }))
      t.engine.start()
      const waiting = t.post(question(type))
      await eventually('it is asked on', async () => (await t.traced('7')).includes('asked-on'))
      await t.clock.advance(25_000)
      const token = tokenOf(await waiting)
      assert.notEqual(token, 'their-token')
      const callback = await t.post(reply(type === 'Query' ? 'Report' : 'Result'), OTHER, 'their-token')
      assert.deepEqual(callback, { kind: 'reply', xml: '' })
      await eventually('it is passed on', () => answered(t.posted).length === 1)
      assert.equal(answered(t.posted)[0]?.token, token)
      await eventually('it is closed', async () => (await t.store.exchangeCounts()).answered === 1)
    })
  })
}

describe('as callback', () => {
  async function promised(type: Question) {
    const t = await between(() => ({ status: 202, callbackToken: 'T' }))
    t.engine.start()
    const waiting = t.post(question(type))
    await eventually('it is asked on', async () => (await t.traced('7')).includes('asked-on'))
    await t.clock.advance(25_000)
    return { t, token: tokenOf(await waiting) }
  }

  test('200 empty: Acknowledgement, as who is called back and as who calls', async () => {
    const { t, token } = await promised('InvestigationRequest')
    await using _ = t
    assert.deepEqual(await t.post(told('Pending'), OTHER, 'T'), { kind: 'reply', xml: '' })
    assert.deepEqual(await t.post(told('Denied', 'Other'), OTHER, 'T'), { kind: 'reply', xml: '' })
    await eventually('it is passed on', () => answered(t.posted).length === 1)
    const [one] = answered(t.posted)
    assert.equal(one?.token, token)
    assert.deepEqual(one?.inspection.rid?.requestStatus, { AuthorizationStatus: 'Denied', Justification: 'Other' })
    await eventually('it is closed', async () => (await t.store.exchangeCounts()).denied === 1)
  })

  test('200 empty: Result, as who is called back and as who calls', async () => {
    const { t, token } = await promised('TraceRequest')
    await using _ = t
    assert.deepEqual(await t.post(reply('Result'), OTHER, 'T'), { kind: 'reply', xml: '' })
    await eventually('it is passed on', () => answered(t.posted).length === 1)
    const [one] = answered(t.posted)
    assert.deepEqual([one?.token, one?.inspection.rid?.msgType], [token, 'Result'])
    assert.ok(one?.inspection.rid?.incidentSource?.includes('false'))
  })

  test('200 empty: Report, as who is called back and as who calls', async () => {
    const { t, token } = await promised('Query')
    await using _ = t
    assert.deepEqual(await t.post(reply('Report'), OTHER, 'T'), { kind: 'reply', xml: '' })
    await eventually('it is passed on', () => answered(t.posted).length === 1)
    const [one] = answered(t.posted)
    assert.deepEqual([one?.token, one?.inspection.rid?.msgType], [token, 'Report'])
  })
})

describe('Report, unasked', () => {
  // both roles of these two are in test/rid/sender.brokers.test.ts and test/relay/accept.test.ts, too
  test('200 Acknowledgement: Report', async () => {
    await using t = await openBench({ routes: [{ match: {}, topic: 'incident' }] })
    assert.equal(message(await t.post(reply('Report'))).rid?.requestStatus?.AuthorizationStatus, 'Approved')
  })

  test('200 empty: Report, with a token that nobody gave', async () => {
    await using t = await openBench({ routes: [{ match: {}, topic: 'incident' }] })
    assert.deepEqual(await t.post(reply('Report'), ASKER, 'unknown'), { kind: 'reply', xml: '' })
    assert.equal((await t.store.list()).length, 1, 'and it is published all the same')
  })
})

test('Table 1 has sixteen cells', () => assert.equal(TABLE_1.length, 16))
