import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { closeQuestion } from '../../src/exchange/operator.ts'
import { hashOfToken } from '../../src/exchange/token.ts'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { acknowledgement } from '../support/rid-peer.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, type Responder, tokenOf } from './bench.ts'

const REQUEST = { ...ASKER, accept: [...ASKER.accept, 'Result' as const] }
/** It may see less than csirt-a. */
const SECOND = { ...REQUEST, name: 'csirt-c', identity: { dns: 'csirt-c.example' }, restrictions: ['public'] as const }
const THIRD = { ...REQUEST, name: 'csirt-d', identity: { dns: 'csirt-d.example' } }

const report = (restriction = 'public') =>
  ridText(documentText([incidentText({ id: '7', attributes: ` restriction="${restriction}"` })]), {
    incidentId: incidentId('7'),
  })

/** csirt-b is asked whatever the others ask, and promises an answer with a token of its own for each. */
async function open(responder?: Responder, start = true, more: Partial<typeof EXCHANGES> = {}) {
  let token = 0
  const t = await openBench(
    {
      peers: [REQUEST, OTHER, SECOND, THIRD],
      exchanges: { ...EXCHANGES, hold: 0, ...more },
      routes: [
        { match: { type: ['Query', 'TraceRequest'] }, ask: ['peer:csirt-b'] },
        { match: {}, topic: 'incident' },
      ],
    },
    (posted) => {
      if (posted.to !== 'csirt-b') return {}
      token += 1
      return responder?.(posted) ?? { status: 202, callbackToken: `T${token}` }
    },
  )
  if (start) t.engine.start()
  const to = (name: string) => t.posted.filter((one) => one.to === name)
  return { ...t, to, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}

describe('the same question of a second asker', () => {
  test('is asked once, and what comes goes to both, with the token of each', async () => {
    await using t = await open()
    const first = tokenOf(await t.post(byNumber('7'), REQUEST))
    await eventually('it is asked', () => t.to('csirt-b').length === 1)
    const second = tokenOf(await t.post(byNumber('7'), SECOND))
    assert.notEqual(first, second)
    for (let i = 0; i < 2; i++) assert.deepEqual(await t.post(report(), OTHER, 'T1'), { kind: 'reply', xml: '' })
    await eventually('both are closed', async () => (await t.store.exchangeCounts()).answered === 2)
    assert.deepEqual(
      ['csirt-a', 'csirt-c'].map((name) => t.to(name).map((one) => [one.token, one.inspection.rid?.msgType])),
      [[[first, 'Report']], [[second, 'Report']]],
    )
    assert.equal(t.to('csirt-b').length, 1)
  })

  test('gets only what it may see', async () => {
    await using t = await open()
    await t.post(byNumber('7'), REQUEST)
    await t.post(byNumber('7'), SECOND)
    await eventually('it is asked', () => t.to('csirt-b').length === 1)
    await t.post(report('partner'), OTHER, 'T1')
    await eventually('both are closed', async () => (await t.store.exchangeCounts()).answered === 2)
    assert.deepEqual(
      ['csirt-a', 'csirt-c'].map((name) => t.to(name).map((one) => one.inspection.rid?.hasPayload)),
      [[true], [false]],
    )
  })

  test('gets what came before it was asked as well', async () => {
    await using t = await open()
    const request = ridText(documentText([incidentText({ id: '7', purpose: 'traceback' })]), {
      msgType: 'TraceRequest',
      incidentId: incidentId('7'),
    })
    await t.post(request, REQUEST)
    await eventually('it is asked', () => t.to('csirt-b').length === 1)
    assert.deepEqual(await t.post(report(), OTHER, 'T1'), { kind: 'reply', xml: '' })
    assert.deepEqual(await t.post(report('partner'), OTHER, 'T1'), { kind: 'reply', xml: '' })
    await eventually('the first has both', () => t.to('csirt-a').length === 2)
    const token = tokenOf(await t.post(request, SECOND))
    await eventually('the second has what it may see', () => t.to('csirt-c').length > 0)
    await t.clock.settle()
    assert.deepEqual(
      t.to('csirt-c').map((one) => [one.token, one.inspection.document?.needed]),
      [[token, ['public']]],
    )
    assert.equal(t.to('csirt-b').length, 1)
  })

  test('is denied with the first, and told so', async () => {
    await using t = await open(undefined, false)
    await t.post(byNumber('7'), REQUEST)
    await t.post(byNumber('7'), SECOND)
    t.engine.start()
    await eventually('it is asked', async () => (await t.traced('7')).includes('asked-on'))
    await t.post(acknowledgement('Denied', 'Authentication'), OTHER, 'T1')
    await eventually('both are closed', async () => (await t.store.exchangeCounts()).denied === 2)
    for (const name of ['csirt-a', 'csirt-c']) {
      const told = t.to(name).map((one) => one.inspection.rid?.requestStatus)
      assert.deepEqual(told, [{ AuthorizationStatus: 'Denied', Justification: 'Authentication' }], name)
    }
  })

  test('is answered though the first was closed, before or after it was asked', async () => {
    for (const isAsked of [false, true]) {
      await using t = await open(undefined, isAsked)
      await t.post(byNumber('7'), REQUEST)
      if (isAsked) await eventually('it is asked', () => t.to('csirt-b').length === 1)
      await t.post(byNumber('7'), SECOND)
      await t.post(byNumber('7'), THIRD)
      const [{ id = '' } = {}] = await t.store.listExchanges({ asker: 'csirt-a', limit: 1 })
      const config = { peers: [REQUEST, OTHER, SECOND, THIRD], grid: { participants: [], topics: [] } }
      const events = { exchange: () => ({ trace: [], tell: () => undefined }) } as never
      await closeQuestion({ config, store: t.store, events }, id, 'somebody')
      if (!isAsked) t.engine.start()
      await eventually('it is asked', () => t.to('csirt-b').length === 1)
      await eventually('that is noted', async () => (await t.traced('7')).includes('asked-on'))
      assert.deepEqual(await t.post(report(), OTHER, 'T1'), { kind: 'reply', xml: '' })
      await eventually('both are closed', async () => (await t.store.exchangeCounts()).answered === 2)
      for (const name of ['csirt-c', 'csirt-d'])
        assert.deepEqual(
          t.to(name).map((one) => one.inspection.rid?.msgType),
          ['Report'],
        )
      assert.equal(t.to('csirt-b').length, 1)
    }
  })

  test('is still asked when the time of the first is over, and the peer was away until then', async () => {
    const life = 10 * 86_400_000
    let away = true
    await using t = await open(() => (away ? { status: 503 } : { status: 202, callbackToken: 'T' }), true, {
      expireRequest: life,
    })
    const text = ridText(documentText([incidentText({ id: '7', purpose: 'traceback' })]), {
      msgType: 'TraceRequest',
      incidentId: incidentId('7'),
    })
    await t.post(text, REQUEST)
    t.clock.set(t.clock.now() + life / 2)
    await t.post(text, SECOND)
    t.clock.set(t.clock.now() + life / 2)
    await t.side.runDue()
    await t.clock.advance(600_000)
    assert.deepEqual(
      (await t.store.list({ destination: 'csirt-b' })).map(({ state }) => state),
      ['pending'],
    )
    away = false
    await eventually('it is asked', async () => {
      await t.clock.advance(600_000)
      return (await t.traced('7')).includes('asked-on')
    })
  })

  test('gets an answer in the response to the first', async () => {
    await using t = await open(() => ({ body: Buffer.from(report()) }), false)
    await t.post(byNumber('7'), REQUEST)
    await t.post(byNumber('7'), SECOND)
    t.engine.start()
    await eventually('both are closed', async () => (await t.store.exchangeCounts()).answered === 2)
    assert.equal(t.to('csirt-b').length, 1)
  })

  test('is asked by itself where it says something else, or the first has its answer', async () => {
    await using t = await open()
    await t.post(byNumber('7'), REQUEST)
    await t.post(byNumber('7').replace('"PeerToPeer"', '"IntraConsortium"'), SECOND)
    await eventually('both are asked', () => t.to('csirt-b').length === 2)
    await eventually('that is noted', async () => (await t.store.legOf('csirt-b', hashOfToken('T1'))) !== undefined)
    await t.post(report(), OTHER, 'T1')
    await t.post(byNumber('7'), THIRD)
    await eventually('it is asked anew', () => t.to('csirt-b').length === 3)
  })

  test('of the peer that is asked is refused as a loop still', async () => {
    const back = { ...OTHER, accept: ASKER.accept, query: ['incident'] }
    await using t = await open()
    await t.post(byNumber('7'), REQUEST)
    await t.post(byNumber('7'), SECOND)
    const answer = message(await t.post(byNumber('7'), back))
    assert.equal(answer.rid?.requestStatus?.AuthorizationStatus, 'Denied')
  })
})
