import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { byNumber, documentText, IODEF1, incidentId, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench } from './bench.ts'

const REQUESTS = ['InvestigationRequest', 'TraceRequest'] as const
const DENIED = { AuthorizationStatus: 'Denied', Justification: 'CannotProcess' }
const THIRD = { ...ASKER, name: 'csirt-c', identity: { dns: 'csirt-c.example' } }
/** csirt-b may ask, too, and is asked whatever the others ask; what it asks itself goes to csirt-c. */
const BACK = { ...OTHER, accept: ASKER.accept }
const RING = {
  peers: [ASKER, BACK, THIRD],
  routes: [
    { match: { peer: ['csirt-b'] }, ask: ['peer:csirt-c'] as const },
    { match: {}, ask: ['peer:csirt-b'] as const },
  ],
  // what is taken though it should not be is answered at once, too
  exchanges: { ...EXCHANGES, hold: 0 },
  rid: { name: 'gateway.example', maxMessage: 1_048_576, addresses: ['203.0.113.5', '2001:db8::5'] },
} as unknown as Parameters<typeof openBench>[0]

const flow = (category: string, node: string) =>
  `<EventData><Flow><System category="${category}"><Node>${node}</Node></System></Flow></EventData>`
const named = (name: string) =>
  `<DomainData system-status="unknown" domain-status="unknown"><Name>${name}</Name></DomainData>`
const addressed = (address: string, category = 'ipv4-addr') => `<Address category="${category}">${address}</Address>`

function request(content: string, msgType: string = 'TraceRequest'): string {
  const document = documentText([incidentText({ purpose: 'traceback', content })])
  return ridText(document, { msgType, incidentId: incidentId('7') })
}

function ring() {
  return openBench(RING, ({ to }) => (to === 'csirt-b' ? { status: 202, callbackToken: 'T' } : {}))
}

type Bench = Awaited<ReturnType<typeof ring>>

async function assertLoop(t: Bench, answer: Awaited<ReturnType<Bench['post']>>, code: string, source = 'csirt-a') {
  assert.deepEqual(message(answer).rid?.requestStatus, DENIED)
  const [loop] = (await t.store.trace('7')).filter(({ event }) => event === 'trace-loop')
  assert.deepEqual([loop?.fields.code, loop?.fields.source], [code, source])
  const figures = await t.metrics.registry.metrics()
  assert.match(figures, new RegExp(`questions_total\\{source="${source}",outcome="trace-loop"\\} 1\n`))
}

/** Taken: asked of somebody, and promised. */
async function assertTaken(t: Bench, text: string) {
  const waiting = t.post(text)
  await eventually('it is taken', async () => (await t.traced('7')).includes('asked'))
  await t.clock.advance(EXCHANGES.hold)
  assert.equal((await waiting).kind, 'promised')
  assert.ok(!(await t.traced('7')).includes('trace-loop'))
}

describe('a request whose path names this system is denied, and asked of nobody', () => {
  for (const [what, content] of [
    ['by its name', flow('infrastructure', named('Gateway.Example.'))],
    ['by its name, as intermediate', flow('intermediate', named('gateway.example'))],
    ['by an IPv4 address', flow('infrastructure', addressed('203.0.113.5'))],
    ['by an IPv6 address written otherwise', flow('infrastructure', addressed('2001:DB8:0::0:5', 'ipv6-addr'))],
    [
      'deep in nested EventData',
      `<EventData>${flow('infrastructure', named('a.example')) + flow('infrastructure', named('gateway.example'))}</EventData>`,
    ],
  ] as const) {
    for (const type of REQUESTS) {
      test(`${type}, ${what}`, async () => {
        await using t = await ring()
        await assertLoop(t, await t.post(request(content, type)), 'own-path')
        assert.equal((await t.store.exchangeCounts()).open, 0)
        assert.equal((await t.store.list()).length, 0)
      })
    }
  }

  test('in IODEF 1 as well', async () => {
    await using t = await ring()
    const document =
      `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="traceback"><IncidentID name="csirt.example">7</IncidentID>` +
      '<ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment>' +
      '<Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>' +
      `${flow('infrastructure', '<NodeName>gateway.example</NodeName>')}</Incident></IODEF-Document>`
    const answer = await t.post(ridText(document, { msgType: 'TraceRequest', incidentId: incidentId('7') }))
    await assertLoop(t, answer, 'own-path')
  })
})

describe('a request is taken', () => {
  for (const [what, content] of [
    ['whose path names others', flow('infrastructure', named('a.gateway.example') + addressed('203.0.113.50'))],
    ['whose source is this system', flow('source', named('gateway.example') + addressed('203.0.113.5'))],
    ['whose path has a network around this system', flow('infrastructure', addressed('203.0.113.0/24', 'ipv4-net'))],
  ] as const) {
    test(what, async () => {
      await using t = await ring()
      await assertTaken(t, request(content))
    })
  }
})

describe('a question of a peer that is being asked the same', () => {
  for (const [type, text] of [
    ['TraceRequest', request(flow('source', addressed('192.0.2.9')))],
    ['Query', byNumber('7')],
  ] as const) {
    test(`is denied: ${type}`, async () => {
      await using t = await ring()
      await assertTaken(t, text)
      await assertLoop(t, await t.post(text, BACK), 'asked-back', 'csirt-b')
      assert.equal((await t.store.exchangeCounts()).open, 1, 'the first goes on')
      assert.equal((await t.store.list({ destination: 'csirt-c' })).length, 0)
    })
  }

  test('is taken where it is another: of another type, incident or document', async () => {
    await using t = await ring()
    await assertTaken(t, request(''))
    const document = documentText([incidentText({ purpose: 'traceback' })])
    for (const other of [
      request('', 'InvestigationRequest'),
      ridText(document, { msgType: 'TraceRequest', incidentId: incidentId('7', 'csirt.example', '2') }),
      request(flow('source', addressed('192.0.2.9'))),
    ]) {
      const before = (await t.store.exchangeCounts()).open
      void t.post(other, BACK)
      await eventually('it is taken', async () => (await t.store.exchangeCounts()).open === before + 1)
    }
    await t.clock.advance(EXCHANGES.hold)
    assert.ok(!(await t.traced('7')).includes('trace-loop'))
  })

  test('is taken once the first is closed', async () => {
    await using t = await ring()
    await assertTaken(t, request(''))
    const [{ id = '' } = {}] = await t.store.listExchanges({ limit: 1 })
    await t.store.change(id, () => ({ change: { state: 'cancelled' } }))
    void t.post(request(''), BACK)
    await eventually('it is taken', async () => (await t.store.exchangeCounts()).open === 1)
    await t.clock.advance(EXCHANGES.hold)
  })
})
