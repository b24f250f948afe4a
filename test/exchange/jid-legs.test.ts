import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { approveQuestion, closeQuestion } from '../../src/exchange/operator.ts'
import type { GridReply } from '../../src/grid/contract.ts'
import { read } from '../relay/journey.ts'
import { byNumber, documentText, IODEF1, IODEF2, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, asFile, EXCHANGES, message, openBench, tokenOf } from './bench.ts'

const SOC = 'soc@grid.example/tool'
const INCIDENT = 'csirt.example 7'
/** A response that waits for nothing: what can be said at once is said, and all else promised. */
const AT_ONCE = { ...EXCHANGES, hold: 0, expireQuery: 300_000 }
const ASKING: Partial<Config> = {
  exchanges: AT_ONCE,
  routes: [{ match: {}, ask: [`jid:${SOC}`] }],
}
const RESULT: GridReply = { kind: 'result', xml: undefined }

/** An XEP-0268 element around an Incident: `exchange` is the id of what it answers. */
function element(name: string, { exchange = '', id = '7', restriction = 'public', behind = '' } = {}): string {
  const [incident] = [incidentText({ id, attributes: ` xmlns="${IODEF2}" restriction="${restriction}"` })]
  const context =
    exchange === '' ? '' : `<context xmlns="urn:x-iodef-gateway:context:1"><exchange id="${exchange}"/></context>`
  return `<${name} xmlns="urn:xmpp:incident:2">${incident}${context}${behind}</${name}>`
}

const error = (condition: string, type = 'cancel'): GridReply => ({ kind: 'error', type, condition, reason: condition })

/** csirt-a asked, and the SOC was asked on; what csirt-a has by now. */
async function asked(text: string, replier: () => GridReply, config: Partial<Config> = {}) {
  const t = await openBench({ ...ASKING, ...config }, undefined, replier)
  t.engine.start()
  const answer = await t.post(text)
  await eventually('it is asked on', () => t.requested.length > 0)
  const [first] = await t.store.listExchanges({ limit: 1 })
  const exchange = first?.id ?? ''
  return {
    ...t,
    answer,
    exchange,
    leg: async () => (await t.store.exchange(exchange))?.legs[0],
    send: (xml: string, from = 'soc@grid.example/other') => t.side.takeFromJid(from, read(xml)),
    passedOn: () => t.posted.filter(({ to }) => to === 'csirt-a'),
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  }
}

type Asked = Awaited<ReturnType<typeof asked>>

const state = (t: Asked, is: string) => eventually(`its leg is ${is}`, async () => (await t.leg())?.state === is)

test('a Query by number goes as an inquiry that asks for no more, and says whose it is and until when', async () => {
  await using t = await asked(byNumber('7'), () => RESULT)
  tokenOf(t.answer)
  const [iq] = t.requested
  assert.deepEqual([iq?.to, iq?.type], [SOC, 'get'])
  const { item, document, valid } = read(iq?.xml ?? '')
  assert.ok(valid)
  assert.equal(item?.element, 'inquiry')
  assert.deepEqual(document?.incidents[0]?.id, { name: 'csirt.example', instance: null, id: '7' })
  assert.equal(document?.incidents[0]?.purpose, 'traceback')
  assert.match(iq?.xml ?? '', /<GenerationTime>[^<]*<\/GenerationTime><Contact[^>]*><ContactName>csirt-a.example</)
  assert.equal(item?.exchange?.id, t.exchange)
  assert.equal(item?.exchange?.from, 'csirt-a.example')
  assert.notEqual(item?.exchange?.expires, undefined)
  assert.equal(item?.policy?.attributes.MsgType, 'Query')
  assert.match(item?.policy?.node ?? '', /<NodeName>grid.example</, 'who is asked, not who asks')
  await state(t, 'promised')
})

for (const msgType of ['InvestigationRequest', 'TraceRequest']) {
  test(`the document of a ${msgType} goes as a request, as it came`, async () => {
    const content =
      '<EventData><Flow><System category="source"><Node><Address category="ipv4-addr">192.0.2.1</Address></Node></System></Flow></EventData>'
    const incident = incidentText({ id: '9', purpose: 'mitigation', content })
    const text = ridText(documentText([incident]), { msgType, incidentId: incidentId('9') })
    await using t = await asked(text, () => RESULT)
    const { item, document, valid } = read(t.requested[0]?.xml ?? '')
    assert.ok(valid)
    assert.deepEqual([item?.element, item?.policy?.attributes.MsgType], ['request', msgType])
    assert.equal(document?.xml, read(text).document?.xml)
  })
}

