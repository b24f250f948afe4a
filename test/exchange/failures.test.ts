import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../../src/rid/contract.ts'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { acknowledgement } from '../support/rid-peer.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, type Responder, tokenOf } from './bench.ts'

/** What goes wrong around a question, each by its name; docs/conformance.md lists them with those that stand elsewhere. */

type Bench = Awaited<ReturnType<typeof openBench>>

const DAY = 86_400_000
const EMPTY: Answer = { kind: 'reply', xml: '' }
const THIRD = { ...OTHER, name: 'csirt-c', identity: { dns: 'csirt-c.example' } }
const report = (id = '7', attributes = ' restriction="public"') =>
  ridText(documentText([incidentText({ id, attributes })]), { incidentId: incidentId(id) })
const request = ridText(documentText([incidentText({ id: '7', purpose: 'traceback' })]), {
  msgType: 'TraceRequest',
  incidentId: incidentId('7'),
})
const result = ridText(documentText([incidentText({ id: '7' })]), {
  msgType: 'Result',
  incidentId: incidentId('7'),
  behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
})
const PROMISE: Responder = ({ to }) => (to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {})

/** csirt-b is asked whatever csirt-a asks, and nobody waits long. */
const asking = (responder: Responder = PROMISE) =>
  openBench(
    {
      peers: [ASKER, OTHER, THIRD],
      exchanges: { ...EXCHANGES, hold: 0 },
      routes: [
        { match: { type: ['Query', 'TraceRequest'] }, ask: ['peer:csirt-b'] },
        { match: {}, topic: 'incident' },
      ],
    },
    responder,
  )
const to = ({ posted }: Pick<Bench, 'posted'>, name: string) => posted.filter((one) => one.to === name)
const open = async ({ store }: Pick<Bench, 'store'>) => (await store.exchangeCounts()).open
/** So much later, at once: what comes every second meanwhile is not waited for. */
async function later({ clock }: Pick<Bench, 'clock'>, ms: number): Promise<void> {
  clock.set(clock.now() + ms)
  await clock.advance(60_000)
}
const noted = (t: Bench, event: string) => eventually(event, async () => (await t.traced('7')).includes(event))

/** A question is asked, and the gateway killed behind its commit, before any answer. */
async function killedBeforePromise(t: Bench): Promise<Bench> {
  const { change } = t.store
  t.store.change = () => Promise.reject(new Error('killed'))
  await t.post(byNumber('7'))
  t.store.change = change
  return await t.killed()
}

describe('the gateway is killed', () => {
  test('before the commit: there is no answer, and whoever asks again is answered', async () => {
    await using t = await asking()
    const { ask } = t.store
    t.store.ask = () => Promise.reject(new Error('killed'))
    const answer = await t.post(byNumber('7'))
    assert.equal(answer.kind === 'problem' && answer.problem.status, 503)
    assert.equal(await open(t), 0)
    t.store.ask = ask
    tokenOf(await t.post(byNumber('7')))
  })

  test('after the commit and before the 202: who asks again joins, and there is one token', async () => {
    await using t = await asking()
    await using next = await killedBeforePromise(t)
    assert.equal(await open(next), 1)
    const token = tokenOf(await next.post(byNumber('7')))
    assert.equal(tokenOf(await next.post(byNumber('7'))), token)
    assert.equal(await open(next), 1)
  })

  test('after the commit and before the 202, and nobody asks again: the answer waits until the question expires', async () => {
    await using t = await asking()
    await using next = await killedBeforePromise(t)
    next.engine.start()
    await eventually('it is asked', async () => (await next.traced('7')).includes('asked-on'))
    assert.deepEqual(await next.post(report(), OTHER, 'T'), EMPTY)
    assert.equal(to(next, 'csirt-a').length, 0, 'no token is out')
    await next.clock.advance(EXCHANGES.expireQuery)
    await next.side.runDue()
    assert.equal((await next.store.exchangeCounts()).expired, 1)
    assert.equal(to(next, 'csirt-a').length, 0)
  })

  test("between an answer's commit and the 200: who asks again gets it", async () => {
    await using t = await openBench()
    await t.show(documentText([incidentText({ id: '7' })]))
    const lost = message(await t.post(byNumber('7')))
    await using next = await t.killed()
    assert.equal(message(await next.post(byNumber('7'))).xml, lost.xml)
  })

  test('with open questions: what is asked is asked once more, and what is due comes', async () => {
    await using t = await asking()
    tokenOf(await t.post(byNumber('7')))
    await using next = await t.killed()
    next.engine.start()
    await eventually('it is asked', () => to(next, 'csirt-b').length === 1)
    await eventually('that is noted', async () => (await next.traced('7')).includes('asked-on'))
    await next.clock.advance(EXCHANGES.expireQuery)
    await next.side.runDue()
    await eventually('the asker is told', () => to(next, 'csirt-a').length === 1)
    assert.deepEqual(to(next, 'csirt-a')[0]?.inspection.rid?.requestStatus, {
      AuthorizationStatus: 'Denied',
      Justification: 'Other',
    })
  })
})

