import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startReporters } from '../soak/reporters.ts'
import { exec, freePort } from '../support/brokers.ts'
import { ROOT } from '../support/command.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { eventually, within } from '../support/eventually.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { createRandom } from '../support/random.ts'
import { iodef } from '../support/reports.ts'
import type { RidClient, RidResponse } from '../support/rid-client.ts'
import { createSite, type Site } from '../support/site.ts'

const EXAMPLE = readFileSync(join(ROOT, 'examples', 'haproxy.cfg'), 'utf8')

const BEHIND = { proxyProtocol: true, proxies: ['127.0.0.1'], limits: { handshakes: 2 } }

/** ms that senders may be without an answer when a gateway goes */
const OUTAGE = 15_000

describe('two gateways behind haproxy, as examples/haproxy.cfg has it', () => {
  /** Both publish to one Topic, each with a store and a resource of its own. */
  async function createPair(world: World): Promise<readonly [Site, Site]> {
    const pair = ['one', 'two'].map((resource) =>
      world.site({
        peers: ['csirt-a', 'csirt-b'].map((name) => ({ name, publish: ['incident'] })),
        topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
        grid: { resource },
        rid: BEHIND,
      }),
    )
    return [await (pair[0] as Promise<Site>), await (pair[1] as Promise<Site>)]
  }

  test('haproxy takes the example as it is', async () => {
    await exec('/usr/sbin/haproxy', ['-c', '-f', join(ROOT, 'examples', 'haproxy.cfg')])
  })

  test('one is killed, one is stopped: senders send again, and nothing that was acknowledged is lost', async () => {
    await using world = await createWorld('prosody')
    const [one, two] = await createPair(world)
    let [first, second] = await Promise.all([one.spawn(), two.spawn()])
    await Promise.all([one.ready(), two.ready()])
    world.use({ [Symbol.asyncDispose]: async () => void (await Promise.all([first.kill(), second.kill()])) })
    const { port } = world.use(await startHaproxy(EXAMPLE, [one, two]))
    const answers: RidResponse[] = []
    const from = (localAddress: string) => ({
      async client(name: string, options = {}) {
        const client = await one.client(name, { ...options, port, localAddress })
        const send: RidClient['send'] = async (request) => {
          const answer = await client.send(request)
          answers.push(answer)
          return answer
        }
        return { ...client, send }
      },
    })
    await using a = await startReporters(from('127.0.0.2'), 'csirt-a', {
      senders: 2,
      pause: 20,
      random: createRandom(1),
      mixed: false,
    })
    await using b = await startReporters(from('127.0.0.9'), 'csirt-b', {
      senders: 2,
      pause: 20,
      random: createRandom(2),
      mixed: false,
    })
    const acknowledged = () => [...a.posted, ...b.posted].filter((report) => report.acknowledged)
    /** Until both have had an answer again; in ms. */
    const goesOn = async () => {
      const [begun, ...before] = [Date.now(), a.posted.length, b.posted.length]
      const more = () => [a, b].every(({ posted }, i) => posted.slice((before[i] ?? 0) + 4).some((r) => r.acknowledged))
      await eventually('both senders to be answered again', more, { ms: 60_000 })
      return Date.now() - begun
    }
    await goesOn()
    await first.kill()
    const killed = await goesOn()
    first = await one.spawn()
    await one.ready()
    // until haproxy knows that it is back
    await wait(3_000)
    second.signal('SIGTERM')
    const stopped = await goesOn()
    assert.equal((await within(60_000, 'it to stop', second.ended)).code, 0)
    second = await two.spawn()
    await two.ready()
    await Promise.all([a.stop(), b.stop()])
    assert.ok(Math.max(killed, stopped) < OUTAGE, `${killed} and ${stopped} ms without an answer`)
    assert.deepEqual([...a.unexpected, ...b.unexpected], [])
    for (const { status, headers } of answers) {
      if (status !== 200) assert.deepEqual([status, typeof headers['retry-after']], [503, 'string'])
    }
    for (const site of [one, two]) await site.drained()
    const subscriber = await world.user('subscriber')
    const there = new Set(await subscriber.ids('incident'))
    const wanted = acknowledged()
    assert.ok(wanted.length > 20, `${wanted.length} reports`)
    assert.deepEqual(
      wanted.filter(({ item }) => !there.has(item)),
      [],
    )
  })

  test("log and limits see the peer's own address", async () => {
    await using one = await createSite({ rid: BEHIND })
    await using gateway = await one.spawn()
    await using haproxy = await startHaproxy(EXAMPLE, [one])
    const { port } = haproxy
    await using stranger = await one.client('nobody', { port, localAddress: '127.0.0.3' })
    assert.equal((await stranger.post(iodef({ id: 'no' }))).status, 403)
    const line = () => gateway.log().find(({ event }) => event === 'rid-stranger')
    await eventually('the line', () => line() !== undefined)
    assert.equal(line()?.remote, '127.0.0.3')

    const half = (localAddress: string) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress })
      socket.on('error', () => {})
      return socket.resume()
    }
    const mine = [half('127.0.0.4')]
    // of two that come together, haproxy may pass on the second first
    await wait(500)
    mine.push(half('127.0.0.4'))
    const elses = half('127.0.0.5')
    await wait(500)
    mine.push(half('127.0.0.4'))
    await eventually('the oldest of that address to go', () => mine[0]?.destroyed === true)
    assert.equal(elses.destroyed, false)
    for (const socket of [...mine, elses]) socket.destroy()
    // where /ready of none says so, the gateways say themselves what they can do
    const opsPort = await freePort()
    let asked = 0
    const ops = createServer((_, response) => {
      asked += 1
      response.writeHead(503).end()
    }).listen(opsPort, '127.0.0.1')
    await using unready = await startHaproxy(EXAMPLE, [{ ridPort: one.ridPort, opsPort }])
    await eventually('haproxy to see that none is ready', () => asked > 2)
    await using late = await one.client('nobody', { port: unready.port, localAddress: '127.0.0.6' })
    await eventually(
      'an answer',
      async () => (await late.post(iodef({ id: 'late' })).catch(() => undefined))?.status === 403,
    )
    ops.close()
    // past haproxy nobody gets in
    await using direct = await one.client('csirt-a')
    assert.equal((await direct.post(iodef({ id: 'direct' })).catch(() => undefined))?.status, undefined)
  })
})