test('a question of several Incidents is not asked by IQ', async () => {
  const text = ridText(documentText([incidentText({ id: '1' }), incidentText({ id: '2' })]), { msgType: 'Query' })
  await using t = await openBench(ASKING)
  t.engine.start()
  tokenOf(await t.post(text))
  await eventually('the asker is told', () => t.posted.length === 1)
  assert.equal(t.posted[0]?.inspection.rid?.requestStatus?.Justification, 'SystemResource')
  assert.deepEqual(t.requested, [])
  const [delivery] = await t.store.list({ states: ['held'] })
  assert.match(delivery?.reason ?? '', /several Incidents/)
})

describe('what an IQ is answered with', () => {
  for (const [condition, type] of [
    ['forbidden', 'auth'],
    ['not-allowed', 'cancel'],
    ['not-authorized', 'auth'],
    ['bad-request', 'modify'],
    ['not-acceptable', 'modify'],
  ] as const) {
    test(`${condition} is Denied, CannotProcess`, async () => {
      await using t = await asked(byNumber('7'), () => error(condition, type))
      await eventually('the asker is told', () => t.passedOn().length === 1)
      assert.deepEqual(t.passedOn()[0]?.inspection.rid?.requestStatus, {
        AuthorizationStatus: 'Denied',
        Justification: 'CannotProcess',
      })
      assert.equal((await t.leg())?.state, 'denied')
    })
  }

  for (const condition of ['service-unavailable', 'feature-not-implemented', 'remote-server-not-found', 'gone']) {
    test(`${condition} is a failure, which the trace names`, async () => {
      await using t = await asked(byNumber('7'), () => error(condition))
      await eventually('the asker is told', () => t.passedOn().length === 1)
      assert.equal(t.passedOn()[0]?.inspection.rid?.requestStatus?.Justification, 'SystemResource')
      assert.equal((await t.leg())?.state, 'failed')
      const [closed] = (await t.store.trace('7')).filter(({ event }) => event === 'leg-closed')
      assert.deepEqual([closed?.fields.peer, closed?.fields.reason], [SOC, condition])
    })
  }

  test('item-not-found is an empty Report to a Query', async () => {
    await using t = await asked(byNumber('7'), () => error('item-not-found'))
    await eventually('the asker is told', () => t.passedOn().length === 1)
    const [report] = t.passedOn()
    assert.equal(report?.inspection.rid?.msgType, 'Report')
    assert.equal(report?.inspection.document, null)
    assert.equal((await t.leg())?.state, 'answered')
  })

  test('item-not-found denies a request', async () => {
    const text = ridText(documentText(), { msgType: 'InvestigationRequest', incidentId: incidentId('7') })
    await using t = await asked(text, () => error('item-not-found'))
    await eventually('the asker is told', () => t.passedOn().length === 1)
    assert.equal(t.passedOn()[0]?.inspection.rid?.requestStatus?.Justification, 'CannotProcess')
  })

  for (const [name, reply] of Object.entries({
    'an error of type wait': error('resource-constraint', 'wait'),
    'no answer': { kind: 'unanswered', reason: 'It did not answer in time.' },
    'nobody there': { kind: 'absent', reason: 'Nobody is there.' },
    'no connection': { kind: 'away', reason: 'The Controller is not connected.' },
  } as const satisfies Record<string, GridReply>)) {
    test(`${name} is tried again until the question expires, and told as any other`, async () => {
      let away = true
      await using t = await asked(byNumber('7'), () => (away ? reply : RESULT))
      tokenOf(t.answer)
      assert.equal((await t.leg())?.state, 'waiting')
      away = false
      await eventually('it is asked again', async () => {
        await t.clock.advance(60_000)
        return (await t.leg())?.state === 'promised'
      })
    })

    test(`${name} until then is Denied, Other`, async () => {
      await using t = await asked(byNumber('7'), () => reply)
      await t.clock.advance(AT_ONCE.expireQuery)
      await t.side.runDue()
      await eventually('the asker is told', () => t.passedOn().length === 1)
      assert.equal(t.passedOn()[0]?.inspection.rid?.requestStatus?.Justification, 'Other')
      assert.equal((await t.leg())?.state, 'expired')
      await eventually('its delivery has ended', async () => {
        await t.clock.advance(60_000)
        const [delivery] = await t.store.list({ destination: SOC })
        return delivery?.state === 'withheld'
      })
      const before = t.requested.length
      await t.clock.advance(600_000)
      assert.equal(t.requested.length, before, 'nobody is asked what nobody waits for')
    })
  }

  test('a report in the result is the answer', async () => {
    await using t = await asked(byNumber('7'), () => ({ kind: 'result', xml: element('report') }))
    await eventually('it is passed on', () => t.passedOn().length === 1)
    assert.equal(t.passedOn()[0]?.inspection.document?.incidents[0]?.key, INCIDENT)
    assert.equal((await t.leg())?.state, 'answered')
  })

  for (const [name, xml] of Object.entries({
    'what is not valid': '<report xmlns="urn:xmpp:incident:2"/>',
    'another question': element('inquiry'),
    'a response to an inquiry': element('response'),
    'a file beside it': asFile(element('report')),
  })) {
    test(`${name} in the result is asked for once more, and then a failure`, async () => {
      await using t = await asked(byNumber('7'), () => ({ kind: 'result', xml }))
      assert.equal((await t.leg())?.state, 'waiting')
      await eventually('it was asked twice', async () => {
        await t.clock.advance(60_000)
        return t.requested.length === 2
      })
      await eventually('the asker is told', () => t.passedOn().length === 1)
      assert.equal(t.passedOn()[0]?.inspection.rid?.requestStatus?.Justification, 'SystemResource')
    })
  }

  test('an answer over our limits is a failure', async () => {
    await using t = await asked(byNumber('7'), () => ({
      kind: 'unreadable',
      reason: 'Its answer is longer than the limit.',
    }))
    await state(t, 'failed')
    await eventually('the asker is told', () => t.passedOn().length === 1)
  })

  test('an answer within the hold goes in the response', async () => {
    const reply: GridReply = { kind: 'result', xml: element('report') }
    await using t = await openBench({ ...ASKING, exchanges: EXCHANGES }, undefined, () => reply)
    t.engine.start()
    assert.equal(message(await t.post(byNumber('7'))).document?.incidents[0]?.key, INCIDENT)
  })
})