test('draining: whoever waits is promised an answer at once', async () => {
  await using t = await openBench({ routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] })
  const waiting = t.post(byNumber('7'))
  await noted(t, 'asked')
  t.side.drain()
  tokenOf(await waiting)
  tokenOf(await t.post(byNumber('8')))
})

test('the asker hangs up during the hold: the question goes on, and who asks again gets its answer', async () => {
  await using t = await openBench(
    { routes: [{ match: { type: ['Query'] }, ask: ['peer:csirt-b'] }] },
    ({ to: peer }) => (peer === 'csirt-b' ? { body: Buffer.from(report()) } : {}),
  )
  // nobody reads this response
  void t.post(byNumber('7'))
  await noted(t, 'asked')
  t.engine.start()
  await eventually('it is answered', async () => (await t.store.exchangeCounts()).answered === 1)
  assert.equal(message(await t.post(byNumber('7'))).document?.incidents.length, 1)
})

describe('a promise of an answer', () => {
  for (const [what, callbackToken] of [
    ['no token', undefined],
    ['a bad token', 'a b'],
    ['a token of 256 characters', 'x'.repeat(256)],
  ] as const) {
    test(`with ${what}: what comes is known by its incident`, async () => {
      await using t = await asking(({ to: peer }) => (peer === 'csirt-b' ? { status: 202, callbackToken } : {}))
      t.engine.start()
      tokenOf(await t.post(byNumber('7')))
      await noted(t, 'asked-on')
      assert.deepEqual(await t.post(report(), OTHER), EMPTY)
      await eventually('it is passed on', () => to(t, 'csirt-a').length === 1)
    })
  }
})

test('a Report without token about what was asked, which whoever asked may not see, is a Report as any other', async () => {
  await using t = await asking(({ to: peer }) => (peer === 'csirt-b' ? { status: 202 } : {}))
  t.engine.start()
  tokenOf(await t.post(byNumber('7')))
  await noted(t, 'asked-on')
  const answer = await t.post(report('7', ' restriction="private"'), { ...OTHER, publish: ['incident'] })
  assert.equal(message(answer).rid?.msgType, 'Acknowledgement', 'it was taken, or denied, and says so')
  assert.ok((await t.traced('7')).some((event) => event === 'accepted' || event === 'denied'))
  assert.ok(to(t, 'csirt-a').every(({ inspection }) => inspection.rid?.hasPayload !== true))
})

describe('an improper reply to a question is asked for once more, and then its leg has failed', () => {
  const replies: readonly (readonly [string, ReturnType<Responder>])[] = [
    ['200 and nothing', {}],
    ['a Result to a Query', { body: Buffer.from(result) }],
    ['a Query', { body: Buffer.from(byNumber('7')) }],
    ['no RID', { body: Buffer.from('<html/>') }],
  ]
  for (const [what, reply] of replies) {
    test(what, async () => {
      await using t = await asking(({ to: peer }) => (peer === 'csirt-b' ? reply : {}))
      t.engine.start()
      tokenOf(await t.post(byNumber('7')))
      await eventually('it is asked', () => to(t, 'csirt-b').length === 1)
      // what it answered is read in a thread, and the time until the next attempt counts from there
      await eventually('the asker is told', async () => {
        await t.clock.advance(10_000)
        return to(t, 'csirt-a').length === 1
      })
      assert.deepEqual(to(t, 'csirt-a')[0]?.inspection.rid?.requestStatus, {
        AuthorizationStatus: 'Denied',
        Justification: 'SystemResource',
      })
      assert.equal(to(t, 'csirt-b').length, 2)
    })
  }
})

