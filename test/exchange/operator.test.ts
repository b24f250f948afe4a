import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Ask, PeerConfig } from '../../src/config/types.ts'
import { createDeedTeller } from '../../src/delivery/deeds.ts'
import { createEvents } from '../../src/events.ts'
import { approveQuestion, closeQuestion, denyQuestion } from '../../src/exchange/operator.ts'
import { createLog } from '../../src/log.ts'
import type { Answer } from '../../src/rid/contract.ts'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually, within } from '../support/eventually.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, tokenOf } from './bench.ts'

const EMPTY: Answer = { kind: 'reply', xml: '' }
const PEERS = [ASKER, OTHER]
const ASKS_ON = { peers: PEERS, routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] } as const
const DENIED = { AuthorizationStatus: 'Denied', Justification: 'Other' }
const report = ridText(documentText([incidentText({ id: '7' })]), { incidentId: incidentId('7') })

type Bench = Awaited<ReturnType<typeof openBench>>

/** What the command does, in a process of its own. */
async function deskOf({ beside, clock }: Bench) {
  const events = createEvents({ log: createLog('silent'), clock })
  return { store: await beside(), events, config: { grid: { participants: [], topics: [] }, peers: PEERS } }
}

const idOf = async ({ store }: Bench) => (await store.listExchanges({ limit: 1 }))[0]?.id ?? ''

test('a question that an operator closes is denied by callback, once, and what comes later is held', async () => {
  await using t = await openBench({ ...ASKS_ON, peers: PEERS, routes: [...ASKS_ON.routes] }, ({ to }) =>
    to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {},
  )
  t.engine.start()
  const waiting = t.post(byNumber('7'))
  await eventually('it is asked on', async () => (await t.traced('7')).includes('asked-on'))
  await t.clock.advance(EXCHANGES.hold)
  const token = tokenOf(await waiting)
  const id = await idOf(t)
  const desk = await deskOf(t)
  assert.equal((await closeQuestion(desk, id, 'alice')).done, true)
  assert.equal((await closeQuestion(desk, id, 'alice')).done, false, 'it is closed already')
  await t.clock.advance(2000)
  const told = () => t.posted.filter(({ to }) => to === 'csirt-a')
  await eventually('the asker is told', () => told().length === 1)
  assert.deepEqual([told()[0]?.token, told()[0]?.inspection.rid?.requestStatus], [token, DENIED])
  const closed = await t.store.exchange(id)
  assert.deepEqual([closed?.state, closed?.legs[0]?.state], ['cancelled', 'expired'])
  assert.deepEqual(await t.post(report, OTHER, 'T'), EMPTY)
  const [held] = await t.store.list({ states: ['held'] })
  assert.match(held?.reason ?? '', /after the question was closed as cancelled$/)
  const deeds = (await t.store.trace('7')).filter(({ event }) => event === 'operator-closed')
  assert.deepEqual(
    deeds.map(({ fields }) => [fields.by, fields.exchange, fields.answers]),
    [['alice', id, 0]],
  )
})

test('whoever waits for a response is answered as soon as the gateway sees that the question was closed', async () => {
  await using t = await openBench({ peers: PEERS, routes: [...ASKS_ON.routes] })
  const tell = createDeedTeller(
    t.store,
    createEvents({ log: createLog('silent'), clock: t.clock, metrics: t.metrics }),
    ({ exchange }) => t.side.happened(String(exchange)),
  )
  await tell()
  const waiting = t.post(byNumber('7'))
  await eventually('it is open', async () => (await idOf(t)) !== '')
  await closeQuestion(await deskOf(t), await idOf(t), 'alice')
  await tell()
  assert.deepEqual(message(await waiting).rid?.requestStatus, DENIED)
  assert.match(await t.metrics.registry.metrics(), /questions_total\{source="csirt-a",outcome="operator-closed"\} 1\n/)
  t.engine.start()
  await eventually(
    'it is not asked on any more',
    async () => (await t.store.list({ states: ['withheld'] })).length === 1,
  )
  assert.equal(t.posted.length, 0)
})

test('what happens to a question just before its response begins to wait is not waited for in vain', async () => {
  await using t = await openBench({ peers: PEERS, routes: [...ASKS_ON.routes] })
  const desk = await deskOf(t)
  const change = t.store.change.bind(t.store)
  t.store.change = async (id, made) => {
    const looked = await change(id, made)
    t.store.change = change
    await closeQuestion(desk, id, 'alice')
    t.side.happened(id)
    return looked
  }
  const answer = await within(10_000, 'the answer, though no time passes', t.post(byNumber('7')))
  assert.deepEqual(message(answer).rid?.requestStatus, DENIED)
})