describe('an answer that comes by IQ', () => {
  test('is known by its exchange, whatever its incident and whichever resource of his sends it', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    await state(t, 'promised')
    assert.equal(await t.send(element('report', { exchange: t.exchange, id: 'other' })), 'taken')
    await eventually('it is passed on', () => t.passedOn().length === 1)
    const [report] = t.passedOn()
    assert.equal(report?.token, tokenOf(t.answer))
    assert.equal(report?.inspection.rid?.incidentId?.id, '7', 'the asked one')
    assert.equal(report?.inspection.document?.incidents[0]?.id.id, 'other')
    await eventually('it is closed', async () => (await t.store.exchange(t.exchange))?.state === 'answered')
  })

  test('is known by its incident where it names no exchange', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    await state(t, 'promised')
    assert.equal(await t.send(element('report', { id: '8' })), undefined)
    assert.equal(await t.send(element('report')), 'taken')
    await eventually('it is passed on', () => t.passedOn().length === 1)
  })

  test('is known by the incident of the document that asks, where that is another than is asked for, or none is', async () => {
    for (const more of [{ incidentId: incidentId('7') }, {}]) {
      const text = ridText(documentText([incidentText({ id: '9' })]), { msgType: 'InvestigationRequest', ...more })
      await using t = await asked(text, () => RESULT)
      await state(t, 'promised')
      assert.equal(await t.send(element('response', { id: '8' })), undefined)
      assert.equal(await t.send(element('response', { id: '9' })), 'taken')
      await eventually('it is closed', async () => (await t.store.exchange(t.exchange))?.state === 'answered')
    }
  })

  test('of somebody else is none, whatever it names', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    await state(t, 'promised')
    for (const from of ['other@grid.example/tool', 'grid.example', 'soc@grid.example.net/tool']) {
      assert.equal(await t.send(element('report', { exchange: t.exchange }), from), undefined, from)
    }
    assert.equal((await t.leg())?.state, 'promised')
    assert.deepEqual(t.passedOn(), [])
  })

  test('is taken while the question is being asked, and the promise behind it', async () => {
    const late = Promise.withResolvers<GridReply>()
    await using t = await openBench(ASKING, undefined, () => late.promise)
    using _ = { [Symbol.dispose]: () => late.resolve(RESULT) }
    t.engine.start()
    tokenOf(await t.post(byNumber('7')))
    await eventually('it is asked on', () => t.requested.length === 1)
    assert.equal(await t.side.takeFromJid(SOC, read(element('report'))), 'taken')
    late.resolve(RESULT)
    await eventually('it is passed on', () => t.posted.length === 1)
    await eventually('it is closed', async () => (await t.store.exchangeCounts()).answered === 1)
  })

  test('is a report like any other before he was asked', async () => {
    await using t = await openBench(ASKING)
    tokenOf(await t.post(byNumber('7')))
    assert.equal(await t.side.takeFromJid(SOC, read(element('report'))), undefined)
  })

  test('that is private reaches no asker who may have public and partner alone', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    await state(t, 'promised')
    assert.equal(await t.send(element('report', { exchange: t.exchange, restriction: 'private' })), 'withheld')
    await eventually('it is closed', async () => (await t.store.exchange(t.exchange))?.state === 'answered')
    assert.deepEqual(
      t.passedOn().map(({ inspection }) => [inspection.rid?.msgType, inspection.document]),
      [['Report', null]],
      'as if nothing came',
    )
    assert.equal((await t.traced('7')).filter((event) => event === 'answer-withheld').length, 1)
  })

  test('comes twice and is passed on once', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    for (let i = 0; i < 2; i++) assert.equal(await t.send(element('report', { exchange: t.exchange })), 'taken')
    await eventually('it is closed', async () => (await t.store.exchange(t.exchange))?.state === 'answered')
    assert.equal(await t.send(element('report', { exchange: t.exchange })), 'taken')
    assert.equal(t.passedOn().length, 1)
    assert.deepEqual(await t.store.list({ states: ['held'] }), [])
  })

  test('after the question has expired is held', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    await state(t, 'promised')
    await t.clock.advance(AT_ONCE.expireQuery)
    await t.side.runDue()
    assert.equal(await t.send(element('report', { exchange: t.exchange })), 'taken')
    const [held] = await t.store.list({ states: ['held'] })
    assert.equal(held?.reason, 'late: it came from soc@grid.example after the question was closed as expired')
  })

  test('a response answers a request, with its IncidentSource or without; a report on the way is passed on', async () => {
    const text = ridText(documentText(), { msgType: 'InvestigationRequest', incidentId: incidentId('7') })
    await using t = await asked(text, () => RESULT)
    await state(t, 'promised')
    assert.equal(await t.send(element('report', { exchange: t.exchange })), 'taken')
    await eventually('the report is passed on', () => t.passedOn().length === 1)
    assert.equal((await t.leg())?.state, 'promised')
    assert.equal(await t.send(element('response', { id: '7' })), 'taken')
    await eventually('the Result is passed on', () => t.passedOn().length === 2)
    assert.equal(t.passedOn()[1]?.inspection.rid?.msgType, 'Result')
    assert.match(t.passedOn()[1]?.xml ?? '', /<SourceFound>false</)
    await eventually('it is closed', async () => (await t.store.exchange(t.exchange))?.state === 'answered')
  })

  test('a response answers no inquiry, and a question nothing', async () => {
    await using t = await asked(byNumber('7'), () => RESULT)
    await state(t, 'promised')
    assert.equal(await t.send(element('response', { exchange: t.exchange })), 'refused')
    assert.equal(await t.send(element('inquiry', { exchange: t.exchange })), undefined)
    assert.equal((await t.leg())?.state, 'promised')
  })

  test('beyond those that are kept of one leg is refused', async () => {
    await using t = await asked(byNumber('7'), () => RESULT, {
      routes: [{ match: { type: ['Query'] }, ask: [`jid:${SOC}`, 'jid:other.example'] }],
    })
    await state(t, 'promised')
    const another = (n: number) => t.send(element('report', { exchange: t.exchange, id: `n${n}` }))
    for (let n = 0; n < 50; n++) assert.equal(await another(n), 'taken')
    assert.equal(await another(50), 'refused')
  })
})

