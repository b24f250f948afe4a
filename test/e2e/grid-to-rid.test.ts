import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MSG_TYPES, RESTRICTIONS } from '../../src/vocabulary.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { boot } from '../support/boot.ts'
import type { Broker } from '../support/brokers.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { comparable, embedded, fixtures, incident, iodef, ridReport } from '../support/reports.ts'
import type { RidClient } from '../support/rid-client.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import { createSigner } from '../support/signed.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

for (const kind of ['prosody', 'ejabberd'] as const satisfies Broker['kind'][]) {
  describe(`two gateways around ${kind}`, () => {
    let world: World
    let near: Site
    let far: Site
    let peer: RidPeer
    let client: RidClient
    let other: RidPeer
    let publisher: GridUser

    before(async () => {
      world = await createWorld(kind)
      const { domain } = world.broker
      peer = await world.ridPeer('csirt-z')
      other = await world.ridPeer('csirt-y')
      near = await world.site({
        peers: [{ name: 'csirt-a', accept: MSG_TYPES, publish: ['incident'] }],
        topics: [{ name: 'incident', create: true, members: members(domain), restrictions: RESTRICTIONS }],
      })
      far = await world.site({
        user: 'gateway2',
        peers: [
          { name: 'csirt-z', url: peer.url, topics: ['incident'], publish: ['incident'], send: [...MSG_TYPES] },
          { name: 'csirt-y', url: other.url, topics: ['incident'] },
        ],
        topics: [{ name: 'incident', restrictions: RESTRICTIONS }],
      })
      world.use(await boot(near))
      await near.ready()
      world.use(await boot(far))
      await far.ready()
      client = world.use(await near.client('csirt-a', { keepAlive: true }))
      const owner = await world.user('gateway')
      for (const name of ['publisher', 'gateway2']) {
        await owner.affiliate('incident', `${name}@${domain}`, 'publisher')
      }
      publisher = await world.user('publisher')
    })
    after(() => world[Symbol.asyncDispose]())

    const documents = () => peer.requests.map(({ body }) => embedded(body))
    const arrival = (what: string, holds: () => boolean) =>
      eventually(() => `${what}; ${peer.requests.length} messages came`, holds, { ms: 30_000 })

    test('brings every valid document to a RID peer, equal by exclusive C14N of the normal form', async () => {
      const valid = fixtures('valid')
      for (const { name, bytes } of valid) assert.equal((await client.post(bytes)).status, 200, name)
      await arrival('all documents', () => peer.requests.length >= valid.length)
      await far.drained()
      const came = new Map(documents().map((xml) => [comparable(xml), xml]))
      for (const { name, text } of valid) {
        const xml = came.get(comparable(text))
        assert.ok(xml !== undefined, `${name} did not arrive, or not as it was`)
        assert.equal(await publisher.difference(text, xml), undefined, name)
      }
      // several Incidents in one document came back as one document, and nothing came twice
      assert.equal(peer.requests.length, valid.length)
      assert.deepEqual([...new Set(peer.requests.map(({ method, url }) => `${method} ${url}`))], ['POST /'])
      assert.deepEqual([...new Set(peer.requests.map(({ headers }) => headers['content-type']))], ['text/xml'])
    })

    for (const algorithm of ['rsa', 'ec'] as const) {
      test(`brings documents signed with ${algorithm} byte for byte`, async () => {
        const signer = createSigner(algorithm)
        const signed = [
          signer.sign(signable(`s-${algorithm}-1`, [incident({ id: `s-${algorithm}-1` })])),
          signer.sign(
            signable(
              `s-${algorithm}-2`,
              ['a', 'b', 'c'].map((n) => incident({ id: `s-${algorithm}-2${n}` })),
            ),
          ),
          signer.sign(untidy(`s-${algorithm}-3`)),
        ]
        for (const document of signed) {
          assert.ok(signer.verifies(document))
          const { status, body } = await client.post(document)
          assert.equal(status, 200, body)
          assert.match(body, /"Approved"/)
        }
        // what stands before and behind the root element has no place inside a RID message
        const bare = signed.map((document) => /<(x:)?IODEF-Document.*>/s.exec(document)?.[0] ?? '')
        await arrival('all signed documents', () => {
          const came = documents()
          return bare.every((document) => came.includes(document))
        })
        const came = documents().filter((xml) => xml.includes(`s-${algorithm}-`))
        assert.equal(came.length, signed.length)
        for (const document of came) assert.ok(signer.verifies(document))
      })
    }

    test('brings a document of 500 Incidents as one', async () => {
      const description = 'A scan of the whole address range. '.repeat(40)
      const text = iodef(...Array.from({ length: 500 }, (_, n) => ({ id: `long-${n}`, description })))
      const { status } = await client.post(ridReport(text))
      assert.equal(status, 200)
      const long = () => documents().filter((one) => one.includes('long-'))
      await arrival('the long document', () => long().length > 0)
      await far.drained()
      assert.deepEqual(long().map(comparable), [comparable(text)])
    })

    test('keeps MsgType and RIDPolicy of a message on its way', async () => {
      const before = peer.requests.length
      const names = ['report.xml', 'investigation-request.xml', 'trace-request.xml', 'query.xml', 'result.xml']
      const messages = fixtures('rid').filter(({ name }) => names.includes(name))
      assert.equal(messages.length, names.length)
      const asked = []
      for (const { name, bytes, text } of messages) {
        const { status, body } = await client.post(bytes)
        if (status === 200 && !body.includes('Denied')) asked.push({ name, text })
      }
      assert.ok(asked.length >= 3, `only ${asked.map(({ name }) => name)} were taken`)
      await arrival('all messages', () => peer.requests.length >= before + asked.length)
      const types = (xml: string) => /MsgType\s*=\s*["'](\w+)/.exec(xml)?.[1]
      const came = peer.requests.slice(before).map(({ body }) => body)
      assert.deepEqual(came.map(types).sort(), asked.map(({ text }) => types(text)).sort())
      for (const { name, text } of asked) {
        const same = came.find((body) => comparable(embedded(body)) === comparable(embedded(text)))
        assert.ok(same, name)
        // RFC 6545 §5.1: Node is the RID system that the message is for, unless that is the source of the incident
        if (same.includes('MsgDestination="RIDSystem"')) assert.match(same, /<NodeName>csirt-z\.example<\/NodeName>/)
      }
    })

    test('takes items of an independent publisher in both shapes', async () => {
      const alone = `<report xmlns="${NS.incident}">${withNamespace(incident({ id: 'independent 1' }))}</report>`
      const whole = iodef({ id: 'independent 2' }, { id: 'independent 3' })
      await publisher.publish('incident', 'its own id', alone)
      await publisher.publish('incident', 'another id', whole.replace(/^<\?xml[^>]*>\s*/, ''))
      await arrival('both', () => documents().filter((xml) => xml.includes('>independent ')).length >= 2)
      const came = documents().filter((xml) => xml.includes('>independent '))
      assert.ok(came.some((xml) => comparable(xml) === comparable(whole)))
      const plain = `<IODEF-Document xmlns="${NS.iodef2}" version="2.00">${incident({ id: 'independent 1' })}</IODEF-Document>`
      assert.ok(came.some((xml) => comparable(xml) === comparable(plain)))
    })

    test('believes no event that is not from the Broker', async () => {
      const before = peer.requests.length
      const stranger = await world.user('stranger')
      const item = `<report xmlns="${NS.incident}">${withNamespace(incident({ id: 'forged' }))}</report>`
      const event = `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="incident"><item id="forged">${item}</item></items></event>`
      await stranger.raw(`<message to="gateway2@${world.broker.domain}">${event}</message>`)
      await stranger.raw(`<message to="gateway2@${world.broker.domain}" type="headline">${event}</message>`)
      const refused = await stranger.publish('incident', 'forged', item).then(
        () => undefined,
        (error: Error) => error.message,
      )
      assert.match(refused ?? '', /forbidden/)
      await eventually('the forged events to be counted', async () => {
        return (await far.metric('iodef_gateway_events_dropped_total', { reason: 'forged' })) >= 1
      })
      await publisher.publish('incident', 'behind the forged', withNamespace(iodef({ id: 'behind the forged' })))
      await arrival('the one behind', () => peer.requests.some(({ body }) => body.includes('behind the forged')))
      assert.ok(!peer.requests.slice(before).some(({ body }) => body.includes('>forged<')))
    })

    test('counts foreign items and leaves them alone', async () => {
      const before = peer.requests.length
      const count = await far.metric('iodef_gateway_items_ignored_total', { reason: 'foreign' })
      const foreign = Array.from({ length: 100 }, (_, i) => ({
        id: `foreign-${i}`,
        xml: `<entry xmlns="http://www.w3.org/2005/Atom"><title>${i}</title></entry>`,
      }))
      await publisher.publishAll('incident', foreign)
      await publisher.publish('incident', 'behind foreign', withNamespace(iodef({ id: 'behind foreign' })))
      await arrival('the one behind', () => peer.requests.some(({ body }) => body.includes('behind foreign')))
      assert.equal((await far.metric('iodef_gateway_items_ignored_total', { reason: 'foreign' })) - count, 100)
      assert.equal(peer.requests.length, before + 1)
    })

    test('does not send an incident back to the peer it came from, and to all others', async () => {
      const from = world.use(await far.client('csirt-z', { keepAlive: true }))
      const { status, body } = await from.post(ridReport(iodef({ id: 'from z' }), 'csirt-z.example'))
      assert.equal(status, 200)
      assert.match(body, /"Approved"/)
      await arrival('it at the other peer', () => other.requests.some((request) => request.body.includes('>from z<')))
      await eventually(
        'the loop to be counted',
        async () => (await far.metric('iodef_gateway_loops_stopped_total')) === 1,
      )
      await far.drained()
      assert.ok(!peer.requests.some((request) => request.body.includes('>from z<')))
    })
  })
}

function withNamespace(xml: string): string {
  return xml.replace(/^<\?xml[^>]*>\s*/, '').replace(/^<Incident /, `<Incident xmlns="${NS.iodef2}" `)
}

function signable(id: string, incidents: readonly string[]): string {
  const data = `<AdditionalData dtype="xml" meaning="signature of ${id}">@SIGNATURE@</AdditionalData>`
  return `<IODEF-Document xmlns="${NS.iodef2}" version="2.00" xml:lang="en">${incidents.join('')}${data}</IODEF-Document>`
}

/** The same in a form that no writer would give back: quotes, prefixes, comments, CDATA, line breaks, blanks in tags. */
function untidy(id: string): string {
  return `<?xml version='1.0' encoding='UTF-8'?>
<!-- in front -->
<x:IODEF-Document  version = '2.00'
   xmlns:x='${NS.iodef2}' xmlns:unused="urn:unused" xml:lang='cs' >
  <x:Incident restriction='public'   purpose='reporting'><!-- inside -->
    <x:IncidentID name='csirt-a.example'>${id}</x:IncidentID>
    <x:GenerationTime>2026-01-15T09:20:00Z</x:GenerationTime>
    <x:Description><![CDATA[P\u0159\u00edli\u0161 <\u017elu\u0165ou\u010dk\u00fd> & k\u016f\u0148]]> \u65e5\u672c\u8a9e&#x9;&amp;</x:Description>
    <?keep this?>
    <x:Contact type='organization' role='creator'><x:ContactName>A</x:ContactName></x:Contact>
  </x:Incident>
  <x:AdditionalData dtype='xml' meaning='signature'>@SIGNATURE@</x:AdditionalData>
</x:IODEF-Document>
`
}
