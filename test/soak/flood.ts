import { setTimeout as wait } from 'node:timers/promises'
import { NS } from '../../src/xml/namespaces.ts'
import { createWorld } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { incident } from '../support/reports.ts'
import type { GridUser } from '../support/slixmpp.ts'
import { createFailures, type Proof } from './proof.ts'

const MIB = 1024 * 1024
/** elements of the one enormous item: less where there are few of the others */
const GIANT = 1_000_000
/**
 * ms that one ordinary item may take meanwhile. Prosody itself stands still for 15 to 25 s each time it writes or reads a stanza of
 * a million elements, and answers nobody meanwhile.
 */
const PATIENCE = 300_000
/** MiB of memory that no flood may bring the gateway to */
const CEILING = 600

/**
 * `count` foreign items and as many forged events, and one valid-looking item of a million empty elements, while ordinary items
 * go on coming: all of the first are counted, none reaches the peer, and the ordinary ones do.
 */
export const flood: Proof = async ({ kind, count, say }) => {
  const failures = createFailures()
  await using world = await createWorld(kind, { maxItems: count + 1_000, stanzaLimit: 10 * MIB, durable: false })
  const { domain } = world.broker
  const peer = await world.ridPeer('csirt-z')
  const site = await world.site({
    peers: [{ name: 'csirt-z', url: peer.url, topics: ['incident', 'noise'] }],
    topics: ['incident', 'noise'].map((name) => ({ name, create: true, members: [] })),
  })
  const gateway = world.use(await site.spawn())
  await site.ready()
  const owner = await world.user('gateway')
  const publisher = await world.user('publisher')
  const quiet = await world.user('gateway2')
  const stranger = await world.user('stranger')
  for (const name of ['publisher', 'gateway2']) {
    for (const topic of ['incident', 'noise']) await owner.affiliate(topic, `${name}@${domain}`, 'publisher')
  }

  const flooding = new AbortController()
  let memory = await gateway.memory()
  const atRest = memory
  const watching = (async () => {
    for (; !flooding.signal.aborted; await wait(100)) memory = Math.max(memory, await gateway.memory())
  })()
  const arrival = (id: string) =>
    eventually(`${id} at the peer`, () => peer.requests.some(({ body }) => body.includes(`>${id}<`)), {
      ms: PATIENCE,
      every: 5,
    }).catch((error: Error) => failures.add('not delivered in time', error.message))
  const times: number[] = []
  const ordinary = (async () => {
    for (let n = 0; !flooding.signal.aborted; n += 1) {
      const began = performance.now()
      await quiet.publish('incident', `ordinary ${n}`, report(`ordinary-${n}`))
      await arrival(`ordinary-${n}`)
      times.push(performance.now() - began)
      await wait(50)
    }
  })().catch((error: Error) => failures.add('ordinary items', error.message))
  say('forged events')
  await forge(stranger, `gateway@${domain}`, count)
  await counted('iodef_gateway_events_dropped_total', { reason: 'forged' }, count)
  say('foreign items')
  const foreign = Array.from({ length: count }, (_, n) => ({
    id: `foreign-${n}`,
    xml: `<entry xmlns="urn:x">${n}</entry>`,
  }))
  await publisher.publishAll('noise', foreign)
  await publisher.publish('noise', 'behind', report('behind-the-foreign'))
  await arrival('behind-the-foreign')
  await counted('iodef_gateway_items_ignored_total', { reason: 'foreign' }, count)
  say('an item of a million empty elements')
  const data = `<AdditionalData dtype="xml">${'<a/>'.repeat(Math.min(GIANT, Math.max(100_000, count * 100)))}</AdditionalData>`
  const giant = report('giant').replace('</Incident>', `${data}</Incident>`)
  // ejabberd takes no item of that size
  const refused = await publisher.publish('noise', 'giant', giant).then(
    () => 0,
    (error: Error) => (/not-acceptable/.test(error.message) ? 1 : Promise.reject(error)),
  )
  await publisher.publish('noise', 'behind', report('behind-the-giant'))
  await arrival('behind-the-giant')

  flooding.abort()
  await Promise.all([ordinary, watching])
  await site.drained()
  const dropped = await site.metric('iodef_gateway_events_dropped_total', { reason: 'oversized' })
  const { held } = await site.backlog()
  if (refused + dropped + held === 0) failures.add('the giant', 'was neither refused, dropped nor held')
  const strange = peer.requests.filter(({ body }) => !/>(?:ordinary-\d+|behind-the-\w+)</.test(body))
  for (const { body } of strange) failures.add('not for the peer', body.slice(0, 200))
  const expected = times.length + 2
  if (peer.requests.length !== expected) failures.add('count', `${peer.requests.length} messages, not ${expected}`)
  if (memory > CEILING * MIB) failures.add('memory', `${Math.round(memory / MIB)} MiB`)
  times.sort((a, b) => a - b)
  return {
    failures: failures.all(),
    figures: {
      'forged events, all counted': count,
      'foreign items, all counted': count,
      'the giant: refused by the Broker': refused,
      'the giant: dropped as oversized': dropped,
      'the giant: held': held,
      'ordinary items meanwhile, all at the peer': times.length,
      'of these, half within (ms)': Math.round(times[times.length >> 1] ?? 0),
      'the slowest (ms)': Math.round(times.at(-1) ?? 0),
      'memory at rest (MiB)': Math.round(atRest / MIB),
      'most memory (MiB)': Math.round(memory / MIB),
    },
  }

  async function counted(metric: string, labels: Record<string, string>, wanted: number): Promise<void> {
    let last = 0
    await eventually(
      () => `${metric} to be ${wanted}; it is ${last}`,
      async () => {
        last = await site.metric(metric, labels)
        return last >= wanted
      },
      { ms: 120_000, every: 200 },
    ).catch((error: Error) => failures.add('not counted', error.message))
    if (last > wanted) failures.add('counted too often', `${metric}: ${last} of ${wanted}`)
  }
}

/** Events that claim to be the Broker's, `count` of them, from somebody else. */
async function forge(stranger: GridUser, to: string, count: number): Promise<void> {
  const item = `<item id="forged">${report('forged')}</item>`
  const event = `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="incident">${item}</items></event>`
  const message = `<message to="${to}" type="headline">${event}</message>`
  for (let sent = 0; sent < count; sent += 100) await stranger.raw(message.repeat(Math.min(100, count - sent)))
}

function report(id: string): string {
  const xml = incident({ id }).replace('<Incident ', `<Incident xmlns="${NS.iodef2}" `)
  return `<report xmlns="${NS.incident}">${xml}</report>`
}