test('an operator approves what is then asked of somebody on the grid', async () => {
  const routes = [{ match: {}, ask: ['held', `jid:${SOC}`] }] as unknown as Config['routes']
  await using t = await openBench({ ...ASKING, routes })
  t.engine.start()
  const text = ridText(documentText(), { msgType: 'InvestigationRequest', incidentId: incidentId('7') })
  tokenOf(await t.post(text))
  const [{ id = '' } = {}] = await t.store.listExchanges({ limit: 1 })
  assert.deepEqual(t.requested, [])
  const { done } = await approveQuestion(
    { config: { peers: [], grid: { participants: [], topics: [] } }, store: t.store, events: t.events },
    id,
    'anne',
  )
  assert.ok(done)
  await eventually('it is asked', async () => {
    t.engine.wake('jid', SOC)
    return t.requested.length === 1
  })
  const [leg] = (await t.store.exchange(id))?.legs ?? []
  assert.deepEqual([leg?.kind, leg?.target], ['jid', SOC])
})

test('a report in the result of a question that was closed meanwhile is held', async () => {
  const reply = Promise.withResolvers<GridReply>()
  await using t = await openBench(ASKING, undefined, () => reply.promise)
  using _ = { [Symbol.dispose]: () => reply.resolve(RESULT) }
  t.engine.start()
  tokenOf(await t.post(byNumber('7')))
  await eventually('it is asked on', () => t.requested.length === 1)
  await t.clock.advance(AT_ONCE.expireQuery)
  await t.side.runDue()
  reply.resolve({ kind: 'result', xml: element('report') })
  await eventually('it is held', async () => (await t.store.list({ states: ['held'] })).length === 1)
  const [held] = await t.store.list({ states: ['held'] })
  assert.equal(held?.reason, 'late: it came from soc@grid.example after the question was closed as expired')
})

