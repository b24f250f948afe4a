import { setTimeout as wait } from 'node:timers/promises'
import type { GatewayProcess } from '../support/command.ts'
import { createWorld, members } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { disorder } from './disorder.ts'
import { createFailures, type Proof } from './proof.ts'
import { repeats } from './repeats.ts'
import { startReporters } from './reporters.ts'

/**
 * Kill -9 at `count` random moments (while starting too) as senders post: every acknowledged incident is at the Broker, once,
 * and nothing that was refused is; versions of one incident come in order, and a subscriber sees each once.
 */
export const killRidToGrid: Proof = async ({ kind, count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using world = await createWorld(kind, { maxItems: 100_000 })
  const site = await world.site({
    peers: [{ name: 'csirt-a', publish: ['incident'] }],
    topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
  })
  let gateway: GatewayProcess = await site.spawn()
  world.use({ [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() })
  await site.ready()
  const subscriber = await world.user('subscriber')
  await subscriber.subscribe('incident')
  await using reporters = await startReporters(site, 'csirt-a', { senders: 4, pause: 20, random })

  let whileStarting = 0
  /** when each process began, ms since the epoch */
  const launches: number[] = []
  for (let kill = 1; kill <= count; kill += 1) {
    let serves = false
    gateway.serving.then(
      () => {
        serves = true
      },
      () => undefined,
    )
    // one in five while it is starting, the others under load
    if (random() < 0.8) await gateway.serving
    await wait(random() * 1_200)
    if (!serves) whileStarting += 1
    await gateway.kill()
    launches.push(Date.now())
    gateway = site.launch()
    if (kill % 5 === 0 || kill === count) say(`${kill} kills, ${reporters.posted.length} reports`)
  }
  await gateway.serving
  const { length } = reporters.posted
  // kills that came while it was starting leave time for few before
  await eventually('reports of each kind to be answered again', () => {
    const answered = reporters.posted.slice(length).filter(({ status }) => status !== undefined)
    return answered.filter((one) => one.acknowledged).length > 5 && answered.some((one) => one.kind !== 'valid')
  })
  await reporters.stop()
  await site.ready()
  await site.drained()

  const at = new Set(await subscriber.ids('incident'))
  const valid = new Map(reporters.posted.filter((p) => p.kind === 'valid').map((p) => [p.item, p]))
  const acknowledged = reporters.posted.filter((p) => p.acknowledged)
  await subscriber.until('the last items', (items) => new Set(items.map((i) => i.id)).size >= at.size, 30_000)
  for (const text of reporters.unexpected) failures.add('unexpected answer', text)
  for (const report of acknowledged) if (!at.has(report.item)) failures.add('lost', JSON.stringify(report))
  for (const id of at) if (!valid.has(id)) failures.add('published though refused', id)
  const again = repeats(subscriber.items, launches)
  for (const text of again.known) failures.add('shown again though the Broker had it when it was asked', text)
  for (const text of disorder(subscriber.items.map((i) => valid.get(i.id)))) failures.add('out of order', text)
  const { held, withheld } = await site.backlog()
  if (held + withheld > 0) failures.add('held', `${held} held, ${withheld} withheld`)
  return {
    failures: failures.all(),
    figures: {
      kills: count,
      'of these while starting': whileStarting,
      reports: reporters.posted.length,
      acknowledged: acknowledged.length,
      'refused or denied': reporters.posted.filter((p) => p.kind !== 'valid' && p.status !== undefined).length,
      'items at the Broker': at.size,
      'of these never acknowledged': [...at].filter((id) => !valid.get(id)?.acknowledged).length,
      'shown to a subscriber once':
        new Set(subscriber.items.map(({ id }) => id)).size - again.known.length - again.unknown,
      'again, since they reached the Broker after it was asked for them': again.unknown,
    },
  }
}