describe('a request that a route holds', () => {
  const REQUESTER = { ...ASKER, interim: true }
  const FINDER = { ...OTHER, accept: ['Result'] } as const
  const ALL = [REQUESTER, FINDER]
  const request = ridText(documentText([incidentText({ purpose: 'traceback' })]), {
    msgType: 'InvestigationRequest',
    incidentId: incidentId('7'),
  })
  const result = ridText(documentText([incidentText({ id: '7' })]), {
    msgType: 'Result',
    incidentId: incidentId('7'),
    behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
  })

  async function held(ask: readonly Ask[], peers: readonly PeerConfig[] = ALL, from: PeerConfig = REQUESTER) {
    const routes = [{ match: { type: ['InvestigationRequest'] as const }, ask }]
    const t = await openBench({ peers, routes }, ({ to }) =>
      to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {},
    )
    t.engine.start()
    const answer = await t.post(request, from)
    const desk = { ...(await deskOf(t)), config: { grid: { participants: [], topics: [] }, peers } }
    const told = () => t.posted.filter(({ to }) => to === 'csirt-a')
    const words = () =>
      told().map(({ inspection }) => inspection.rid?.requestStatus?.AuthorizationStatus ?? inspection.rid?.msgType)
    const asked = () => t.posted.filter(({ to }) => to === 'csirt-b').length
    return {
      ...t,
      answer,
      desk,
      id: await idOf(t),
      told,
      words,
      asked,
      [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
    }
  }

  test('is promised at once, told as pending, and asked of nobody before it is approved', async () => {
    await using t = await held(['held', 'peer:csirt-b'])
    const token = tokenOf(t.answer)
    assert.ok((await t.traced('7')).includes('question-held'))
    await t.post(result, FINDER)
    assert.equal((await t.store.exchange(t.id))?.answers.length, 0, 'no Result answers it yet')
    await t.clock.advance(EXCHANGES.pending)
    await t.side.runDue()
    await eventually('the asker is told', () => t.told().length === 1)
    assert.deepEqual([t.words(), t.asked()], [['Pending'], 0])
    assert.equal((await approveQuestion(t.desk, t.id, 'alice')).done, true)
    await t.clock.advance(2000)
    await eventually('it is asked on', () => t.asked() === 1)
    await eventually('the asker is told', () => t.words().includes('Approved'))
    await eventually('it is promised', async () => (await t.store.exchange(t.id))?.legs[0]?.state === 'promised')
    assert.deepEqual(await t.post(result, FINDER, 'T'), EMPTY)
    await eventually('the asker has its Result', () => t.words().includes('Result'))
    assert.deepEqual(
      [t.words(), t.told().every((one) => one.token === token)],
      [['Pending', 'Approved', 'Result'], true],
    )
    await eventually('it is closed', async () => (await t.store.exchange(t.id))?.state === 'answered')
    const deeds = (await t.store.trace('7')).filter(({ event }) => event === 'operator-approved')
    assert.deepEqual(
      deeds.map(({ fields }) => [fields.by, fields.peer]),
      [['alice', 'csirt-b']],
    )
  })

  test('is denied with the Justification that the operator gives, and then nothing can be decided any more', async () => {
    await using t = await held(['held', 'peer:csirt-b'])
    assert.equal((await denyQuestion(t.desk, t.id, 'alice', 'AuthenticationOrigin')).done, true)
    await t.clock.advance(2000)
    await eventually('the asker is told', () => t.told().length === 1)
    assert.deepEqual(t.told()[0]?.inspection.rid?.requestStatus, {
      AuthorizationStatus: 'Denied',
      Justification: 'AuthenticationOrigin',
    })
    assert.equal(t.told()[0]?.token, tokenOf(t.answer))
    await eventually('it is closed', async () => (await t.store.exchange(t.id))?.state === 'denied')
    for (const decided of [
      await approveQuestion(t.desk, t.id, 'bob'),
      await denyQuestion(t.desk, t.id, 'bob', 'Other'),
    ]) {
      assert.equal(decided.done, false)
    }
    assert.equal(t.asked(), 0)
  })

  test('of whom nobody else is asked has its Result of whoever may send one, once it is approved', async () => {
    await using t = await held(['held'])
    await t.post(result, FINDER)
    assert.equal((await t.store.exchange(t.id))?.answers.length, 0, 'nobody approved it yet')
    assert.equal((await approveQuestion(t.desk, t.id, 'alice')).done, true)
    assert.equal((await approveQuestion(t.desk, t.id, 'alice')).done, false, 'it is approved already')
    assert.deepEqual(await t.post(result, FINDER), EMPTY)
    await t.clock.advance(2000)
    await eventually('the asker has its Result', () => t.words().includes('Result'))
    assert.deepEqual([t.words(), t.asked()], [['Approved', 'Result'], 0])
  })

  test('of a peer without interim is not told of the approval: who counts a token once waits for the Result', async () => {
    await using t = await held(['held'], [ASKER, FINDER], ASKER)
    await approveQuestion(t.desk, t.id, 'alice')
    await t.post(result, FINDER)
    await t.clock.advance(2000)
    await eventually('the asker has its Result', () => t.words().includes('Result'))
    assert.deepEqual(t.words(), ['Result'])
  })

  test('of a peer that cannot be called back is Pending, and then what the operator said, when it asks again', async () => {
    const quiet = { ...ASKER, callback: 'none' } as const
    await using t = await held(['held'], [quiet, FINDER], quiet)
    assert.equal(message(t.answer).rid?.requestStatus?.AuthorizationStatus, 'Pending')
    await denyQuestion(t.desk, t.id, 'alice', 'CannotProcess')
    assert.deepEqual(message(await t.post(request, quiet)).rid?.requestStatus, {
      AuthorizationStatus: 'Denied',
      Justification: 'CannotProcess',
    })
    assert.equal(t.told().length, 0)
  })

  test('is not approved where the peer that would be asked is none any more', async () => {
    await using t = await held(['held', 'peer:csirt-b'])
    const { done, reason } = await approveQuestion(
      { ...t.desk, config: { grid: { participants: [], topics: [] }, peers: [REQUESTER] } },
      t.id,
      'alice',
    )
    assert.deepEqual([done, reason], [false, 'csirt-b, who would be asked, is no peer with a url'])
    assert.equal((await t.store.exchange(t.id))?.legs[0]?.kind, 'held')
  })

  test('by the peer that would be asked of it is denied', async () => {
    await using t = await held(['held', 'peer:csirt-a'])
    assert.equal(message(t.answer).rid?.requestStatus?.AuthorizationStatus, 'Denied')
    assert.equal(t.id, '')
  })
})