describe('the same question of a second asker', () => {
  const SECOND = { ...ASKER, name: 'csirt-c', identity: { dns: 'csirt-c.example' }, restrictions: ['public'] as const }
  const both = { ...ASKING, peers: [ASKER, SECOND] }

  test('is asked of him once, and what he answers goes to both', async () => {
    await using t = await openBench(both, undefined, () => RESULT)
    t.engine.start()
    const tokens = [tokenOf(await t.post(byNumber('7'))), tokenOf(await t.post(byNumber('7'), SECOND))]
    await eventually('he promised', async () => (await t.traced('7')).includes('asked-on'))
    assert.equal(await t.side.takeFromJid(SOC, read(element('report'))), 'taken')
    await eventually('both are told', () => t.posted.length === 2)
    assert.equal(t.requested.length, 1)
    assert.deepEqual(t.posted.map(({ token }) => token).sort(), tokens.sort())
  })

  test('is asked for that one where the first is closed before', async () => {
    const config = { peers: both.peers, grid: { participants: [], topics: [] } }
    await using t = await openBench(both, undefined, () => RESULT)
    for (const from of both.peers) tokenOf(await t.post(byNumber('7'), from))
    const [first, second] = await t.store.listExchanges({ limit: 2 })
    await closeQuestion({ config, store: t.store, events: t.events }, first?.id ?? '', 'anne')
    t.engine.start()
    await eventually('it is asked', () => t.requested.length === 1)
    const { item } = read(t.requested[0]?.xml ?? '')
    assert.deepEqual([item?.exchange?.id, item?.exchange?.from], [second?.id, 'csirt-c.example'])
    await eventually(
      'he promised',
      async () => (await t.store.exchange(second?.id ?? ''))?.legs[0]?.state === 'promised',
    )
  })
})

test('somebody who is away for a week is asked a request for as long as it lives', async () => {
  let away = true
  await using t = await openBench(ASKING, undefined, () => (away ? error('service-unavailable', 'wait') : RESULT))
  t.engine.start()
  const text = ridText(documentText([incidentText({ id: '7' })]), { msgType: 'InvestigationRequest' })
  tokenOf(await t.post(text))
  await eventually('it was tried', () => t.requested.length > 0)
  t.clock.set(t.clock.now() + 7 * 86_400_000)
  await t.clock.advance(600_000)
  const states = async () => (await t.store.list({ destination: SOC })).map(({ state }) => state)
  await eventually('it waits', async () => (await states()).join() === 'pending')
  away = false
  await eventually('he is asked', async () => {
    await t.clock.advance(600_000)
    const [{ legs } = { legs: [] }] = await t.store.listExchanges({ limit: 1 })
    return legs[0]?.state === 'promised'
  })
})

test('a question in IODEF 1 goes as IODEF 2, with the document as it came beside it', async () => {
  const v1 = `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="mitigation" restriction="public"><IncidentID name="csirt.example">7</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact type="unknown"/></Assessment><Contact role="creator" type="organization"/></Incident></IODEF-Document>`
  const text = ridText(v1, { msgType: 'InvestigationRequest', incidentId: incidentId('7') })
    .replace('Version="ext-value" ext-Version="2.00"', 'Version="1.0"')
    .replace(`XMLSchemaID="ext-value" ext-XMLSchemaID="${IODEF2}"`, `XMLSchemaID="${IODEF1}"`)
  await using t = await asked(text, () => RESULT)
  const xml = t.requested[0]?.xml ?? ''
  assert.match(xml, new RegExp(`^<request xmlns="urn:xmpp:incident:2"><Incident xmlns="${IODEF2}"`))
  const { document } = read(xml)
  assert.equal(document?.original?.version, 1)
  assert.equal(document?.original?.reason, 'version')
})
