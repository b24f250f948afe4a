import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { boot } from '../support/boot.ts'
import { IODEF2, ridText } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { questionsClosed, showOnTopic } from '../support/questions.ts'
import { element, iodef } from '../support/reports.ts'
import type { RidClient } from '../support/rid-client.ts'
import { acknowledgement, type RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

const NS = 'urn:xmpp:incident:2'

/** A question for the incident with this number, of `source`. */
const inquiry = (id: string, source = 'csirt-a.example') => element('inquiry', { id, source, purpose: 'traceback' })

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`incidents by IQ, around a real ${kind}, on the wire`, () => {
    let world: World
    let site: Site
    let peer: RidPeer
    let client: RidClient
    let soc: GridUser
    let stranger: GridUser
    let gateway: Awaited<ReturnType<typeof boot>>
    const to = () => `gateway@${world.broker.domain}/iodef-gateway`

    before(async () => {
      world = await createWorld(kind)
      peer = await world.ridPeer('csirt-b')
      const domain = world.broker.domain
      const jid = `subscriber@${domain}`
      site = await world.site({
        peers: [
          { name: 'csirt-a', publish: ['incident'] },
          { name: 'csirt-b', publish: ['incident'], url: peer.url },
        ],
        grid: {
          participants: [
            { jid, accept: ['inquiry', 'request', 'report'], query: ['incident'], restrictions: ['public'] },
            { jid: `publisher@${domain}`, accept: ['inquiry'] },
          ],
        },
        routes: [
          { match: { jid: [jid], type: ['Report'], purpose: ['reporting'] }, topic: 'incident' },
          { match: { jid: [jid], type: ['Report'], purpose: ['mitigation'] }, peers: ['csirt-b'] },
          { match: { type: ['Report'] }, topic: 'incident' },
          { match: { jid: [jid], purpose: ['mitigation'], type: ['Query'] }, ask: ['peer:csirt-b'] },
          { match: { jid: [jid], type: ['InvestigationRequest'] }, ask: ['peer:csirt-b'] },
        ],
      })
      await site.config({ exchanges: { hold: '1s', holdIq: '2s', rate: 1000 } })
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

    const report = (document: string) => showOnTopic(site, client, document)

    const came = (user: GridUser, count: number) =>
      eventually(
        () => `${count} IQs, of which ${user.incidents.length} came`,
        () => user.incidents.length >= count,
        { ms: 30_000 },
      )

    test('an inquiry is answered, and what is known of it follows, an Incident each', async () => {
      await report(iodef({ id: '2026-7' }))
      assert.equal((await soc.iq('get', to(), inquiry('2026-7'))).kind, 'result')
      await came(soc, 1)
      const [iq] = soc.incidents
      assert.equal(iq?.type, 'set')
      assert.equal(iq?.from, to())
      assert.match(iq?.xml ?? '', /^<(?:\w+:)?report /)
      // its language stands in the context
      const withoutContext = (iq?.xml ?? '').replace(/<(\w+:)context\b[\s\S]*<\/\1context>/, '')
      assert.equal(await soc.difference(withoutContext, element('report', { id: '2026-7' })), undefined)
      await questionsClosed(site)
      // asked again it comes again
      assert.equal((await soc.iq('get', to(), inquiry('2026-7'))).kind, 'result')
      await came(soc, 2)
    })

    test('an inquiry for what is not there, or not for its asker, is answered the same', async () => {
      await report(iodef({ id: 'partner-only', restriction: 'partner' }))
      const before = soc.incidents.length
      const none = await soc.iq('get', to(), inquiry('nothing'))
      const hidden = await soc.iq('get', to(), inquiry('partner-only'))
      assert.deepEqual([none.kind, none.type, none.condition], ['error', 'cancel', 'item-not-found'])
      assert.deepEqual(hidden, none)
      assert.equal(soc.incidents.length, before)
    })

    test('nobody else is told that there is anything', async () => {
      for (const what of [inquiry('2026-7'), '<report xmlns="urn:xmpp:incident:2"/>', '<x xmlns="urn:x"/>']) {
        const reply = await stranger.iq('get', to(), what)
        assert.deepEqual([reply.condition, reply.type, reply.text], ['service-unavailable', 'cancel', ''])
      }
    })

    test('what a participant may not send, or is not valid, is refused', async () => {
      const other = await world.user('publisher')
      const refused = async (user: GridUser, type: 'get' | 'set', xml: string) => {
        const { condition, type: kind, text } = await user.iq(type, to(), xml)
        return { condition, kind, text }
      }
      assert.deepEqual(await refused(other, 'get', element('request', { id: '1' })), {
        condition: 'not-allowed',
        kind: 'cancel',
        text: '',
      })
      // it may ask, and nobody would be asked
      assert.deepEqual(await refused(other, 'get', inquiry('2026-7')), {
        condition: 'forbidden',
        kind: 'auth',
        text: '',
      })
      const bad = await refused(soc, 'get', `<inquiry xmlns="${NS}"><Incident xmlns="${IODEF2}"/></inquiry>`)
      assert.deepEqual([bad.condition, bad.kind], ['bad-request', 'modify'])
      assert.match(bad.text ?? '', /purpose/)
      assert.equal((await refused(soc, 'set', inquiry('2026-7'))).condition, 'bad-request')
      assert.equal((await refused(soc, 'set', element('response', { id: '1' }))).condition, 'unexpected-request')
      const broken = `<inquiry xmlns="${NS}">${'<a>'.repeat(400)}${'</a>'.repeat(400)}</inquiry>`
      assert.deepEqual(
        [(await refused(soc, 'get', broken)).condition, (await refused(soc, 'get', broken)).kind],
        ['not-acceptable', 'modify'],
      )
    })

    test('a report is published where a route for its sender leads, and answered once it is kept', async () => {
      const watcher = await world.user('gateway', undefined, 'watcher')
      const taken = await soc.iq('set', to(), element('report', { id: 'by-iq' }))
      assert.equal(taken.kind, 'result', JSON.stringify(taken))
      await eventually('the Topic to have it', async () => {
        const ids = await watcher.ids('incident')
        const items = await Promise.all(ids.map((id) => watcher.item('incident', id)))
        return items.some((item) => item?.includes('by-iq'))
      })
      assert.equal((await soc.iq('set', to(), element('report', { id: 'by-iq' }))).kind, 'result', 'the same again')
      const elsewhere = await soc.iq('set', to(), element('report', { id: 'by-iq', purpose: 'watch' }))
      assert.deepEqual([elsewhere.condition, elsewhere.type], ['forbidden', 'auth'])
      peer.script({ does: 'answer', status: 200 })
      const asked = peer.requests.length
      const toPeer = await soc.iq('set', to(), element('report', { id: 'to-peer', purpose: 'mitigation' }))
      assert.equal(toPeer.kind, 'result', JSON.stringify(toPeer))
      await eventually('the peer to have it', () => peer.requests.length > asked)
      assert.match(peer.requests.at(-1)?.body ?? '', /MsgType="Report"[\s\S]*>to-peer</)
    })

    test('a request is passed on to a peer, and its Result comes back as a response', async () => {
      peer.script({ does: 'answer', status: 202, headers: { 'RID-Callback-Token': 'peer-token-of-iq' } })
      const before = soc.incidents.length
      const asked = peer.requests.length
      const reply = await soc.iq('get', to(), element('request', { id: 'inv-1', purpose: 'mitigation' }))
      assert.equal(reply.kind, 'result', JSON.stringify(reply))
      await eventually('the peer to be asked', () => peer.requests.length > asked)
      assert.match(peer.requests.at(-1)?.body ?? '', /MsgType="InvestigationRequest"/)
      const callback = world.use(await site.client('csirt-b'))
      const result = ridText(iodef({ id: 'inv-1' }).replace(/^<\?xml.*\n/, ''), {
        msgType: 'Result',
        behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
      })
      const taken = await callback.post(result, { 'RID-Callback-Token': 'peer-token-of-iq' })
      assert.equal(taken.status, 200, taken.body)
      await came(soc, before + 1)
      assert.match(soc.incidents.at(-1)?.xml ?? '', /^<(?:\w+:)?response /)
      peer.script({ does: 'answer', body: acknowledgement('Denied', 'Authentication') })
      const denied = await soc.iq('get', to(), element('request', { id: 'inv-2', purpose: 'mitigation' }))
      assert.deepEqual([denied.condition, denied.type], ['forbidden', 'auth'])
    })

    test('who is gone when the answer comes gets it when it is there again, also after a restart', async () => {
      peer.script({ does: 'answer', status: 202, headers: { 'RID-Callback-Token': 'late-token' } })
      const leaving = await world.user('subscriber', undefined, 'laptop')
      const question = element('inquiry', { id: 'gone', purpose: 'mitigation' })
      assert.equal((await leaving.iq('get', to(), question)).kind, 'result')
      await leaving[Symbol.asyncDispose]()
      const callback = world.use(await site.client('csirt-b'))
      const answer = ridText(iodef({ id: 'gone' }).replace(/^<\?xml.*\n/, ''), { msgType: 'Report' })
      assert.equal((await callback.post(answer, { 'RID-Callback-Token': 'late-token' })).status, 200)
      await eventually('it waits', async () => (await site.backlog()).pending === 1, { ms: 30_000 })
      await gateway[Symbol.asyncDispose]()
      gateway = await boot(site)
      await site.ready()
      const back = await world.user('subscriber', undefined, 'laptop')
      await came(back, 1)
      assert.match(back.incidents[0]?.xml ?? '', />gone</)
      await site.drained()
    })
  })
}
