import { setTimeout as wait } from 'node:timers/promises'
import type { GatewayProcess } from '../support/command.ts'
import { createWorld } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { acknowledgement } from '../support/rid-peer.ts'
import { createFailures, type Proof } from './proof.ts'
import { compare, startPublishing } from './publishing.ts'

/**
 * Items published while the gateway is killed `count` times, stopped, and the Broker restarted, all arrive at a RID peer that
 * deduplicates by nothing: once, or once more (as the same message) for each crash that fell between its 2xx and the settle.
 */
export const killGridToRid: Proof = async ({ kind, count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using world = await createWorld(kind, { maxItems: 100_000 })
  const peer = await world.ridPeer('csirt-z')
  // slow enough that some crashes fall between its 2xx and the settle
  peer.script({ does: 'answer', body: acknowledgement('Approved'), delay: 20 })
  const site = await world.site({
    peers: [{ name: 'csirt-z', url: peer.url, topics: ['incident'] }],
    topics: [{ name: 'incident', create: true, members: [] }],
  })
  let gateway: GatewayProcess = await site.spawn()
  world.use({ [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() })
  await site.ready()
  const owner = await world.user('gateway')
  await owner.affiliate('incident', `publisher@${world.broker.domain}`, 'publisher')
  const publisher = await world.user('publisher')
  await using publishing = startPublishing(publisher, 'incident', { lanes: 4, pause: 40, random })
  /** how many messages had come at each kill */
  const kills: number[] = []
  const all = () => compare(peer, publishing.published)

  for (let kill = 1; kill <= count; kill += 1) {
    if (random() < 0.8) await gateway.serving
    // on a machine with much to do, no life would see more than its login
    const before = peer.requests.length
    if (random() < 0.5)
      await eventually('something to arrive', () => peer.requests.length > before, { ms: 20_000 }).catch(
        () => undefined,
      )
    await wait(random() * 1_200)
    await gateway.kill()
    kills.push(peer.requests.length)
    gateway = site.launch()
    if (kill % 5 === 0 || kill === count) say(`${kill} kills, ${publishing.published.length} items`)
  }
  await gateway.serving
  // each life is short: much may wait to be read
  say(`${all().lost.length} of ${publishing.published.length} items have not arrived yet`)
  await site.ready(300_000)

  say('the gateway is stopped for a while')
  const exit = await gateway.stop()
  if (exit !== 0) failures.add('stop', `exit code ${exit}`)
  const before = publishing.published.length
  await wait(2_000)
  const whileStopped = publishing.published.length - before
  gateway = await site.spawn()
  await site.ready(300_000)

  say('the Broker is restarted')
  await world.broker.restart()
  await wait(3_000)
  await publishing.stop()
  await eventually(
    () => `all items to arrive; lost so far: ${all().lost.length}, such as ${all().lost[0]}`,
    () => all().lost.length === 0,
    { ms: 120_000, every: 200 },
  ).catch((error: Error) => failures.add('lost', error.message))
  await site.drained()
  // a repeat would have come by now
  await wait(1_000)

  const found = all()
  for (const mark of found.changed) failures.add('another message the second time', mark)
  for (const text of found.disorder) failures.add('out of order', text)
  for (const [before, again] of found.repeats) {
    const crashed = kills.some((at) => before < at && at <= again)
    if (!crashed) failures.add('again without a crash in between', `message ${before} again as ${again}`)
  }
  if (found.arrived !== publishing.published.length)
    failures.add('count', `${found.arrived} of ${publishing.published.length}`)
  return {
    failures: failures.all(),
    figures: {
      kills: count,
      'items published': publishing.published.length,
      'of these while the gateway was stopped': whileStopped,
      'arrived once': found.arrived - found.twice - found.oftener,
      'arrived twice, the same message: a crash between 2xx and settle': found.twice,
      'arrived oftener, with a crash each time': found.oftener,
    },
  }
}
