import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { boot } from '../support/boot.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { element, expectedItems, iodef } from '../support/reports.ts'
import { acknowledgement, type RidPeer, type Script } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

interface Row {
  readonly id: string
  readonly direction: string
  readonly source: string
  readonly destination: string
  readonly incident: string
  readonly state: string
  readonly attempts: number
  readonly nextAttempt: string | null
  readonly reason: string | null
}

const DENIED = acknowledgement('Denied').replace(/^<\?xml.*?\?>/, '')
const FAULT = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault/></e:Body></e:Envelope>'

describe('RID peers of every kind', () => {
  let world: World
  let site: Site
  let peer: RidPeer
  let silent: RidPeer
  let good: RidPeer
  let publisher: GridUser

  before(async () => {
    world = await createWorld('prosody')
    peer = await world.ridPeer('csirt-y')
    silent = await world.ridPeer('csirt-s')
    good = await world.ridPeer('csirt-z')
    silent.script({ does: 'hang' })
    const all = { 'csirt-y': peer, 'csirt-s': silent, 'csirt-z': good }
    site = await world.site({
      peers: Object.entries(all).map(([name, { url }]) => ({ name, url, topics: ['incident'] })),
      topics: [{ name: 'incident', create: true }],
    })
    world.use(await boot(site))
    await site.ready()
    const owner = await world.user('gateway')
    await owner.affiliate('incident', `publisher@${world.broker.domain}`, 'publisher')
    publisher = await world.user('publisher')
  })
  after(() => world[Symbol.asyncDispose]())

  async function publish(id: string): Promise<void> {
    const [item] = expectedItems(iodef({ id }))
    await publisher.publish('incident', item?.id ?? id, element('report', { id }))
  }

  async function rows(id: string, destination = 'csirt-y'): Promise<Row[]> {
    const all = JSON.parse(await site.command('queue', 'list', '--json')) as Row[]
    return all.filter((row) => row.incident === `csirt-a.example ${id}` && row.destination === destination)
  }

  const HELD: readonly [string, Script, RegExp][] = [
    ['redirects', { does: 'answer', status: 307, headers: { location: 'https://elsewhere.example/' } }, /307/],
    ['redirects for good', { does: 'answer', status: 301, headers: { location: 'https://elsewhere.example/' } }, /301/],
    ['says 400', { does: 'answer', status: 400, body: 'no' }, /400/],
    ['says 404', { does: 'answer', status: 404 }, /404/],
    ['says 413', { does: 'answer', status: 413 }, /413/],
    [
      'denies with a reason',
      { does: 'answer', body: acknowledgement('Denied', 'UnrecognizedFormat') },
      /denied.*UnrecognizedFormat/i,
    ],
    ['denies behind a DOCTYPE', { does: 'answer', body: `<!DOCTYPE RID>${DENIED}` }, /denied/],
    ['denies in lower case', { does: 'answer', body: DENIED.replace('"Denied"', '"denied"') }, /denied/],
    ['thanks in words', { does: 'answer', body: 'thank you' }, /HTTP 200 with no RID message .*"thank you"/],
    [
      'hides behind a page',
      { does: 'answer', body: '<html><body>OK</body></html>' },
      /no RID message .*"<html><body>OK/,
    ],
    ['answers with a SOAP Fault', { does: 'answer', body: FAULT }, /the root element is Envelope/],
  ]
  for (const [n, [what, script, reason]] of HELD.entries()) {
    test(`holds what a peer ${what}`, async () => {
      const id = `held ${n}`
      peer.script(script, { does: 'answer', body: acknowledgement('Approved') })
      await publish(id)
      await eventually('it to be held', async () => (await rows(id))[0]?.state === 'held')
      const [row] = await rows(id)
      assert.match(row?.reason ?? '', reason)
      assert.equal(row?.attempts, 1)
      assert.equal(peer.requests.filter(({ body }) => body.includes(`>${id}<`)).length, 1)
      // an operator's hand
      await site.command('queue', 'retry', row?.id ?? '')
      await eventually('it to be delivered', async () => (await rows(id))[0]?.state === 'delivered')
    })
  }

  const RETRIED: readonly [string, Script][] = [
    ['says 500', { does: 'answer', status: 500 }],
    ['says 503', { does: 'answer', status: 503, headers: { 'retry-after': '1' } }],
    ['says 408', { does: 'answer', status: 408 }],
    ['says 425', { does: 'answer', status: 425 }],
    ['says 429', { does: 'answer', status: 429, headers: { 'retry-after': '1' } }],
    ['hangs up in the middle of its answer', { does: 'close', when: 'mid-way' }],
    ['answers what is not HTTP', { does: 'garbage', bytes: 'SSH-2.0-OpenSSH\r\n' }],
  ]
  for (const [n, [what, script]] of RETRIED.entries()) {
    test(`tries again when a peer ${what}`, async () => {
      const id = `retried ${n}`
      peer.script(script, script, { does: 'answer', body: acknowledgement('Approved') })
      await publish(id)
      await eventually('it to be delivered', async () => (await rows(id))[0]?.state === 'delivered')
      const sent = peer.requests.filter(({ body }) => body.includes(`>${id}<`))
      assert.ok(sent.length >= 3, `${sent.length} attempts`)
      // the same message each time: RID's idempotence
      assert.equal(new Set(sent.map(({ body }) => body)).size, 1)
    })
  }

  const DELIVERED: readonly [string, string][] = [
    ['nothing', ''],
    ['a misspelt Acknowledgment', acknowledgement('Approved', undefined, 'Acknowledgment')],
    ['Pending', acknowledgement('Pending')],
  ]
  for (const [n, [what, body]] of DELIVERED.entries()) {
    test(`takes 200 with ${what} as delivered`, async () => {
      const id = `delivered ${n}`
      peer.script({ does: 'answer', body })
      await publish(id)
      await eventually('it to be delivered', async () => (await rows(id))[0]?.state === 'delivered')
      assert.equal(peer.requests.filter((request) => request.body.includes(`>${id}<`)).length, 1)
    })
  }

  test('tells the whole life of an incident', async () => {
    const trace = JSON.parse(await site.command('trace', 'held 0', '--json')) as {
      event: string
      destination?: string
    }[]
    const events = JSON.stringify(trace)
    for (const event of ['consumed', 'held', 'requeued', 'delivered']) assert.match(events, new RegExp(`"${event}"`))
  })

  test('counts what an operator did from another process', async () => {
    const requeued = () => site.metric('iodef_gateway_deliveries_total', { outcome: 'requeued' })
    await eventually('each retry to be counted', async () => (await requeued()) === HELD.length)
  })

  test('lets nobody wait for a peer that never answers', async () => {
    const id = 'while one is silent'
    await publish(id)
    await eventually('it at the peer that answers', () => good.requests.some(({ body }) => body.includes(`>${id}<`)))
    assert.ok(silent.requests.length > 0)
    // all that was published came to the good one, once
    const counts = new Map<string, number>()
    for (const { body } of good.requests) counts.set(body, (counts.get(body) ?? 0) + 1)
    assert.deepEqual([...new Set(counts.values())], [1])
    assert.equal(counts.size, HELD.length + RETRIED.length + DELIVERED.length + 1)
    const [row] = await rows(id, 'csirt-s')
    assert.ok(['pending', 'sending'].includes(row?.state ?? ''), row?.state)
    silent.script({ does: 'answer', body: acknowledgement('Approved') })
    silent.drop()
    await wait(100)
    await eventually(
      'the silent one to get it all',
      async () => (await rows(id, 'csirt-s'))[0]?.state === 'delivered',
      {
        ms: 90_000,
        every: 500,
      },
    )
    await site.drained(90_000)
  })
})
