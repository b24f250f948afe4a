import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { boot } from '../support/boot.ts'
import { byNumber, incidentId, ridText } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { questionsClosed } from '../support/questions.ts'
import { answerContext, comparable, element, embedded, iodef } from '../support/reports.ts'
import type { RidClient } from '../support/rid-client.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

/** An answer in the language of `iodef`; `exchange` is the question that it answers. */
const answer = (word: 'report' | 'response', about: Parameters<typeof element>[1], exchange = '') =>
  element(word, about, answerContext(exchange))

const query = (id: string) => byNumber(id, 'csirt-a.example')
const request = (id: string) =>
  ridText(iodef({ id, purpose: 'mitigation' }).replace(/^<\?xml.*\n/, ''), {
    msgType: 'InvestigationRequest',
    incidentId: incidentId(id, 'csirt-a.example'),
  })

/** The exchange that a question which came names. */
const markOf = (xml = '') => /<(?:\w+:)?exchange [^>]*\bid="([^"]+)"/.exec(xml)?.[1] ?? ''

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`questions of RID peers asked on the grid, around a real ${kind}, on the wire`, () => {
    let world: World
    let site: Site
    let asker: RidPeer
    let client: RidClient
    let soc: GridUser
    let stranger: GridUser
    let gateway: Awaited<ReturnType<typeof boot>>
    const to = () => `gateway@${world.broker.domain}/iodef-gateway`

    before(async () => {
      world = await createWorld(kind)
      asker = await world.ridPeer('csirt-a')
      asker.script({ does: 'answer', status: 200 })
      const soc1 = `jid:subscriber@${world.broker.domain}/tool`
      site = await world.site({
        peers: [
          {
            name: 'csirt-a',
            accept: ['Query', 'InvestigationRequest'],
            restrictions: ['public', 'partner'],
            url: asker.url,
          },
        ],
        routes: [
          { match: { type: ['InvestigationRequest'], purpose: ['mitigation'] }, ask: [soc1] },
          { match: { type: ['Query'] }, ask: [soc1] },
        ],
      })
      await site.config({ exchanges: { hold: '1s', rate: 1000 } })
      gateway = await boot(site)
      await site.ready()
      client = world.use(await site.client('csirt-a'))
      soc = await world.user('subscriber', undefined, 'tool')
      stranger = await world.user('stranger')
    })
    after(async () => {
      await gateway?.[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })

    const asked = async (user = soc, count = user.incidents.length + 1) => {
      await eventually('the question to come', () => user.incidents.length >= count, { ms: 60_000 })
      return user.incidents.at(-1)?.xml ?? ''
    }
    const passedOn = async (count: number) => {
      await eventually('the answer to be passed on', () => asker.requests.length >= count, { ms: 60_000 })
      return asker.requests.at(-1)
    }

    test('a report in the result is in the response', async () => {
      await soc.answerWith({ xml: answer('report', { id: 'at-once' }) })
      const { status, body } = await client.post(query('at-once'))
      assert.equal(status, 200, body)
      assert.equal(comparable(embedded(body)), comparable(iodef({ id: 'at-once' })))
      assert.match(soc.incidents.at(-1)?.xml ?? '', /^<(?:\w+:)?inquiry /)
      assert.equal(soc.incidents.at(-1)?.from, to())
      await questionsClosed(site)
    })

    for (const [condition, type, says] of [
      ['item-not-found', 'cancel', /MsgType="Report"(?![\s\S]*ReportSchema)/],
      ['forbidden', 'auth', /AuthorizationStatus="Denied" Justification="CannotProcess"/],
      ['not-allowed', 'cancel', /AuthorizationStatus="Denied" Justification="CannotProcess"/],
      ['not-authorized', 'auth', /AuthorizationStatus="Denied" Justification="CannotProcess"/],
      ['bad-request', 'modify', /AuthorizationStatus="Denied" Justification="CannotProcess"/],
      ['not-acceptable', 'modify', /AuthorizationStatus="Denied" Justification="CannotProcess"/],
      ['service-unavailable', 'cancel', /AuthorizationStatus="Denied" Justification="SystemResource"/],
      ['feature-not-implemented', 'cancel', /AuthorizationStatus="Denied" Justification="SystemResource"/],
      ['remote-server-not-found', 'cancel', /AuthorizationStatus="Denied" Justification="SystemResource"/],
    ] as const) {
      test(`${condition} is in the response`, async () => {
        await soc.answerWith({ error: condition, type })
        const { status, body } = await client.post(query(condition))
        assert.equal(status, 200, body)
        assert.match(body, says)
        await questionsClosed(site)
      })
    }

    test('a promise is 202, and what he sends later comes by callback, known by its exchange', async () => {
      await soc.answerWith()
      const [came, sent] = [soc.incidents.length, asker.requests.length]
      const promise = await client.post(query('later'))
      assert.equal(promise.status, 202, promise.body)
      const xml = await asked(soc, came + 1)
      const report = answer('report', { id: 'found', source: 'soc.example' }, markOf(xml))
      assert.equal((await soc.iq('set', to(), report)).kind, 'result')
      const callback = await passedOn(sent + 1)
      assert.equal(callback?.headers['rid-callback-token'], promise.headers['rid-callback-token'])
      assert.equal(
        comparable(embedded(callback?.body ?? '')),
        comparable(iodef({ id: 'found', source: 'soc.example' })),
      )
      await questionsClosed(site)
    })

    test('an answer of somebody else is refused, one that names no exchange is known by its incident', async () => {
      await soc.answerWith()
      const [came, sent] = [soc.incidents.length, asker.requests.length]
      assert.equal((await client.post(query('mine'))).status, 202)
      const mark = markOf(await asked(soc, came + 1))
      const forged = await stranger.iq('set', to(), answer('report', { id: 'mine' }, mark))
      assert.deepEqual([forged.kind, forged.condition], ['error', 'service-unavailable'])
      const other = await soc.iq('set', to(), answer('report', { id: 'not-asked-for' }))
      assert.equal(other.kind, 'error', 'nobody asked him for that')
      assert.equal(asker.requests.length, sent)
      assert.equal((await soc.iq('set', to(), answer('report', { id: 'mine' }))).kind, 'result')
      assert.match((await passedOn(sent + 1))?.body ?? '', />mine</)
      await questionsClosed(site)
    })

    test('what its asker may not have reaches nobody: it is as if there were nothing', async () => {
      await soc.answerWith()
      const [came, sent] = [soc.incidents.length, asker.requests.length]
      assert.equal((await client.post(query('secret'))).status, 202)
      const mark = markOf(await asked(soc, came + 1))
      const secret = answer('report', { id: 'secret', restriction: 'private', description: 'who it was' }, mark)
      assert.equal((await soc.iq('set', to(), secret)).kind, 'result')
      const callback = await passedOn(sent + 1)
      assert.match(callback?.body ?? '', /MsgType="Report"/)
      assert.doesNotMatch(callback?.body ?? '', /ReportSchema|who it was/)
      await questionsClosed(site)
      await soc.answerWith({ xml: answer('report', { id: 'secret', restriction: 'private', description: 'who' }) })
      const { status, body } = await client.post(query('secret-2'))
      assert.equal(status, 200)
      assert.doesNotMatch(body, /ReportSchema/)
    })

    test('a request is answered by a response, also after a restart', async () => {
      await soc.answerWith()
      const [came, sent] = [soc.incidents.length, asker.requests.length]
      const promise = await client.post(request('trace'))
      assert.equal(promise.status, 202, promise.body)
      assert.match(await asked(soc, came + 1), /^<(?:\w+:)?request /)
      await gateway[Symbol.asyncDispose]()
      gateway = await boot(site)
      await site.ready()
      assert.equal((await soc.iq('set', to(), answer('response', { id: 'trace' }))).kind, 'result')
      const callback = await passedOn(sent + 1)
      assert.match(callback?.body ?? '', /MsgType="Result"[\s\S]*<SourceFound>false</)
      assert.equal(callback?.headers['rid-callback-token'], promise.headers['rid-callback-token'])
      const again = await soc.iq('set', to(), answer('response', { id: 'trace' }))
      assert.deepEqual([again.condition, again.type], ['unexpected-request', 'modify'])
      await questionsClosed(site)
    })

    test('who is away is asked when he is back', async () => {
      const sent = asker.requests.length
      await soc[Symbol.asyncDispose]()
      assert.equal((await client.post(query('away'))).status, 202)
      assert.equal(await site.metric('iodef_gateway_exchanges', { state: 'open' }), 1)
      soc = await world.user('subscriber', undefined, 'tool')
      const mark = markOf(await asked(soc, 1))
      assert.equal((await soc.iq('set', to(), answer('report', { id: 'away' }, mark))).kind, 'result')
      assert.match((await passedOn(sent + 1))?.body ?? '', />away</)
      await questionsClosed(site)
    })
  })
}
