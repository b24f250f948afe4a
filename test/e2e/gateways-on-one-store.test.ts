import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { byNumber } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { createPair, documentOf, type Pair } from '../support/pair-on-one-store.ts'
import { comparable, embedded, iodef, ridReport } from '../support/reports.ts'

describe('two gateways on one store and one account', () => {
  let pair: Pair

  before(async () => {
    pair = await createPair()
  })
  after(() => pair?.[Symbol.asyncDispose]())

  /** As a client behind a balancer: until somebody takes it, at whichever gateway is there. */
  async function post(id: string, first: number): Promise<void> {
    for (let n = first; ; n += 1) {
      await using client = await pair.sites[n % 2 === 0 ? 0 : 1].client('csirt-a')
      const answer = await client.post(ridReport(documentOf(id))).catch(() => undefined)
      if (answer?.status === 200) return assert.match(answer.body, /Approved/)
      if (answer !== undefined) assert.equal(answer.status, 503, answer.body)
      await wait(100)
    }
  }

  test('are ready, know each other for what they are, and show what came to one and to the other, once', async () => {
    const { sites, user, shown, sent } = pair
    for (const [n, id] of ['at-one', 'at-two', 'at-one-again', 'at-two-again'].entries()) await post(id, n)
    for (const id of ['at-one', 'at-two', 'at-one-again', 'at-two-again']) {
      await user.until(id, () => shown(id) > 0)
      await eventually(`${id} to reach the peer`, () => sent(id) > 0, { ms: 60_000 })
      assert.deepEqual([shown(id), sent(id)], [1, 1], id)
    }
    for (const site of sites) {
      const { body } = await site.health()
      assert.deepEqual([body.parts.grid?.state, body.parts.grid?.reason ?? null], ['ok', null])
      assert.match(await site.command('trace', 'at-two'), /published/)
    }
    // a repeat at the other one is a repeat
    await post('at-one', 1)
    await wait(500)
    assert.equal(shown('at-one'), 1)
  })

  test('answer at one a question whose answer comes to the other', async () => {
    const { sites, peer } = pair
    peer.script(
      { does: 'answer', status: 202, headers: { 'rid-callback-token': 'tok-1' } },
      { does: 'answer', status: 200 },
    )
    await using asker = await sites[0].client('csirt-a')
    const asked = asker.post(byNumber('asked', 'csirt-a.example'))
    await eventually('the peer to be asked', () => peer.requests.some(({ body }) => body.includes('>asked<')))
    await using far = await sites[1].client('csirt-b')
    const told = await far.post(ridReport(iodef({ id: 'asked' })), { 'rid-callback-token': 'tok-1' })
    assert.equal(told.status, 200, told.body)
    const { status, body } = await asked
    assert.equal(status, 200, body)
    assert.equal(comparable(embedded(body)), comparable(iodef({ id: 'asked' })))
  })

  test('go on within 15 s when one is killed, whichever it is: nothing is lost, nothing comes twice', async () => {
    const { sites, running, peer, shown, sent } = pair
    const before = peer.requests.length
    const all: string[] = []
    for (const victim of [0, 1] as const) {
      const posts: Promise<void>[] = []
      for (let n = 0; n < 20; n += 1) {
        const id = `killed-${victim}-${n}`
        all.push(id)
        posts.push(post(id, n))
        if (n === 10) await running[victim].kill()
        await wait(20)
      }
      await Promise.all(posts)
      const killed = Date.now()
      await eventually('all of it to be everywhere', () => all.every((id) => shown(id) > 0 && sent(id) > 0), {
        ms: 60_000,
      })
      assert.ok(Date.now() - killed < 45_000)
      running[victim] = await sites[victim].spawn()
      await sites[victim].ready()
    }
    // what was on its way at that moment may have come through, and nobody knows: it is sent again, and no more than that
    const twice = all.filter((id) => sent(id) > 1)
    assert.ok(
      twice.length <= 10 && all.every((id) => sent(id) <= 2),
      `${twice.join()} of ${peer.requests.length - before}`,
    )
    for (const site of sites) await site.drained()
  })
})
