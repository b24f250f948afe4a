import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { boot } from '../support/boot.ts'
import { documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { questionsClosed, showOnTopic } from '../support/questions.ts'
import { comparable, embedded, iodef, ridReport } from '../support/reports.ts'
import type { RidClient } from '../support/rid-client.ts'
import { acknowledgement, type RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

const EMPTY = { does: 'answer', status: 200 } as const

const numbers = Array.from({ length: 1000 }, (_, i) => String(i)).values()

/** A Query (RFC 6545 §6.5) for the incident with this number; its own number makes each another question. */
const query = (id: string, own = numbers.next().value ?? '') =>
  ridText(documentText([incidentText({ id: own })]), {
    msgType: 'Query',
    incidentId: incidentId(id, 'csirt-a.example'),
  })

const byAddress = (address: string) =>
  ridText(
    documentText([
      incidentText({
        purpose: 'traceback',
        content: `<EventData><Flow><System><Node><Address category="ipv4-net">${address}</Address></Node></System></Flow></EventData>`,
      }),
    ]),
    { msgType: 'Query' },
  )

describe('questions, around a Broker, on the wire', () => {
  let world: World
  let site: Site
  let asker: RidPeer
  let other: RidPeer
  let client: RidClient
  let owner: GridUser
  let gateway: Awaited<ReturnType<typeof boot>>

  before(async () => {
    world = await createWorld('prosody')
    asker = await world.ridPeer('csirt-a')
    other = await world.ridPeer('csirt-b')
    asker.script(EMPTY)
    site = await world.site({
      peers: [
        {
          name: 'csirt-a',
          accept: ['Report', 'Query', 'InvestigationRequest'],
          publish: ['incident'],
          query: ['incident'],
          restrictions: ['public', 'partner'],
          url: asker.url,
        },
        { name: 'csirt-b', accept: ['Report'], publish: ['incident'], url: other.url },
      ],
      routes: [
        { match: { type: ['Report'] }, topic: 'incident' },
        { match: { type: ['InvestigationRequest'] }, ask: ['peer:csirt-b'] },
      ],
    })
    await site.config({ exchanges: { hold: '1s', rate: 1000 } })
    gateway = await boot(site)
    await site.ready()
    client = world.use(await site.client('csirt-a'))
    owner = await world.user('gateway')
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  const report = (document: string) => showOnTopic(site, client, document)

  test('answers with what the Topic showed, and with an empty Report where there is nothing', async () => {
    const document = iodef({ id: '2026-7', restriction: 'partner' })
    await report(document)
    const answer = await client.post(query('2026-7'))
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'text/xml')
    assert.equal(comparable(embedded(answer.body)), comparable(document))
    const nothing = await client.post(query('2026-8'))
    assert.match(nothing.body, /MsgType="Report"/)
    assert.doesNotMatch(nothing.body, /ReportSchema/)
  })

  test('finds an address in a net', async () => {
    const system = (address: string) =>
      `<EventData><Flow><System category="source"><Node><Address category="ipv4-addr">${address}</Address></Node></System></Flow></EventData>`
    const document = documentText([
      incidentText({ id: 'net', name: 'csirt-a.example', content: system('198.51.100.9') }),
    ])
    await report(document)
    assert.match((await client.post(byAddress('198.51.100.0/24'))).body, />net</)
    assert.doesNotMatch((await client.post(byAddress('203.0.113.0/24'))).body, />net</)
  })

  test('promises with 202, a token and no body, and POSTs the answers with that token, also after a restart', async () => {
    asker.script({ does: 'answer', status: 503 })
    for (let n = 1; n <= 6; n++) {
      await report(iodef({ id: 'many', description: `part ${n}` }))
    }
    const question = query('many')
    const answer = await client.post(question)
    assert.equal(answer.status, 202)
    assert.equal(answer.body, '')
    assert.equal(answer.headers['content-length'], '0')
    assert.equal(answer.headers['content-type'], undefined)
    const token = answer.headers['rid-callback-token']
    assert.match(String(token), /^[\x21-\x7e]{1,255}$/)
    await gateway[Symbol.asyncDispose]()
    asker.script(EMPTY)
    const before = asker.requests.length
    gateway = await boot(site)
    await site.ready()
    await eventually('both answers to come', () => asker.requests.length >= before + 2, { ms: 60_000 })
    const came = asker.requests.slice(before)
    assert.deepEqual(
      came.map(({ headers }) => headers['rid-callback-token']),
      [token, token],
    )
    assert.deepEqual(
      came.map(({ headers }) => headers['content-type']),
      ['text/xml', 'text/xml'],
    )
    assert.deepEqual(
      came.map(({ body }) => [...body.matchAll(/<Incident /g)].length),
      [5, 1],
    )
    assert.deepEqual((await client.post(question)).headers['rid-callback-token'], token, 'asked again')
  })

  test('refuses a token that is none', async () => {
    for (const token of ['', 'a b', 'é', 'x'.repeat(256), ['one', 'two']]) {
      const { status } = await client.post(ridReport(iodef({ id: '1' })), { 'rid-callback-token': token })
      assert.equal(status, 400, String(token))
    }
  })

  test('asks on, is called back after a restart, and passes the answer on', async () => {
    other.script({ does: 'answer', status: 202, headers: { 'rid-callback-token': 'their-token' } })
    const id = incidentId('trace', 'csirt-a.example')
    const request = ridText(iodef({ id: 'trace', purpose: 'traceback' }).replace(/^<\?xml.*\n/, ''), {
      msgType: 'InvestigationRequest',
      incidentId: id,
    })
    const promise = await client.post(request)
    assert.equal(promise.status, 202, promise.body)
    const token = promise.headers['rid-callback-token']
    assert.match(other.requests.at(-1)?.body ?? '', /MsgType="InvestigationRequest"/)
    await gateway[Symbol.asyncDispose]()
    gateway = await boot(site)
    await site.ready()
    const before = asker.requests.length
    const caller = world.use(await site.client('csirt-b'))
    const result = ridText(iodef({ id: 'trace' }).replace(/^<\?xml.*\n/, ''), {
      msgType: 'Result',
      incidentId: id,
      behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
    })
    const stranger = await client.post(result, { 'rid-callback-token': 'their-token' })
    assert.equal(stranger.status, 403, 'a token counts with the peer that gave it')
    const taken = await caller.post(result, { 'rid-callback-token': 'their-token' })
    assert.deepEqual([taken.status, taken.body], [200, ''])
    await eventually('the Result to be passed on', () => asker.requests.length > before, { ms: 30_000 })
    const passed = asker.requests.at(-1)
    assert.match(passed?.body ?? '', /MsgType="Result"/)
    assert.equal(passed?.headers['rid-callback-token'], token)
    await questionsClosed(site)
  })

  test('does not answer with what was retracted while the gateway was away', async () => {
    for (const id of ['before', 'away', 'behind']) await report(iodef({ id }))
    await gateway[Symbol.asyncDispose]()
    for (const item of await owner.ids('incident')) {
      if ((await owner.item('incident', item))?.includes('>away<')) await owner.retract('incident', item)
    }
    gateway = await boot(site)
    await site.ready()
    const shown = async (id: string) => (await client.post(query(id))).body.includes('<IODEF-Document')
    await eventually('it to be forgotten', async () => !(await shown('away')), { ms: 30_000 })
    assert.deepEqual([await shown('before'), await shown('behind')], [true, true])
  })

  test('does not answer with what was retracted, purged, or deleted with its Topic', async () => {
    const gone = (id: string) =>
      eventually(
        `${id} to be forgotten`,
        async () => !(await client.post(query(id))).body.includes('<IODEF-Document'),
        {
          ms: 30_000,
        },
      )
    await report(iodef({ id: 'retracted' }))
    for (const item of await owner.ids('incident')) {
      if ((await owner.item('incident', item))?.includes('>retracted<')) await owner.retract('incident', item)
    }
    await gone('retracted')
    await report(iodef({ id: 'purged' }))
    await owner.purge('incident')
    await gone('purged')
    await report(iodef({ id: 'deleted' }))
    await owner.deleteNode('incident')
    await gone('deleted')
  })

  test('takes a denial for an answer', async () => {
    other.script({ does: 'answer', body: acknowledgement('Denied', 'Authentication') })
    const request = ridText(iodef({ id: 'no', purpose: 'traceback' }).replace(/^<\?xml.*\n/, ''), {
      msgType: 'InvestigationRequest',
    })
    const { status, body } = await client.post(request)
    assert.equal(status, 200)
    assert.match(body, /AuthorizationStatus="Denied" Justification="Authentication"/)
  })
})
