import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { iodef, ridReport } from '../support/reports.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import { A, peersOf, type Running, running } from '../support/running.ts'

describe('a reload at a real Broker', () => {
  let world: World
  let t: Running
  let b: RidPeer

  before(async () => {
    world = await createWorld('prosody')
    b = await world.ridPeer('csirt-b')
    t = world.use(await running({ broker: world.broker, pki: world.pki }))
    await t.site.ready()
  })
  after(() => world[Symbol.asyncDispose]())

  function topics(...names: readonly string[]): Record<string, unknown> {
    const [given] = (t.site.base().grid as { topics: object[] }).topics
    return { ...(t.site.base().grid as object), topics: names.map((name) => ({ ...given, name })) }
  }

  async function post(id: string): Promise<void> {
    const client = await t.site.client('csirt-a')
    const { body } = await client.post(ridReport(iodef({ id })))
    assert.match(body, /Approved/, body)
  }

  const got = (id: string) => b.requests.some(({ body }) => body.includes(`>${id}<`))

  test('a peer that is added gets what is published from then on, and nothing once it is taken away', async () => {
    const { site, gateway } = t
    const other = { name: 'csirt-b', url: b.url, topics: ['incident'], publish: [] }
    await site.config(peersOf(site, A, other))
    assert.deepEqual(gateway.reload(), { taken: true })
    let n = 0
    await eventually('a report to reach the new peer', async () => {
      await post(`added-${n}`)
      n += 1
      return b.requests.some(({ body }) => body.includes('>added-'))
    })
    // what waits for it would wait on
    await site.drained()
    await site.config(peersOf(site, A))
    assert.deepEqual(gateway.reload(), { taken: true })
    await post('taken-away')
    await site.drained()
    assert.ok(!got('taken-away'))
  })

  test('a Topic that is added is made, published to and read, and one that is taken away is left, in the same session', async () => {
    const { site, gateway, lines } = t
    const logins = () => lines.filter(({ event }) => event === 'controller-connected').length
    const before = logins()
    const other = { name: 'csirt-b', url: b.url, topics: ['second'], publish: [] }
    await site.config({
      ...peersOf(site, { ...A, publish: ['incident', 'second'] }, other),
      grid: topics('incident', 'second'),
      routes: [{ topic: 'second' }],
    })
    assert.deepEqual(gateway.reload(), { taken: true })
    await post('on-second')
    await eventually('it to be read there and sent on', () => got('on-second'))
    await eventually('it to be well', async () => (await site.health()).body.parts['topic:second']?.state === 'ok')

    await site.config({ ...peersOf(site, A), grid: topics('incident') })
    assert.deepEqual(gateway.reload(), { taken: true })
    await post('on-first-again')
    await site.drained()
    await eventually('it to be gone from /ready', async () => !('topic:second' in (await site.health()).body.parts))
    const user = await world.user('gateway', undefined, 'looking')
    assert.equal((await user.ids('second')).length, 1, 'what was published stays')
    assert.equal(logins(), before)
  })

  test('another login ends the session and begins one at once, and reports go on', async () => {
    const { site, gateway, lines } = t
    const logins = () => lines.filter(({ event }) => event === 'controller-connected')
    const before = logins().length
    await site.config({ grid: { ...topics('incident'), resource: 'another' } })
    assert.deepEqual(gateway.reload(), { taken: true })
    await post('while-logging-in')
    await eventually('the new login', () => logins().length === before + 1)
    assert.match(String(logins().at(-1)?.jid), /\/another$/)
    await site.drained()
  })

  test('a login that was refused is tried at once with the password that was mended', async () => {
    const { site, gateway } = t
    const password = join(site.dir, 'gateway.password')
    await writeFile(password, 'wrong\n')
    await site.config({ grid: { ...topics('incident'), resource: 'third' } })
    assert.deepEqual(gateway.reload(), { taken: true })
    await eventually('the login to be refused', async () =>
      /refused the login/.test((await site.health()).body.parts.grid?.reason ?? ''),
    )
    await post('while-refused')
    await writeFile(password, 'gateway-secret\n')
    assert.deepEqual(gateway.reload(), { taken: true })
    await site.ready()
    await site.drained()
  })
})
