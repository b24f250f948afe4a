import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type GatewayProcess, run, start } from '../support/command.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually, within } from '../support/eventually.ts'
import { createRidClient, type RidClient } from '../support/rid-client.ts'
import { acknowledgement, type RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import { startGridUser } from '../support/slixmpp.ts'
import { report } from './documents.ts'

// Section 2 on `start` (drains; a second signal forces), section 4's 503, and "an acknowledged report is never lost".

let world: World
let site: Site
let a: RidClient
let b: RidPeer
let config: string

before(async () => {
  world = await createWorld('prosody')
  site = await world.site({ open: false })
  b = await world.ridPeer('csirt-b')
  config = await site.config({
    peers: [
      { name: 'csirt-a', identity: { dns: 'csirt-a.example' }, publish: ['incident'] },
      { name: 'csirt-b', identity: { dns: 'csirt-b.example' }, url: b.url, topics: ['incident'] },
    ],
  })
  a = await site.client('csirt-a')
})

after(() => world?.[Symbol.asyncDispose]())

type Row = { destination: string; incident: string; state: string }

async function rows(): Promise<Row[]> {
  const { stdout, code, stderr } = await run(['queue', 'list', '--json', '--config', config])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Row[]
}

async function sending(id: string): Promise<void> {
  const { status } = await a.post(report({ id }))
  assert.equal(status, 200)
  await eventually('the message to be on its way', () => b.requests.some(({ body }) => body.includes(`>${id}<`)))
}

/** Ends the gateway and says how long that took. */
async function ending(
  gateway: GatewayProcess,
  ms: number,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return within(ms, () => `the gateway to end; it said ${gateway.said}`, gateway.ended)
}

test('SIGTERM drains: 503 with Retry-After, /ready 503, what is being sent is finished, exit code 0', async () => {
  await using gateway = start(config)
  await site.ready()
  const { cert, key } = await site.certificate('csirt-a')
  const open = createRidClient(site.ridPort, { ca: site.ca.cert, cert, key }, { keepAlive: true })
  assert.equal((await open.send({ method: 'GET' })).status, 204)
  b.script({ does: 'answer', delay: 4_000, body: acknowledgement('Approved') })
  await sending('drain-1')
  gateway.signal('SIGTERM')
  await eventually('the answer 503', async () => (await open.post(report({ id: 'before' }))).status === 503, {
    ms: 3_000,
  })
  for (const client of [open, a]) {
    const refused = await client.post(report({ id: 'drain-2' }))
    assert.equal(refused.status, 503, refused.body)
    assert.match(String(refused.headers['retry-after']), /^\d+$/)
    assert.match(String(refused.headers['content-type']), /^application\/problem\+xml/)
  }
  const { status, body } = await site.health()
  assert.deepEqual([status, body.ready], [503, false])
  assert.ok(Object.keys(body.parts).includes('drain'))
  assert.deepEqual(await ending(gateway, 20_000), { code: 0, signal: null })
  const after = await rows()
  assert.equal(
    after.find(({ incident, destination }) => incident.includes('drain-1') && destination === 'csirt-b')?.state,
    'delivered',
  )
  assert.ok(!after.some(({ incident }) => incident.includes('drain-2')))
  assert.equal(b.requests.filter(({ body: sent }) => sent.includes('>drain-1<')).length, 1)
  for (const line of gateway.log()) assert.equal(typeof line.msg, 'string')
})

test('a second signal forces; what was cut off is sent again by the next start', async () => {
  b.script({ does: 'hang' })
  await using gateway = start(config)
  await site.ready()
  await sending('force-1')
  gateway.signal('SIGINT')
  await wait(700)
  assert.equal((await site.health()).status, 503)
  gateway.signal('SIGTERM')
  await ending(gateway, 3_000)
  b.script({ does: 'answer', body: acknowledgement('Approved') })
  await using next = start(config)
  await eventually('the message again', () => b.requests.filter(({ body }) => body.includes('>force-1<')).length === 2)
  await eventually('it to be settled', async () =>
    (await rows()).some(
      ({ incident, destination, state }) =>
        incident.includes('force-1') && destination === 'csirt-b' && state === 'delivered',
    ),
  )
  next.signal('SIGINT')
  assert.deepEqual(await ending(next, 20_000), { code: 0, signal: null })
})

test('create is false by default: the Topic is not made, /ready says so, reports are kept until somebody makes it', async () => {
  const { broker } = world
  const base = site.base() as { grid: object; peers: object[] }
  const path = await site.config(
    {
      peers: [{ ...base.peers[0], publish: ['late'] }],
      grid: { ...base.grid, topics: [{ name: 'late' }] },
      routes: [{ topic: 'late' }],
      store: { path: './data/late.db' },
    },
    'late.yaml',
  )
  await using admin = await startGridUser(broker, { user: 'gateway', password: 'gateway-secret' })
  {
    await using gateway = start(path)
    await gateway.serving
    const part = async () => (await site.health()).body.parts['topic:late']
    await eventually('the Topic to be missed', async () => /exist|found/i.test(String((await part())?.reason)))
    const { status, body } = await site.health()
    assert.deepEqual([status, body.parts['topic:late']?.state], [200, 'failed'])
    assert.equal((await a.post(report({ id: 'late-1' }))).status, 200)
    await assert.rejects(admin.ids('late'))
  }
  await admin.create('late', {})
  // it would look again by itself within a minute
  await using _again = start(path)
  await eventually('the item', async () => (await admin.ids('late')).length === 1)
  await site.ready()
})

test('kill -9 right behind the answers, without a Broker, and a start later: everything acknowledged is on the Topic, once', async () => {
  const { broker } = world
  await broker.stop()
  const ids = Array.from({ length: 24 }, (_, n) => `kill-${n}-日本`)
  {
    await using gateway = start(config)
    await gateway.serving
    await Promise.all(
      ids.map(async (id) => {
        const { status, body } = await a.post(report({ id }))
        assert.equal(status, 200)
        assert.match(body, /"Approved"/)
      }),
    )
    gateway.signal('SIGKILL')
    assert.equal((await ending(gateway, 5_000)).signal, 'SIGKILL')
  }
  // it died holding some: those are sending until the next start
  const waiting = (await rows()).filter(({ incident }) => incident.includes('kill-'))
  assert.equal(waiting.length, ids.length)
  assert.ok(waiting.every(({ state }) => ['pending', 'sending'].includes(state)))
  await broker.start()
  await using _gateway = start(config)
  await site.ready()
  const again = await a.post(report({ id: ids[0] ?? '' }))
  assert.match(again.body, /"Approved"/)
  await eventually('all to be published and delivered', async () => {
    const mine = (await rows()).filter(({ incident }) => incident.includes('kill-'))
    return mine.length === ids.length * 2 && mine.every(({ state }) => state === 'delivered')
  })
  await using subscriber = await startGridUser(broker, { user: 'subscriber', password: 'subscriber-secret' })
  const items = await Promise.all((await subscriber.ids('incident')).map((id) => subscriber.item('incident', id)))
  for (const id of ids) assert.equal(items.filter((xml) => xml?.includes(`>${id}<`)).length, 1, id)
  for (const id of ids) assert.equal(b.requests.filter(({ body }) => body.includes(`>${id}<`)).length, 1, id)
})
