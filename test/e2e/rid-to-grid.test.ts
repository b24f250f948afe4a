import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RESTRICTIONS } from '../../src/vocabulary.ts'
import { canonical } from '../../src/xml/libxml.ts'
import { boot } from '../support/boot.ts'
import type { Broker } from '../support/brokers.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { comparable, expectedItems, type Fixture, fixtures, iodef, readItem, ridReport } from '../support/reports.ts'
import { createRidClient, type RidClient } from '../support/rid-client.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

const TOPIC = { create: true, restrictions: RESTRICTIONS }

function fixture(name: string): Fixture {
  const found = fixtures('valid').find((f) => f.name === name)
  if (found === undefined) throw new Error(`no fixture ${name}`)
  return found
}

for (const kind of ['prosody', 'ejabberd'] as const satisfies Broker['kind'][]) {
  describe(`RID to grid through ${kind}`, () => {
    let world: World
    let site: Site
    let subscriber: GridUser
    let client: RidClient

    before(async () => {
      world = await createWorld(kind)
      // its own JID among the members: it must still be able to publish
      const own = [...members(world.broker.domain), `gateway@${world.broker.domain}`]
      site = await world.site({
        peers: [
          { name: 'csirt-a', publish: ['incident'] },
          { name: 'csirt-b', publish: ['documents'] },
          { name: 'csirt-c', publish: ['documents'] },
        ],
        topics: [
          { ...TOPIC, name: 'incident', members: own },
          { ...TOPIC, name: 'documents', members: own, payload: 'iodef' },
        ],
        routes: [
          { match: { peer: ['csirt-a'] }, topic: 'incident' },
          { match: { peer: ['csirt-b'] }, topic: 'documents' },
        ],
      })
      world.use(await boot(site))
      await site.ready()
      client = world.use(await site.client('csirt-a', { keepAlive: true }))
      subscriber = await world.user('subscriber')
      await subscriber.subscribe('incident')
      await subscriber.subscribe('documents')
    })
    after(() => world[Symbol.asyncDispose]())

    const came = (node: string) => new Map(subscriber.items.filter((i) => i.node === node).map((i) => [i.id, i.xml]))

    test('brings every valid document to a subscriber, equal by exclusive C14N of the normal form', async () => {
      const valid = fixtures('valid').filter(({ name }) => !name.startsWith('v1-'))
      assert.ok(valid.length > 25, `${valid.length} fixtures`)
      assert.ok(valid.some(({ bytes }) => bytes.length > 190_000))
      for (const { name, bytes } of valid) {
        const { status, body } = await client.post(bytes)
        assert.equal(status, 200, `${name}: ${body}`)
        assert.match(body, /AuthorizationStatus="Approved"/, name)
      }
      const expected = new Set(valid.flatMap(({ text }) => expectedItems(text).map(({ id }) => id)))
      await subscriber.until('all items', () => [...expected].every((id) => came('incident').has(id)))
      const items = came('incident')
      for (const { name, text } of valid) {
        const parts = expectedItems(text).map(({ id }) => readItem(items.get(id) ?? ''))
        const lead = parts[0]
        assert.ok(lead, name)
        const document = lead.document(parts.map((part) => part.incident))
        assert.equal(comparable(document), comparable(text), name)
        // a reader that shares no code with us sees no difference either
        assert.equal(await subscriber.difference(text, document), undefined, name)
      }
    })

    test('brings Japanese and Czech text of 200 KB through sockets that cut characters in two', async () => {
      const { text, bytes } = fixture('large-japanese-czech.xml')
      assert.ok(bytes.length > 190_000)
      const [expected] = expectedItems(text)
      assert.ok(expected)
      await client.post(bytes)
      await subscriber.until('the large item', () => came('incident').has(expected.id))
      const { incident } = readItem(came('incident').get(expected.id) ?? '')
      assert.equal(incident, expected.incident)
      assert.ok(!incident.includes('\ufffd'))
    })

    test('publishes whole documents on a Topic of payload iodef', async () => {
      const other = world.use(await site.client('csirt-b', { keepAlive: true }))
      const names = ['minimal.xml', 'three-incidents.xml', 'phishing-campaign.xml', 'document-additional-data.xml']
      const texts = [...names, 'large-japanese-czech.xml'].map((name) => fixture(name).text)
      for (const text of texts) assert.equal((await other.post(text)).status, 200)
      await subscriber.until('all documents', () => came('documents').size >= texts.length)
      const documents = new Set([...came('documents').values()].map(comparable))
      for (const text of texts) assert.ok(documents.has(comparable(text)), text.slice(0, 200))
    })

    test('answers the same POST the same way and publishes one item', async () => {
      const body = ridReport(iodef({ id: 'twice' }))
      const first = await client.post(body)
      const second = await client.post(body)
      assert.equal(first.status, 200)
      assert.equal(second.status, 200)
      assert.equal(second.body, first.body)
      await client.post(iodef({ id: 'behind it' }))
      const [behind] = expectedItems(iodef({ id: 'behind it' }))
      await subscriber.until('the report behind', () => came('incident').has(behind?.id ?? ''))
      const times = subscriber.items.filter(({ xml }) => xml.includes('>twice<')).length
      assert.equal(times, 1)
      assert.equal((await site.metric('iodef_gateway_messages_total', { outcome: 'duplicate' })) > 0, true)
    })

    test('publishes one item when the same report comes twenty times at once', async () => {
      const body = iodef({ id: 'at once' })
      const clients = await Promise.all(Array.from({ length: 4 }, () => site.client('csirt-a', { keepAlive: true })))
      for (const c of clients) world.use(c)
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => clients[i % 4]?.post(body)))
      assert.deepEqual([...new Set(answers.map((a) => a?.status))], [200])
      assert.equal(new Set(answers.map((a) => a?.body)).size, 1)
      await site.drained()
      const [item] = expectedItems(body)
      await subscriber.until('it', () => came('incident').has(item?.id ?? ''))
      assert.equal(subscriber.items.filter(({ id }) => id === item?.id).length, 1)
    })

    test('lets no one in without a peer certificate that is valid', async () => {
      const other = await world.pki.ca('elsewhere')
      const stranger = await site.ca.issue({ cn: 'stranger', dns: ['stranger.example'] })
      const expired = await site.ca.issue({ cn: 'csirt-a', dns: ['csirt-a.example'], expired: true })
      const untrusted = await other.issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })
      const body = iodef({ id: 'intruder' })
      const ca = site.ca.cert
      for (const identity of [{ ca }, { ca, ...expired }, { ...untrusted, ca }]) {
        await using intruder = createRidClient(site.ridPort, identity)
        await assert.rejects(intruder.post(body))
      }
      await using unknown = createRidClient(site.ridPort, { ...stranger, ca })
      assert.equal((await unknown.post(body)).status, 403)
      assert.ok(![...came('incident').values()].some((xml) => xml.includes('intruder')))
    })

    test('publishes nothing of what it denies or refuses', async () => {
      const routeless = world.use(await site.client('csirt-c', { keepAlive: true }))
      const denied = await routeless.post(iodef({ id: 'no route' }))
      assert.equal(denied.status, 200)
      assert.match(denied.body, /AuthorizationStatus="Denied" Justification="CannotProcess"/)
      for (const { name, bytes } of fixtures('invalid')) {
        const { status, headers } = await client.post(bytes)
        assert.equal(status, 400, name)
        assert.equal(headers['content-type'], 'application/problem+xml', name)
      }
      await client.post(iodef({ id: 'the last one' }))
      const [last] = expectedItems(iodef({ id: 'the last one' }))
      await subscriber.until('the last report', () => came('incident').has(last?.id ?? ''))
      const wrong = subscriber.items.filter(({ xml }) => xml.includes('no route'))
      assert.deepEqual(wrong, [])
      const known = new Set(expectedKnown())
      for (const id of came('incident').keys()) assert.ok(known.has(id), `an item nobody was told of: ${id}`)
    })

    function expectedKnown(): string[] {
      const own = ['twice', 'behind it', 'at once', 'the last one'].map((id) => iodef({ id }))
      const valid = fixtures('valid').filter(({ name }) => !name.startsWith('v1-'))
      return [...own, ...valid.map(({ text }) => text)].flatMap((text) => expectedItems(text).map(({ id }) => id))
    }

    test('keeps items at the Broker, where a newcomer reads them', async () => {
      const newcomer = await world.user('gateway2')
      const ids = await newcomer.ids('incident')
      for (const id of came('incident').keys()) assert.ok(ids.includes(id), id)
      const [expected] = expectedItems(fixture('large-japanese-czech.xml').text)
      const xml = await newcomer.item('incident', expected?.id ?? '')
      assert.equal(canonical(readItem(xml ?? '').incident), expected?.incident)
    })
  })
}
