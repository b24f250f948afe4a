import { setTimeout as wait } from 'node:timers/promises'
import { boot } from '../support/boot.ts'
import { createWorld, members } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { expectedItems, iodef } from '../support/reports.ts'
import { FAULTS, startTcpProxy } from '../support/tcp-proxy.ts'
import { disorder } from './disorder.ts'
import { createFailures, type Proof } from './proof.ts'
import { compare, startPublishing } from './publishing.ts'
import { startReporters } from './reporters.ts'

/** What the gateway may take to be connected again once the network is well. */
const RECOVERY_MS = 60_000

/**
 * For `count` seconds the network cuts, stalls, delays and forgets connections: between senders and gateway, gateway and Broker,
 * gateway and RID peer. Nothing is lost, nothing stays stuck, and the gateway is back within 60 s of health.
 */
export const badNetwork: Proof = async ({ kind, count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using world = await createWorld(kind, { maxItems: 100_000 })
  const peer = await world.ridPeer('csirt-z')
  const toBroker = world.use(await startTcpProxy(Number(new URL(world.broker.service).port), { seed }))
  const toPeer = world.use(await startTcpProxy(peer.port, { seed: seed + 1 }))
  const site = await world.site({
    peers: [
      { name: 'csirt-a', publish: ['incident'] },
      { name: 'csirt-z', url: `https://localhost:${toPeer.port}/`, topics: ['incident'] },
    ],
    topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
    grid: { service: `xmpp://127.0.0.1:${toBroker.port}` },
  })
  const toGateway = world.use(await startTcpProxy(site.ridPort, { seed: seed + 2 }))
  world.use(await boot(site))
  await site.ready()
  const owner = await world.user('gateway')
  await owner.affiliate('incident', `publisher@${world.broker.domain}`, 'publisher')
  const publisher = await world.user('publisher')
  const subscriber = await world.user('subscriber')
  await subscriber.subscribe('incident')
  await using reporters = await startReporters(site, 'csirt-a', {
    senders: 3,
    pause: 100,
    random,
    port: toGateway.port,
  })
  await using publishing = startPublishing(publisher, 'incident', { lanes: 2, pause: 100, random })

  const end = Date.now() + count * 1_000
  let told = Date.now()
  await Promise.all(
    [toBroker, toPeer, toGateway].map(async (proxy) => {
      while (Date.now() < end) {
        await wait(random() * 3_000)
        const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'cut'
        await proxy.inflict(fault, 200 + random() * 4_000)
        if (Date.now() - told > 15_000) {
          told = Date.now()
          say(
            `${reporters.posted.length} reports, ${publishing.published.length} items, ${peer.requests.length} messages at the peer`,
          )
        }
      }
    }),
  )
  say('the network is well again')
  const well = Date.now()
  await reporters.stop()
  await publishing.stop()
  // /ready alone would believe a connection that nobody has told us is dead
  const probe = iodef({ id: 'probe' })
  const [probed] = expectedItems(probe)
  const client = world.use(await site.client('csirt-a', { keepAlive: true }))
  const { status } = await client.post(probe)
  if (status !== 200) failures.add('probe', `answered ${status}`)
  await publisher.publish(
    'incident',
    'the probe of others',
    probe.replace(/^<.*>\n/, '').replace('>probe<', '>other probe<'),
  )
  const since = async (what: string, holds: () => boolean) => {
    await eventually(what, holds, { ms: RECOVERY_MS }).catch((error: Error) =>
      failures.add('not back in time', error.message),
    )
    return Date.now() - well
  }
  const [toGrid, toOther] = await Promise.all([
    since('a new report to reach the grid', () => subscriber.items.some(({ id }) => id === probed?.id)),
    since('a new item to reach the peer', () => peer.requests.some(({ body }) => body.includes('>other probe<'))),
  ])
  await site.ready(1_000).catch((error: Error) => failures.add('not ready', error.message))
  // a peer that was thought dead is tried again after its own time
  await site.drained(240_000).catch((error: Error) => failures.add('stuck', error.message))
  const drained = Date.now() - well

  const at = new Set(await subscriber.ids('incident'))
  const own = new Map(reporters.posted.filter((p) => p.kind === 'valid').map((p) => [p.item, p]))
  await subscriber
    .until('all items live', (items) => new Set(items.map((i) => i.id)).size >= at.size, 30_000)
    .catch((error: Error) => failures.add('subscriber', error.message))
  for (const text of reporters.unexpected) failures.add('unexpected answer', text)
  for (const report of reporters.posted) {
    if (report.acknowledged && !at.has(report.item)) failures.add('lost on the way to the grid', JSON.stringify(report))
    if (report.kind !== 'valid' && at.has(report.item)) failures.add('published though refused', JSON.stringify(report))
  }
  for (const text of disorder(subscriber.items.map((i) => own.get(i.id)))) failures.add('items out of order', text)
  await eventually('the last messages', () => compare(peer, publishing.published).lost.length === 0, {
    ms: 90_000,
  }).catch(() => undefined)
  const found = compare(peer, publishing.published)
  for (const mark of found.lost) failures.add('lost on the way to the peer', mark)
  for (const mark of found.changed) failures.add('another message the second time', mark)
  for (const text of found.disorder) failures.add('messages out of order', text)
  const { held, withheld } = await site.backlog()
  if (held + withheld > 0) failures.add('held', `${held} held, ${withheld} withheld`)
  const faults = (proxy: typeof toPeer) => FAULTS.map((fault) => `${proxy.counts[fault]} ${fault}`).join(', ')
  return {
    failures: failures.all(),
    figures: {
      'seconds of faults': count,
      'reports posted': reporters.posted.length,
      acknowledged: reporters.posted.filter((p) => p.acknowledged).length,
      'items by others': publishing.published.length,
      'of these at the peer once': found.arrived - found.twice - found.oftener,
      'at the peer oftener: its 2xx was lost': found.twice + found.oftener,
      'ms from health to a new report on the grid': toGrid,
      'ms from health to a new item at the peer': toOther,
      'ms from health to nothing waiting': drained,
      'faults towards the Broker': faults(toBroker),
      'faults towards the peer': faults(toPeer),
      'faults from the senders': faults(toGateway),
    },
  }
}
