import { disorder } from './disorder.ts'
import type { Arrival } from './fleet-parts.ts'
import { duration, longest, type Outage } from './outages.ts'
import type { createFailures } from './proof.ts'
import type { Posted } from './reporters.ts'

type Failures = ReturnType<typeof createFailures>

/** A fault, from its beginning until senders were answered again: ms since the epoch. */
export interface Befallen {
  readonly name: string
  readonly from: number
  readonly until: number
}

/** ms that a sender may be without an answer, on a machine that runs all of it and more */
const OUTAGE = 45_000
/** ms before a report's first arrival in which a fault may be why it comes again */
const BEFORE = 30_000

export function keyOf({ incident, version }: Pick<Arrival, 'incident' | 'version'>): string {
  return `v${version} of ${incident}`
}

/** Those that never came. */
export function missing(wanted: readonly Posted[], arrivals: readonly Arrival[]): Posted[] {
  const there = new Set(arrivals.map(keyOf))
  return wanted.filter((report) => !there.has(keyOf(report)))
}

/** What one peer got: all of it, nothing else, in order, again only where a fault was. Gives how many came again. */
export function judgePeer(
  failures: Failures,
  name: string,
  arrivals: readonly Arrival[],
  posted: readonly Posted[],
  faults: readonly Befallen[],
): number {
  const known = new Map(posted.map((report) => [keyOf(report), report]))
  const wanted = posted.filter((report) => report.acknowledged)
  for (const report of missing(wanted, arrivals)) failures.add(`lost at ${name}`, keyOf(report))
  for (const arrival of arrivals) if (!known.has(keyOf(arrival))) failures.add(`foreign at ${name}`, keyOf(arrival))
  for (const text of disorder(arrivals.map((one) => known.get(keyOf(one))))) failures.add(`order at ${name}`, text)
  const times = Map.groupBy(arrivals, keyOf)
  for (const [key, came] of times) {
    const [first, last] = [came[0]?.at ?? 0, came.at(-1)?.at ?? 0]
    const near = faults.filter(({ from }) => first - BEFORE <= from && from <= last).length
    if (came.length - 1 > near) failures.add(`again at ${name} without a fault`, `${key}, ${came.length} times`)
  }
  return arrivals.length - times.size
}

/** The longest time that a sender was without an answer, for each kind of fault. */
export function judgeOutages(failures: Failures, outages: readonly Outage[], faults: readonly Befallen[]) {
  const figures: Record<string, number> = {}
  for (const { name, from, until } of faults) {
    const outage = longest(outages, from, until)
    const ms = outage === undefined ? 0 : duration(outage)
    if (ms > OUTAGE)
      failures.add('senders were without an answer for too long', `${name}: ${ms} ms (${outage?.seen.join(', ')})`)
    const title = `ms at most without an answer: ${name}`
    figures[title] = Math.max(figures[title] ?? 0, ms)
  }
  return figures
}
