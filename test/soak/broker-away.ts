import { setTimeout as wait } from 'node:timers/promises'
import { boot } from '../support/boot.ts'
import { createWorld, members } from '../support/e2e.ts'
import { createRandom } from '../support/random.ts'
import { disorder } from './disorder.ts'
import { createFailures, type Proof } from './proof.ts'
import { startReporters } from './reporters.ts'

/** The Broker is away for `count` seconds as senders post: they keep getting 200, and everything arrives, in order. */
export const brokerAway: Proof = async ({ kind, count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using world = await createWorld(kind, { maxItems: 100_000 })
  const site = await world.site({
    peers: [{ name: 'csirt-a', publish: ['incident'] }],
    topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
  })
  world.use(await boot(site))
  await site.ready()
  const subscriber = await world.user('subscriber')
  await subscriber.subscribe('incident')
  await using reporters = await startReporters(site, 'csirt-a', { senders: 4, pause: 40, random, mixed: false })
  await wait(1_000)

  say(`the Broker is stopped, and away for ${count} s`)
  // stopped, not killed: after SIGKILL, ejabberd has lost the last items that it confirmed
  await world.broker.stop()
  const before = reporters.posted.length
  await wait(count * 1_000)
  const meanwhile = reporters.posted.slice(before)
  const waiting = await site.backlog()
  await world.broker.start()
  await wait(1_000)
  await reporters.stop()
  say(`${reporters.posted.length} reports, ${waiting.pending + waiting.sending} waited`)
  await site.ready(90_000)
  await site.drained(180_000)

  const at = new Set(await subscriber.ids('incident'))
  for (const text of reporters.unexpected) failures.add('unexpected answer', text)
  for (const report of reporters.posted) {
    if (!report.acknowledged) failures.add('not acknowledged', JSON.stringify(report))
    else if (!at.has(report.item)) failures.add('lost', JSON.stringify(report))
  }
  if (meanwhile.length === 0) failures.add('load', 'nothing was posted meanwhile')
  if (waiting.pending === 0) failures.add('load', 'nothing waited')
  const byItem = new Map(reporters.posted.map((p) => [p.item, p]))
  for (const text of disorder(subscriber.items.map((i) => byItem.get(i.id)))) failures.add('out of order', text)
  const { held, withheld } = await site.backlog()
  if (held + withheld > 0) failures.add('held', `${held} held, ${withheld} withheld`)
  const slowest = Math.max(...meanwhile.flatMap((p) => p.times))
  return {
    failures: failures.all(),
    figures: {
      'seconds away': count,
      reports: reporters.posted.length,
      'of these while the Broker was away': meanwhile.length,
      'slowest answer meanwhile (ms)': Math.round(slowest),
      'items at the Broker': at.size,
    },
  }
}