test('a Denied to a question: nothing is held for an operator', async () => {
  await using t = await asking(({ to: peer }) =>
    peer === 'csirt-b' ? { body: Buffer.from(acknowledgement('Denied', 'Encryption')) } : {},
  )
  t.engine.start()
  // a promise, or the denial itself where that is quicker
  await t.post(byNumber('7'))
  await eventually('it is over', async () => (await t.store.exchangeCounts()).denied === 1)
  assert.equal((await t.store.list({ states: ['held'] })).length, 0)
})

test('a callback about another incident than was asked: the token decides', async () => {
  await using t = await asking()
  t.engine.start()
  const token = tokenOf(await t.post(byNumber('7')))
  await noted(t, 'asked-on')
  assert.deepEqual(await t.post(report('8'), OTHER, 'T'), EMPTY)
  await eventually('it is passed on', () => to(t, 'csirt-a').length === 1)
  assert.equal(to(t, 'csirt-a')[0]?.token, token)
})

test('an answer from another peer than was asked: it is as one that nobody asked for', async () => {
  await using t = await asking()
  t.engine.start()
  tokenOf(await t.post(byNumber('7')))
  await noted(t, 'asked-on')
  assert.equal(
    message(await t.post(report(), THIRD)).rid?.requestStatus?.AuthorizationStatus,
    'Approved',
    'as a Report',
  )
  const refused = await t.post(result, THIRD)
  assert.equal(refused.kind === 'problem' && refused.problem.status, 403)
  assert.equal(to(t, 'csirt-a').length, 0)
  assert.equal(await open(t), 1)
})

describe("the asker's callback address is dead", () => {
  test('the answer to a request is tried for as long as the request lives, and then held', async () => {
    let away = true
    await using t = await asking(({ to: peer }) => {
      if (peer === 'csirt-b') return { status: 202, callbackToken: 'T' }
      return away ? { status: 503 } : {}
    })
    t.engine.start()
    tokenOf(await t.post(request))
    await noted(t, 'asked-on')
    assert.deepEqual(await t.post(result, OTHER, 'T'), EMPTY)
    await later(t, 29 * DAY)
    assert.deepEqual(
      (await t.store.list({ destination: 'csirt-a' })).map(({ state }) => state),
      ['pending'],
    )
    await later(t, DAY)
    await t.side.runDue()
    await later(t, DAY)
    const [held] = await t.store.list({ destination: 'csirt-a', states: ['held'] })
    assert.match(held?.reason ?? '', /^gave up after 30 d: 503|^callback: the question expired/)
    away = false
    const before = to(t, 'csirt-a').length
    await t.store.retry(held?.id ?? '', t.clock.now())
    assert.ok(before > 0)
  })

  test('and it is back after ten days: it has its Result', async () => {
    let away = true
    await using t = await asking(({ to: peer }) => {
      if (peer === 'csirt-b') return { status: 202, callbackToken: 'T' }
      return away ? { status: 503 } : {}
    })
    t.engine.start()
    const token = tokenOf(await t.post(request))
    await noted(t, 'asked-on')
    assert.deepEqual(await t.post(result, OTHER, 'T'), EMPTY)
    await later(t, 10 * DAY)
    away = false
    await later(t, DAY)
    await eventually('it is over', async () => (await t.store.exchangeCounts()).answered === 1)
    const last = to(t, 'csirt-a').at(-1)
    assert.deepEqual([last?.token, last?.inspection.rid?.msgType], [token, 'Result'])
  })
})

