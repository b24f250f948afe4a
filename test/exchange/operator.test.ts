import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeedTeller } from '../../src/delivery/deeds.ts'
import { createEvents } from '../../src/events.ts'
import { closeQuestion } from '../../src/exchange/operator.ts'
import { createLog } from '../../src/log.ts'
import type { Answer } from '../../src/rid/contract.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, byNumber, EXCHANGES, incidentId, message, OTHER, openBench, tokenOf } from './bench.ts'

const EMPTY: Answer = { kind: 'reply', xml: '' }
const PEERS = [ASKER, OTHER]
const ASKS_ON = { peers: PEERS, routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] } as const
const DENIED = { AuthorizationStatus: 'Denied', Justification: 'Other' }
const report = ridText(documentText([incidentText({ id: '7' })]), { incidentId: incidentId('7') })

type Bench = Awaited<ReturnType<typeof openBench>>

/** What the command does, in a process of its own. */
async function deskOf({ beside, clock }: Bench) {
  const events = createEvents({ log: createLog('silent'), clock })
  return { store: await beside(), events, config: { peers: PEERS } }
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
