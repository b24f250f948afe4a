import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { GatewayProcess } from '../support/command.ts'
import { byNumber } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { questionsClosed } from '../support/questions.ts'
import { answerContext, comparable, element, embedded, iodef } from '../support/reports.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

const EMPTY = { does: 'answer', status: 200 } as const

const query = (id: string) => byNumber(id, 'csirt-a.example')

/** A report in the language of `iodef`. */
const report = (id: string, exchange = '', more: Partial<Parameters<typeof element>[1]> = {}) =>
  element('report', { id, ...more }, answerContext(exchange))

describe('a Query over RID at one gateway, answered by somebody on the grid behind another', () => {
  let world: World
  let near: Site
  let far: Site
  let asker: RidPeer
  let soc: GridUser
  let running: GatewayProcess[] = []
  const address = (user: string) => `${user}@${world.broker.domain}/iodef-gateway`

  before(async () => {
    world = await createWorld('prosody')
    const { domain } = world.broker
    asker = await world.ridPeer('csirt-a')
    asker.script(EMPTY)
    near = await world.site({
      peers: [{ name: 'csirt-a', accept: ['Query'], restrictions: ['public', 'partner'], url: asker.url }],
      routes: [{ match: { type: ['Query'] }, ask: [`jid:${address('gateway2')}`] }],
    })
    await near.config({ exchanges: { hold: '5s', rate: 1000 } })
    far = await world.site({
      user: 'gateway2',
      peers: [],
      topics: [],
      grid: {
        participants: [
          { jid: `gateway@${domain}`, accept: ['inquiry'], restrictions: ['public', 'partner', 'private'] },
        ],
      },
      routes: [{ match: { jid: [`gateway@${domain}`], type: ['Query'] }, ask: [`jid:subscriber@${domain}/tool`] }],
    })
    await far.config({ exchanges: { holdIq: '2s', rate: 1000 } })
    await startBoth()
    soc = await world.user('subscriber', undefined, 'tool')
  })
  after(async () => {
    for (const one of running) await one.kill()
    await world[Symbol.asyncDispose]()
  })

  async function startBoth(): Promise<void> {
    running = await Promise.all([near.spawn(), far.spawn()])
    await Promise.all([near.ready(), far.ready()])
  }

  test('at once', async () => {
    await soc.answerWith({ xml: report('at-once') })
    await using client = await near.client('csirt-a')
    const { status, body } = await client.post(query('at-once'))
    assert.equal(status, 200, body)
    assert.equal(comparable(embedded(body)), comparable(iodef({ id: 'at-once' })))
    assert.match(soc.incidents.at(-1)?.from ?? '', /^gateway2@/)
    for (const site of [near, far]) await questionsClosed(site)
  })

  test('that there is nothing, and that it may not be asked', async () => {
    await using client = await near.client('csirt-a')
    await soc.answerWith({ error: 'item-not-found', type: 'cancel' })
    assert.match((await client.post(query('nothing'))).body, /MsgType="Report"(?![\s\S]*ReportSchema)/)
    await soc.answerWith({ error: 'forbidden', type: 'auth' })
    assert.match(
      (await client.post(query('forbidden'))).body,
      /AuthorizationStatus="Denied" Justification="CannotProcess"/,
    )
    for (const site of [near, far]) await questionsClosed(site)
  })

  test('what the far gateway may see and the asker may not, reaches nobody', async () => {
    await soc.answerWith({ xml: report('private', '', { restriction: 'private', description: 'who it was' }) })
    await using client = await near.client('csirt-a')
    const { status, body } = await client.post(query('private'))
    assert.equal(status, 200, body)
    assert.doesNotMatch(body, /ReportSchema|who it was/)
    for (const site of [near, far]) await questionsClosed(site)
  })

  test('after every process was ended and started again in between', async () => {
    await soc.answerWith()
    const came = soc.incidents.length
    await using client = await near.client('csirt-a')
    const promise = await client.post(query('restarts'))
    assert.equal(promise.status, 202, promise.body)
    const token = promise.headers['rid-callback-token']
    await eventually('the question to come', () => soc.incidents.length > came, { ms: 60_000 })
    const mark = /<(?:\w+:)?exchange [^>]*\bid="([^"]+)"/.exec(soc.incidents.at(-1)?.xml ?? '')?.[1] ?? ''
    for (const one of running) await one.kill()
    await soc[Symbol.asyncDispose]()
    const { port } = asker
    await asker[Symbol.asyncDispose]()
    await world.broker.restart()
    await startBoth()
    soc = await world.user('subscriber', undefined, 'tool')
    assert.equal((await soc.iq('set', address('gateway2'), report('restarts', mark))).kind, 'result')
    // the answer waits in the near gateway until its asker is back as well
    await questionsClosed(far)
    asker = await world.ridPeer('csirt-a', port)
    asker.script(EMPTY)
    await eventually('the answer to come', () => asker.requests.length > 0, { ms: 60_000 })
    const [callback] = asker.requests
    assert.equal(callback?.headers['rid-callback-token'], token)
    assert.equal(comparable(embedded(callback?.body ?? '')), comparable(iodef({ id: 'restarts' })))
    await questionsClosed(near)
    assert.equal(asker.requests.length, 1, 'once')
  })
})