test('a peer that is asked is away for a week: a request is asked for as long as it lives', async () => {
  let away = true
  await using t = await asking(({ to: peer }) =>
    peer === 'csirt-b' && away ? { status: 503 } : PROMISE({ to: peer } as never),
  )
  t.engine.start()
  tokenOf(await t.post(request))
  await later(t, 7 * DAY)
  assert.equal((await t.store.list({ states: ['held'] })).length, 0)
  away = false
  await later(t, DAY)
  await noted(t, 'asked-on')
})

test('the clock goes back: no question expires before its time', async () => {
  await using t = await asking()
  tokenOf(await t.post(byNumber('7')))
  const opened = t.clock.now()
  t.clock.set(opened - 365 * DAY)
  await t.side.runDue()
  assert.equal(await open(t), 1)
  t.clock.set(opened + EXCHANGES.expireQuery - 1)
  await t.side.runDue()
  assert.equal(await open(t), 1)
  t.clock.set(opened + EXCHANGES.expireQuery)
  await t.side.runDue()
  assert.equal((await t.store.exchangeCounts()).expired, 1)
})

test('the archive is being filled while it is asked: what is committed is answered with', async () => {
  await using t = await openBench()
  for (let n = 1; n <= 3; n++) {
    await t.show(
      documentText([
        incidentText({ id: '7', attributes: ` restriction="public" ext-status="${n}" status="ext-value"` }),
      ]),
    )
    const answer = message(
      await t.post(
        byNumber('7', 'csirt.example', undefined).replace(
          '"Attack"',
          ['"Attack"', '"Network"', '"Content"'][n - 1] ?? '',
        ),
      ),
    )
    assert.equal(answer.document?.incidents.length, n)
  }
})

test('the same Query today and tomorrow, with another incident in between: two answers that differ', async () => {
  await using t = await openBench()
  const show = (n: number) =>
    t.show(
      documentText([
        incidentText({ id: '7', attributes: ` restriction="public" ext-status="${n}" status="ext-value"` }),
      ]),
    )
  await show(1)
  assert.equal(message(await t.post(byNumber('7'))).document?.incidents.length, 1)
  await show(2)
  assert.equal(message(await t.post(byNumber('7'))).document?.incidents.length, 1, 'a repeat is the same')
  await later(t, DAY)
  assert.equal(message(await t.post(byNumber('7'))).document?.incidents.length, 2)
})

test('a request: Pending after two minutes, Approved, a Result after ten days and restarts, and no second one', async () => {
  const interim = { ...ASKER, interim: true }
  const config = {
    peers: [interim, OTHER],
    exchanges: { ...EXCHANGES, hold: 0 },
    routes: [{ match: { type: ['TraceRequest'] as const }, ask: ['peer:csirt-b'] as const }],
  }
  let promise = false
  await using t = await openBench(config, ({ to: peer }) =>
    peer !== 'csirt-b' ? {} : promise ? { status: 202, callbackToken: 'T' } : { status: 503 },
  )
  t.engine.start()
  const token = tokenOf(await t.post(request, interim))
  await t.clock.advance(EXCHANGES.pending)
  await t.side.runDue()
  await eventually('it is told', () => to(t, 'csirt-a').length === 1)
  assert.equal(to(t, 'csirt-a')[0]?.inspection.rid?.requestStatus?.AuthorizationStatus, 'Pending')
  promise = true
  await later(t, DAY / 24)
  await noted(t, 'asked-on')
  await t.engine[Symbol.asyncDispose]()
  await using next = await t.killed()
  next.engine.start()
  await later(next, 10 * DAY)
  assert.deepEqual(await next.post(result, OTHER, 'T'), EMPTY)
  await eventually('it is over', async () => (await next.store.exchangeCounts()).answered === 1)
  const passed = to(next, 'csirt-a')
  assert.deepEqual(
    passed.map((one) => [one.token, one.inspection.rid?.msgType]),
    [[token, 'Result']],
  )
  const second = result.replace('false', 'true')
  assert.deepEqual(await next.post(second, OTHER, 'T'), EMPTY)
  assert.equal((await next.store.list({ states: ['held'] })).length, 1, 'late')
  assert.equal(to(next, 'csirt-a').length, 1)
})
