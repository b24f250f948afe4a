import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startReporters } from '../soak/reporters.ts'
import { startEjabberdCluster } from '../support/ejabberd-cluster.ts'
import { eventually } from '../support/eventually.ts'
import { createPki } from '../support/pki.ts'
import { createRandom } from '../support/random.ts'
import { createSite } from '../support/site.ts'
import { startGridUser } from '../support/slixmpp.ts'

/** ms in which what is acknowledged after the death of a node reaches those at the other one */
const OUTAGE = 15_000

test('a node of an ejabberd cluster dies under the gateway: what was acknowledged is at the other, and its subscribers get it', async () => {
  await using pki = await createPki()
  const users = { gateway: 'gateway-secret', subscriber: 'subscriber-secret' }
  await using cluster = await startEjabberdCluster({ pki, users })
  const [first, second] = cluster.nodes
  await using site = await createSite({
    broker: first,
    pki,
    topics: [{ name: 'incident', create: true, members: [`subscriber@${first.domain}`] }],
    grid: { service: [first.service, second.service] },
  })
  await using gateway = await site.spawn()
  await site.ready()
  await using subscriber = await startGridUser(second, { user: 'subscriber', password: users.subscriber })
  await subscriber.subscribe('incident')
  await using reporters = await startReporters(site, 'csirt-a', {
    senders: 2,
    pause: 50,
    random: createRandom(3),
    mixed: false,
  })
  const acknowledged = () => reporters.posted.filter((report) => report.acknowledged)
  const shown = () => new Set(subscriber.items.map(({ id }) => id))
  await eventually('reports to get through', () => shown().size >= 10)

  await first.kill()
  const begun = Date.now()
  const before = reporters.posted.length
  await eventually('a report of later to get through', () => {
    const there = shown()
    return reporters.posted.slice(before).some(({ item, acknowledged: taken }) => taken && there.has(item))
  })
  const outage = Date.now() - begun
  await reporters.stop()
  await site.drained()
  const wanted = acknowledged().map(({ item }) => item)
  await subscriber.until('all that was acknowledged', () => wanted.every((item) => shown().has(item)))
  const kept = new Set(await subscriber.ids('incident'))
  assert.deepEqual(
    wanted.filter((item) => !kept.has(item)),
    [],
  )
  assert.deepEqual(reporters.unexpected, [])
  assert.ok(outage < OUTAGE, `${outage} ms`)
  const logins = gateway.log().filter(({ event }) => event === 'controller-connected')
  assert.deepEqual(
    logins.map(({ service }) => service),
    [first.service, second.service],
  )
})
