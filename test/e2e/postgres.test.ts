import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { GatewayProcess } from '../support/command.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { expectedItems, iodef, ridReport } from '../support/reports.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

describe('a gateway whose store is in PostgreSQL', () => {
  let world: World
  let server: PostgresServer
  let site: Site
  let peer: RidPeer
  let user: GridUser
  let gateway: GatewayProcess

  before(async () => {
    world = await createWorld('prosody')
    server = world.use(await startPostgres())
    peer = await world.ridPeer('csirt-b')
    peer.script({ does: 'answer', status: 200 })
    site = await world.site({
      peers: [
        { name: 'csirt-a', publish: ['incident'] },
        { name: 'csirt-b', topics: ['incident'], url: peer.url },
      ],
      topics: [{ name: 'incident', create: true, members: members(world.broker.domain), restrictions: EVERY }],
      routes: [{ match: {}, topic: 'incident' }],
    })
    await site.config({ store: { postgres: server.url } })
    gateway = await site.spawn()
    await site.ready()
    user = await world.user('subscriber')
    await user.subscribe('incident')
  })
  after(async () => {
    await gateway?.kill()
    await world?.[Symbol.asyncDispose]()
  })

  const EVERY = ['public', 'partner', 'need-to-know', 'private', 'default']
  const report = (id: string) => ridReport(iodef({ id, restriction: 'public' }))
  const itemOf = (id: string) => expectedItems(iodef({ id, restriction: 'public' }))[0]!.id
  const came = (id: string) => user.items.filter((item) => item.id === itemOf(id)).length
  const sentToPeer = (id: string) => peer.requests.filter(({ body }) => String(body).includes(`>${id}<`)).length

  async function post(id: string) {
    await using client = await site.client('csirt-a')
    return await client.post(report(id))
  }

  test('carries a report to the grid and to a peer, once, and says so in queue and trace', async () => {
    assert.equal((await post('first')).status, 200)
    await user.until('the item', () => came('first') > 0)
    assert.equal((await post('first')).status, 200, 'a repeat is answered as before')
    await eventually('the report to reach the other peer', () => sentToPeer('first') === 1)
    await site.drained()
    const trace = await site.command('trace', 'first')
    assert.match(trace, /accepted/)
    assert.match(trace, /published/)
    const listed = JSON.parse(await site.command('queue', 'list', '--json')) as { state: string }[]
    assert.ok(listed.length >= 2 && listed.every(({ state }) => state === 'delivered'))
    const { body } = await site.health()
    assert.equal(body.parts.store?.state, 'ok')
    assert.equal(body.parts.disk, undefined, "the disk of the server is another machine's matter")
  })

  test('loses nothing by kill -9', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `killed-${n}`)
    const answers = ids.map((id) =>
      post(id)
        .then(({ status }) => status === 200 && id)
        .catch(() => false),
    )
    await Promise.any(answers.map(async (one) => (await one) || Promise.reject(new Error('not taken'))))
    await gateway.kill()
    const taken = (await Promise.all(answers)).filter((id) => typeof id === 'string')
    gateway = await site.spawn()
    await user.until('all that was acknowledged', () => taken.every((id) => came(id) > 0))
    await eventually('all of it to reach the other peer', () => taken.every((id) => sentToPeer(id) > 0), { ms: 60_000 })
  })

  test('answers 503 with Retry-After while the server is away, and goes on when it is back', async () => {
    assert.equal((await post('before')).status, 200)
    await server.stop()
    const refused = await post('meanwhile')
    assert.equal(refused.status, 503, refused.body)
    assert.ok(Number(refused.headers['retry-after']) > 0)
    await eventually('the store to be said to be away', async () => (await site.health()).status === 503)
    await server.start()
    await eventually('reports to be taken again', async () => (await post('meanwhile')).status === 200, { ms: 60_000 })
    await user.until('both', () => came('before') > 0 && came('meanwhile') > 0)
    await site.drained(60_000)
    await eventually('the store to be well', async () => (await site.health()).status === 200)
  })
})
