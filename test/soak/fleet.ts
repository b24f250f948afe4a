import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { plan } from './fleet-faults.ts'
import { type Befallen, judgeOutages, judgePeer, missing } from './fleet-judge.ts'
import { startFleet, taken } from './fleet-parts.ts'
import { duration, longest, watchSenders } from './outages.ts'
import { createFailures, type Proof } from './proof.ts'
import { startReporters } from './reporters.ts'

/**
 * `count` faults, one after the other, under three gateways that are one: a gateway, a node of the Controller, the database die, a gateway or
 * the balancer stands still. Every acknowledged report is at the Broker and at each peer, those of one incident in their order; it comes again
 * only where a fault was; senders see 503 with Retry-After or an end of their connection, and that not for long.
 */
export const fleet: Proof = async ({ count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using parts = await startFleet()
  const { gateways, haproxy, peers, subscribers } = parts
  const senders = watchSenders((gateways[0] as (typeof gateways)[0]).site, haproxy.port)
  await using reporters = await startReporters(senders, 'csirt-a', {
    ...{ senders: 4, pause: 300, mixed: false, givesUp: 0 },
    random: createRandom(seed + 1),
  })
  const acknowledged = () => reporters.posted.filter((report) => report.acknowledged)
  await eventually('reports to be taken', () => acknowledged().length > 20, { ms: 60_000 })

  const faults: Befallen[] = []
  for (const { name, inflict } of plan(count, random)) {
    const from = Date.now()
    await inflict(parts, random)
    const before = acknowledged().length
    await eventually('senders to be answered', () => acknowledged().length > before + 20, { ms: 120_000 })
    faults.push({ name, from, until: Date.now() })
    await wait(2_000)
    const outage = longest(senders.outages, from, Date.now() - 2_000)
    const length = outage && `${duration(outage)} ms, ${outage.from - from} ms after it (${outage.seen.join(', ')})`
    say(`${faults.length}: ${name}; ${acknowledged().length} reports; longest without an answer: ${length}`)
  }
  await reporters.stop()
  const wanted = acknowledged()
  say('at rest')
  for (const { site } of gateways)
    await site.drained(180_000).catch((error) => failures.add('not drained', String(error)))
  await eventually(
    'all to be at each peer',
    () => [...peers.values()].every((at) => missing(wanted, at).length === 0),
    {
      ms: 120_000,
    },
  ).catch(() => undefined)
  // what comes again now comes late
  await wait(10_000)

  for (const text of [...reporters.unexpected, ...senders.odd]) failures.add('unexpected answer', text)
  for (const [n, subscriber] of subscribers.entries()) {
    const kept = new Set(await subscriber.ids('incident'))
    for (const { item, incident, version } of wanted)
      if (!kept.has(item)) failures.add(`lost at node ${n}`, `v${version} of ${incident}`)
  }
  const counts: Record<string, number> = {}
  let again = 0
  for (const [name, arrivals] of peers) {
    counts[`messages at ${name}`] = arrivals.length
    again += judgePeer(failures, name, arrivals, reporters.posted, faults)
  }
  const outages = judgeOutages(failures, senders.outages, faults)
  const shown = new Set(subscribers.flatMap(({ items }) => items.map(({ id }) => id)))
  return {
    failures: failures.all(),
    figures: {
      faults: faults.length,
      'reports acknowledged': wanted.length,
      'taken by each gateway, repeats too': gateways.map(taken).join(', '),
      'of these shown to a subscriber at once': wanted.filter(({ item }) => shown.has(item)).length,
      '503 with Retry-After': senders.refused,
      'connections that ended': senders.cut,
      ...counts,
      'messages that came again': again,
      ...outages,
    },
  }
}
