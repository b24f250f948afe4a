import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import type { GridIqReply, GridReply } from '../../src/grid/contract.ts'
import { read } from '../relay/journey.ts'
import { documentText, IODEF1, IODEF2, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { asFile, EXCHANGES, OTHER, openBench, type Responder } from './bench.ts'

const WHO = 'soc@grid.example'
const TOOL = `${WHO}/tool`
const CONTEXT = 'urn:x-iodef-gateway:context:1'
const RESULT: GridReply = { kind: 'result', xml: undefined }
const GONE: GridReply = { kind: 'error', type: 'cancel', condition: 'service-unavailable', reason: 'gone' }
const NOT_FOUND = { kind: 'error', type: 'cancel', condition: 'item-not-found' }

function element(
  word: string,
  { id = '7', purpose = 'traceback', mark = '', attributes = ' restriction="public"' } = {},
) {
  const incident = incidentText({ id, purpose, attributes: ` xmlns="${IODEF2}"${attributes}` })
  const context = mark === '' ? '' : `<context xmlns="${CONTEXT}"><exchange id="${mark}"/></context>`
  return `<${word} xmlns="urn:xmpp:incident:2">${incident}${context}</${word}>`
}

const participant = (more: object = {}) => ({
  ...{ jid: WHO, accept: ['inquiry', 'request'], query: ['incident'], restrictions: ['public'], iodef: 2, ...more },
})

interface Options {
  readonly config?: Partial<Config>
  readonly participants?: readonly object[]
  readonly maxItem?: number
  readonly responder?: Responder
  readonly draining?: boolean
  /** what becomes of a report of a participant */
  readonly report?: GridIqReply
}

/** A gateway with a participant; nothing waits unless a test says so. `grid`: how others answer what it sends them. */
async function open(options: Options = {}, replier: () => GridReply = () => RESULT) {
  const { participants = [participant()], maxItem = 250_000, draining = false, responder } = options
  const t = await openBench(
    {
      exchanges: { ...EXCHANGES, holdIq: 0, hold: 0 },
      grid: { participants, maxItem, topics: [] } as unknown as Config['grid'],
      ...options.config,
    },
    responder,
    replier,
  )
  t.engine.start()
  const reports: string[] = []
  const door = t.side.participants({
    draining: () => draining,
    async report(_, { document }) {
      reports.push(document?.incidents[0]?.key ?? '')
      return options.report ?? { kind: 'result' }
    },
  })
  return {
    ...t,
    reports,
    door,
    iq: (xml: string, from = TOOL, type?: 'get' | 'set'): Promise<GridIqReply> => {
      const word = /^<(\w+)/.exec(xml)?.[1] ?? ''
      const who = from.replace(/\/.*/, '')
      const usual = word === 'inquiry' || word === 'request' ? 'get' : 'set'
      return door.iq({ from, who, type: type ?? usual, element: word, xml })
    },
    sets: () => t.requested.filter(({ type }) => type === 'set'),
    states: async () => (await t.store.listExchanges({ limit: 100 })).map(({ state }) => state),
    held: async () => (await t.store.list({ destination: WHO, states: ['held'] })).map(({ reason }) => reason),
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  }
}

/** A peer that promises an answer to what it is asked, and gives it when it is told to. */
const ON_CSIRT_B: Options = {
  config: { routes: [{ match: { jid: [WHO] }, ask: ['peer:csirt-b'] }] },
  responder: () => ({ status: 202, callbackToken: 'T' }),
}
const answerOf = (id: string, attributes = ' restriction="public"') =>
  ridText(documentText([incidentText({ id, attributes })]), { msgType: 'Report', incidentId: incidentId(id) })

describe('an inquiry', () => {
  test('is answered with a result, and an IQ for each Incident to where it was asked from', async () => {
    await using t = await open()
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.show(documentText([incidentText({ id: '7', purpose: 'mitigation' })]))
    assert.deepEqual(await t.iq(element('inquiry')), { kind: 'result' })
    await eventually('both came', () => t.sets().length === 2)
    for (const { to, xml } of t.sets()) {
      assert.equal(to, TOOL)
      const { valid, item, document } = read(xml)
      assert.ok(valid)
      assert.deepEqual([item?.element, document?.incidents[0]?.key], ['report', 'csirt.example 7'])
    }
    await eventually('it is over', async () => (await t.states()).join() === 'answered')
    assert.deepEqual(await t.traced('7'), ['consumed', 'consumed', 'asked', 'promised', 'delivered', 'delivered'])
  })

  test('is answered the same where there is nothing, and where its asker may not see it', async () => {
    await using t = await open()
    await t.show(documentText([incidentText({ id: '8', attributes: ' restriction="partner"' })]))
    assert.deepEqual(await t.iq(element('inquiry', { id: '8' })), NOT_FOUND)
    assert.deepEqual(await t.iq(element('inquiry', { id: '9' })), NOT_FOUND)
    assert.deepEqual(await t.states(), ['answered', 'answered'])
    assert.deepEqual(t.sets(), [])
  })

  test('that names nothing to look for is told so', async () => {
    await using t = await open()
    const reply = await t.iq(element('inquiry', { id: '' }))
    assert.ok(reply.kind === 'error')
    assert.deepEqual([reply.type, reply.condition], ['modify', 'bad-request'])
    assert.match(reply.text ?? '', /names no incident/)
  })

  test('need say no more than the number, as XEP-0268 shows it', async () => {
    await using t = await open()
    await t.show(documentText([incidentText({ id: '7' })]))
    for (const ns of [IODEF1, IODEF2]) {
      const incident = `<Incident xmlns="${ns}" purpose="traceback"><IncidentID name="csirt.example">7</IncidentID></Incident>`
      const bare = `<inquiry xmlns="urn:xmpp:incident:2">${incident}</inquiry>`
      assert.deepEqual(await t.iq(bare), { kind: 'result' })
    }
    await eventually('both are answered', () => t.sets().length === 2)
  })

  test('is told by the id that its asker gave it', async () => {
    await using t = await open()
    await t.show(documentText([incidentText({ id: '7' })]))
    const mark = 'abcdefghijklmnopqrstuv'
    await t.iq(element('inquiry', { mark }))
    await eventually('it came', () => t.sets().length === 1)
    assert.equal(read(t.sets()[0]?.xml ?? '').item?.exchange?.id, mark)
    // of two that its asker tells apart each is answered
    await t.iq(element('inquiry', { mark: 'ABCDEFGHIJKLMNOPQRSTUV' }))
    await eventually('the other came', () => t.sets().length === 2)
  })

  test('of which nobody knows yet whether there is anything is answered later', async () => {
    await using t = await open(ON_CSIRT_B)
    assert.deepEqual(await t.iq(element('inquiry')), { kind: 'result' })
    await eventually('csirt-b is asked', () => t.posted.length === 1)
    assert.deepEqual(t.sets(), [])
    assert.deepEqual(await t.iq(element('inquiry')), { kind: 'result' }, 'the same again')
    assert.equal(t.posted.length, 1)
    assert.equal((await t.post(answerOf('7'), OTHER, 'T')).kind, 'reply')
    await eventually('the answer is passed on', () => t.sets().length === 1)
    await eventually('it is over', async () => (await t.states()).join() === 'answered')
  })

  test('is answered with what a far peer says as far as its asker may have it', async () => {
    await using t = await open(ON_CSIRT_B)
    await t.iq(element('inquiry'))
    await eventually('csirt-b is asked', () => t.posted.length === 1)
    await t.post(answerOf('7', ' restriction="private"'), OTHER, 'T')
    await eventually('it is over', async () => (await t.states()).join() === 'answered')
    assert.ok((await t.traced('7')).includes('answer-withheld'))
    assert.deepEqual(t.sets(), [])
  })
})

describe('whoever asked and is gone', () => {
  test('gets the answer when it asks again, from where it is then', async () => {
    let there = false
    await using t = await open({}, () => (there ? RESULT : GONE))
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await eventually('it was tried', () => t.sets().length === 1)
    there = true
    assert.deepEqual(await t.iq(element('inquiry'), `${WHO}/other`), { kind: 'result' })
    await eventually(
      'it came there',
      async () => {
        await t.clock.advance(1_000)
        return t.sets().some(({ to }) => to === `${WHO}/other`)
      },
      { ms: 20_000 },
    )
    await eventually('it is over', async () => (await t.states()).join() === 'answered')
  })

  test('is waited for until the question expires; then an operator has it', async () => {
    const exchanges = { ...EXCHANGES, holdIq: 0, expireQuery: 60_000 }
    await using t = await open({ config: { exchanges } }, () => GONE)
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await eventually('it was tried', () => t.sets().length > 0)
    await t.clock.advance(exchanges.expireQuery)
    await t.side.runDue()
    assert.deepEqual(await t.states(), ['expired'])
    await eventually(
      'it is held',
      async () => {
        await t.clock.advance(30_000)
        return (await t.held()).length === 1
      },
      { ms: 20_000 },
    )
    assert.match((await t.held())[0] ?? '', /expired before its answer could be sent/)
  })

  test('that policy keeps back by then leaves no question open', async () => {
    const restrictions = ['public']
    await using t = await open({ participants: [participant({ restrictions })] }, () => GONE)
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await eventually('it was tried', () => t.sets().length > 0)
    restrictions.splice(0)
    await eventually('it is over', async () => {
      await t.clock.advance(30_000)
      return (await t.states()).join() === 'answered'
    })
    const [delivery] = await t.store.list({ destination: WHO })
    assert.equal(delivery?.state, 'withheld')
  })

  test('stops nobody else', async () => {
    const other = 'ops@grid.example'
    const participants = [participant(), participant({ jid: other })]
    await using t = await openFor(participants)
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await t.iq(element('inquiry'), `${other}/x`)
    await eventually('the other has it', () => t.sets().some(({ to }) => to === `${other}/x`))
    await eventually('its question is over', async () => (await t.states()).includes('answered'))
  })

  /** Whoever is WHO is gone, and all others are there. */
  async function openFor(participants: readonly object[]) {
    const t = await open({ participants }, () => (t.sets().at(-1)?.to === TOOL ? GONE : RESULT))
    return t
  }
})

describe('an answer', () => {
  test('that is not taken waits for an operator', async () => {
    await using t = await open({}, () => ({ kind: 'error', type: 'modify', condition: 'not-acceptable', reason: 'no' }))
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await eventually('it is held', async () => (await t.held()).length === 1)
    assert.match((await t.held())[0] ?? '', /it was not taken: no/)
  })

  test('that is longer than an IQ may be waits for an operator', async () => {
    await using t = await open({ maxItem: 200 })
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await eventually('it is held', async () => (await t.held()).length === 1)
    assert.match((await t.held())[0] ?? '', /grid\.maxItem is 200/)
    assert.deepEqual(t.sets(), [])
  })

  test('goes as IODEF 1 to who reads no later version, with the whole document beside it', async () => {
    await using t = await open({ participants: [participant({ iodef: 1 })] })
    await t.show(documentText([incidentText({ id: '7' })]))
    await t.iq(element('inquiry'))
    await eventually('it came', () => t.sets().length === 1)
    const xml = t.sets()[0]?.xml ?? ''
    assert.ok(xml.includes(`<Incident xmlns="${IODEF1}"`), xml)
    const { valid, errors, document } = read(xml)
    assert.ok(valid, JSON.stringify(errors))
    assert.equal(document?.incidents[0]?.key, 'csirt.example 7')
    await eventually('it is over', async () => (await t.states()).join() === 'answered')
  })
})

describe('a request', () => {
  test('is answered with the first word of whoever is asked', async () => {
    const waiting = { ...ON_CSIRT_B, config: { ...ON_CSIRT_B.config, exchanges: EXCHANGES } }
    await using t = await open({ ...waiting, responder: () => ({ status: 200, body: denied() }) })
    assert.deepEqual(await t.iq(element('request')), { kind: 'error', type: 'auth', condition: 'forbidden' })
    await using other = await open(waiting)
    assert.deepEqual(await other.iq(element('request')), { kind: 'result' }, 'it was promised')
  })

  test('that nobody would be asked is forbidden', async () => {
    await using t = await open()
    assert.deepEqual(await t.iq(element('request')), { kind: 'error', type: 'auth', condition: 'forbidden' })
  })

  const denied = () =>
    Buffer.from(
      ridText(null, {
        msgType: 'Acknowledgement',
        behind: '<RequestStatus AuthorizationStatus="Denied" Justification="CannotProcess"/>',
      }),
    )
})

describe('what a participant sends', () => {
  test('without end is refused after a while, and others are heard meanwhile', async () => {
    const other = 'ops@grid.example'
    const exchanges = { ...EXCHANGES, holdIq: 0, rate: 3 }
    await using t = await open({ participants: [participant(), participant({ jid: other })], config: { exchanges } })
    const conditions = []
    for (let n = 0; n < 5; n++) {
      const reply = await t.iq(element('inquiry', { id: String(n) }))
      conditions.push(reply.kind === 'error' ? `${reply.type} ${reply.condition}` : reply.kind)
    }
    assert.deepEqual(conditions, [
      ...['cancel item-not-found', 'cancel item-not-found', 'cancel item-not-found'],
      ...['wait resource-constraint', 'wait resource-constraint'],
    ])
    assert.deepEqual(await t.iq(element('inquiry', { id: '9' }), `${other}/x`), NOT_FOUND)
  })

  test('may be so many questions at a time, whatever addresses they come from', async () => {
    const exchanges = { ...EXCHANGES, holdIq: 0, open: 2 }
    await using t = await open({ ...ON_CSIRT_B, config: { ...ON_CSIRT_B.config, exchanges } })
    for (const n of [1, 2]) assert.equal((await t.iq(element('inquiry', { id: `${n}` }), `${WHO}/${n}`)).kind, 'result')
    const third = await t.iq(element('inquiry', { id: '3' }), `${WHO}/3`)
    assert.ok(third.kind === 'error')
    assert.deepEqual([third.type, third.condition], ['wait', 'resource-constraint'])
  })

  test('is not taken where it may not send it, is not valid, or is asked as it is not', async () => {
    await using t = await open()
    const of = async (reply: Promise<GridIqReply>) => {
      const got = await reply
      return got.kind === 'error' ? `${got.type} ${got.condition}` : got.kind
    }
    assert.equal(await of(t.iq(element('report'))), 'cancel not-allowed')
    assert.equal(await of(t.iq(element('response'))), 'modify unexpected-request')
    assert.equal(await of(t.iq(element('inquiry'), TOOL, 'set')), 'modify bad-request')
    assert.equal(await of(t.iq('<inquiry xmlns="urn:xmpp:incident:2"/>')), 'modify bad-request')
    assert.equal(await of(t.iq('<other xmlns="urn:xmpp:incident:2"/>')), 'cancel feature-not-implemented')
    assert.deepEqual(t.reports, [])
    assert.deepEqual(await t.states(), [])
  })

  test('is not taken while the gateway ends', async () => {
    await using t = await open({ draining: true })
    assert.deepEqual(await t.iq(element('inquiry')), { kind: 'error', type: 'wait', condition: 'resource-constraint' })
  })

  test('is a report that is handed on', async () => {
    await using t = await open({ participants: [participant({ accept: ['report'] })] })
    assert.deepEqual(await t.iq(element('report')), { kind: 'result' })
    assert.deepEqual(t.reports, ['csirt.example 7'])
  })

  test('answers what it was asked, whatever it may send besides', async () => {
    const routes = [{ match: {}, ask: [`jid:${TOOL}` as const] }]
    await using t = await open({ participants: [], config: { routes } })
    assert.ok(t.door.knows(WHO) && !t.door.knows('other@grid.example'))
    const query = ridText(null, { msgType: 'Query', incidentId: incidentId('7') })
    assert.equal((await t.post(query)).kind, 'promised')
    await eventually('it is asked', () => t.requested.length === 1)
    await eventually('it is promised', async () => {
      const [one] = await t.store.listExchanges({ limit: 1 })
      return one?.legs[0]?.state === 'promised'
    })
    assert.deepEqual(await t.iq(element('report')), { kind: 'result' })
    await eventually('the answer is passed on', () => t.posted.length === 1)
    const unasked = await t.iq(element('report', { id: '8' }))
    assert.deepEqual(unasked, { kind: 'error', type: 'cancel', condition: 'not-allowed' })
  })

  /** WHO, who may report, is asked by csirt-a about 7 and has promised an answer. */
  async function askedReporter(options: Options = {}) {
    const routes = [{ match: { type: ['Query' as const] }, ask: [`jid:${TOOL}` as const] }]
    const t = await open({ participants: [participant({ accept: ['report'] })], config: { routes }, ...options })
    assert.equal((await t.post(ridText(null, { msgType: 'Query', incidentId: incidentId('7') }))).kind, 'promised')
    await eventually('it is promised', async () => {
      const [one] = await t.store.listExchanges({ limit: 1 })
      return one?.legs[0]?.state === 'promised'
    })
    return t
  }

  test('is a report of its own as well, where somebody asked about that incident', async () => {
    await using t = await askedReporter()
    assert.deepEqual(await t.iq(element('report')), { kind: 'result' })
    assert.deepEqual(t.reports, ['csirt.example 7'], 'a question does not keep it from where it goes')
    await eventually('the answer is passed on', () => t.posted.length === 1)
  })

  test('is a report that does not vanish where whoever asked may not see it', async () => {
    await using t = await askedReporter()
    assert.deepEqual(await t.iq(element('report', { attributes: ' restriction="private"' })), { kind: 'result' })
    assert.deepEqual(t.reports, ['csirt.example 7'])
    await using refusing = await askedReporter({ report: { kind: 'error', type: 'auth', condition: 'forbidden' } })
    const reply = await refusing.iq(element('report', { attributes: ' restriction="private"' }))
    assert.equal(reply.kind, 'error', 'nobody has it, and nobody says so')
    assert.deepEqual(await refusing.iq(element('report')), { kind: 'error', type: 'auth', condition: 'forbidden' })
  })

  test('is an answer alone where it names what it answers', async () => {
    await using t = await askedReporter()
    const [asked] = await t.store.listExchanges({ limit: 1 })
    assert.deepEqual(await t.iq(element('report', { mark: asked?.id ?? '' })), { kind: 'result' })
    assert.deepEqual(t.reports, [])
  })

  test('is refused where it is a file beside an item: its key would be lost', async () => {
    await using t = await askedReporter()
    const reply = await t.iq(asFile(element('report')))
    assert.ok(reply.kind === 'error')
    assert.deepEqual([reply.type, reply.condition], ['modify', 'bad-request'])
    assert.match(reply.text ?? '', /file/)
    assert.deepEqual([t.reports, t.posted], [[], []])
  })

  test('is told of peers that its questions may be asked of, and of no others', async () => {
    const routes: Config['routes'] = [
      { match: { type: ['Query'] }, ask: ['peer:csirt-b'] },
      { match: { type: ['TraceRequest'] }, ask: ['peer:csirt-c'] },
    ]
    const told = async (...accept: string[]) => {
      await using t = await open({ participants: [participant({ accept })], config: { routes } })
      return t.door.reachable(WHO)
    }
    assert.deepEqual(await told('report'), [])
    assert.deepEqual(await told('inquiry'), ['csirt-b'])
    assert.deepEqual(await told('request'), ['csirt-c'])
    assert.deepEqual(await told('inquiry', 'request'), ['csirt-b', 'csirt-c'])
  })

  test('is no question that is being asked of it', async () => {
    const routes = [
      { match: { jid: [WHO] }, ask: ['peer:csirt-b' as const] },
      { match: {}, ask: [`jid:${TOOL}` as const] },
    ]
    await using t = await open({ config: { routes } })
    await t.post(ridText(null, { msgType: 'Query', incidentId: incidentId('7') }))
    await eventually('it is asked', () => t.requested.length === 1)
    const back = await t.iq(t.requested[0]?.xml ?? '')
    assert.deepEqual(back, { kind: 'error', type: 'auth', condition: 'forbidden' })
    assert.ok((await t.traced('7')).includes('trace-loop'))
  })
})
