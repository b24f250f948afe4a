import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RESTRICTIONS } from '../../src/vocabulary.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { complaint } from '../schemas/support.ts'
import { boot } from '../support/boot.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { comparable, embedded, fixtures, iodef } from '../support/reports.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'

describe('a peer that reads only IODEF 1, behind a gateway', () => {
  let world: World
  let near: Site
  let far: Site
  let old: RidPeer
  let fresh: RidPeer

  before(async () => {
    world = await createWorld('prosody')
    const { domain } = world.broker
    old = await world.ridPeer('csirt-old')
    fresh = await world.ridPeer('csirt-new')
    const topics = ['incident', 'back'].map((name) => ({ name, restrictions: RESTRICTIONS }))
    near = await world.site({
      peers: [
        { name: 'csirt-a', publish: ['incident'] },
        { name: 'csirt-b', publish: ['old'] },
        { name: 'csirt-new', url: fresh.url, topics: ['back', 'old'] },
      ],
      topics: [...topics, { name: 'old', restrictions: RESTRICTIONS, iodef: 1 }].map((topic) => {
        return { ...topic, create: true, members: members(domain) }
      }),
      routes: [
        { match: { peer: ['csirt-b'] }, topic: 'old' },
        { match: {}, topic: 'incident' },
      ],
    })
    far = await world.site({
      user: 'gateway2',
      peers: [{ name: 'csirt-old', url: old.url, topics: ['incident'], publish: ['back'], iodef: 1 }],
      topics,
      routes: [{ match: {}, topic: 'back' }],
    })
    world.use(await boot(near))
    await near.ready()
    const owner = await world.user('gateway')
    await owner.affiliate('back', `gateway2@${domain}`, 'publisher')
    world.use(await boot(far))
    await far.ready()
  })
  after(() => world[Symbol.asyncDispose]())

  test('gets every report as valid IODEF 1, and what it sends on arrives as it was', async () => {
    const reports = fixtures('valid').filter(({ name }) => !name.startsWith('v1-'))
    const client = world.use(await near.client('csirt-a', { keepAlive: true }))
    for (const { name, bytes } of reports) assert.equal((await client.post(bytes)).status, 200, name)
    await eventually(
      () => `every report; ${old.requests.length} came`,
      () => old.requests.length >= reports.length,
      { ms: 60_000 },
    )
    const back = world.use(await far.client('csirt-old', { keepAlive: true }))
    for (const { body } of old.requests) {
      assert.equal(complaint('iodef-1.0.xsd', embedded(body)), undefined)
      assert.equal(complaint('iodef-rid-2.0.xsd', body), undefined)
      assert.match(body, new RegExp(`<ReportSchema Version="1.0" XMLSchemaID="${NS.iodef1}">`))
      const { status, body: said } = await back.post(body)
      assert.equal(status, 200)
      assert.match(said, /AuthorizationStatus="Approved"/)
    }
    await eventually(
      () => `every report, back; ${fresh.requests.length} came`,
      () => fresh.requests.length >= reports.length,
      { ms: 60_000 },
    )
    const came = new Set(fresh.requests.map(({ body }) => comparable(embedded(body))))
    for (const { name, text } of reports) assert.ok(came.has(comparable(text)), `${name} is not what it was`)
    assert.equal((await far.backlog()).held, 0)
  })

  test('reads a Topic of IODEF 1, and who reads IODEF 2 gets that from it', async () => {
    const before = fresh.requests.length
    const document = iodef({ id: 'o1' }, { id: 'o2' })
    const client = world.use(await near.client('csirt-b'))
    const subscriber = await world.user('subscriber')
    await subscriber.subscribe('old')
    assert.equal((await client.post(document)).status, 200)
    await eventually(
      () => `the report; ${fresh.requests.length - before} came`,
      () => fresh.requests.length > before,
      { ms: 60_000 },
    )
    assert.equal(comparable(embedded(fresh.requests[before]?.body ?? '')), comparable(document))
    await subscriber.until('both items', ({ length }) => length === 2)
    for (const { xml } of subscriber.items) {
      assert.ok(xml.includes(`"${NS.iodef1}"`), xml)
      assert.equal(complaint('xep-0268.xsd', xml), undefined)
    }
  })
})
