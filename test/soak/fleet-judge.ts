import { comparable, embedded } from '../support/reports.ts'
import { disorder } from './disorder.ts'
import type { Inflicted } from './fleet-faults.ts'
import type { Arrival } from './fleet-parts.ts'
import { duration, type Outage } from './outages.ts'
import type { createFailures } from './proof.ts'
import type { Posted } from './reporters.ts'

type Failures = ReturnType<typeof createFailures>

/** A fault, until all that it left was mended and senders were answered again: ms since the epoch. */
export interface Befallen extends Inflicted {
  readonly until: number
}

/** ms that a sender may be without an answer, from the last fault on that has a part in it; and on a machine that runs all of it and more */
const OUTAGE = 15_000
const LATE = 45_000
/** ms from a fault's end to a report's first arrival in which it may be why that comes again */
const BEFORE = 30_000

export function keyOf({ incident, version }: Pick<Arrival, 'incident' | 'version'>): string {
  return `v${version} of ${incident}`
}

/** Those that never came. */
export function missing(wanted: readonly Posted[], arrivals: readonly Pick<Arrival, 'incident' | 'version'>[]) {
  const there = new Set(arrivals.map(keyOf))
  return wanted.filter((report) => !there.has(keyOf(report)))
}

/** What one peer got: all of it, unaltered, nothing else, in order, again only where a fault was. Gives how many came again. */
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
    const sent = known.get(key)?.body
    if (sent !== undefined && !came.every(({ body }) => isUnaltered(body, sent)))
      failures.add(`altered at ${name}`, key)
    const [first, last] = [came[0]?.at ?? 0, came.at(-1)?.at ?? 0]
    const near = faults.filter(({ from, until }) => first - BEFORE <= until && from <= last).length
    if (came.length - 1 > near) failures.add(`again at ${name} without a fault`, `${key}, ${came.length} times`)
  }
  return arrivals.length - times.size
}

function isUnaltered(message: string, sent: string): boolean {
  return comparable(embedded(message)) === comparable(sent)
}

/** ms of an outage that are its faults' doing: from the last on that was going on with it, or from where that let anybody be answered again. */
export function charged(outage: Outage, faults: readonly Befallen[]): number {
  const during = faults.filter(({ from, until }) => outage.until >= from && outage.from <= until)
  return Math.max(0, outage.until - Math.max(outage.from, ...during.map(({ over }) => over)))
}

/** The longest time that a sender was without an answer, and the longest that a fault is charged with, for each kind of fault. */
export function judgeOutages(failures: Failures, outages: readonly Outage[], faults: readonly Befallen[]) {
  const figures: Record<string, number> = {}
  for (const { name, from, until } of faults) {
    const during = outages.filter((outage) => outage.until >= from && outage.from <= until)
    const longest = Math.max(0, ...during.map(duration))
    const most = Math.max(0, ...during.map((outage) => charged(outage, faults)))
    for (const [title, ms] of [
      [`ms at most without an answer: ${name}`, longest],
      [`ms of these from the last fault on: ${name}`, most],
    ] as const)
      figures[title] = Math.max(figures[title] ?? 0, ms)
  }
  let above = 0
  for (const outage of outages) {
    const ms = charged(outage, faults)
    const near = faults.filter(({ from, until }) => outage.until >= from && outage.from <= until)
    const what = near.map(({ name, from }) => `${name} ${from - outage.from} ms after`).join(', ')
    if (ms > OUTAGE) above += 1
    if (ms > LATE)
      failures.add(
        'a sender was without an answer for too long',
        `${ms} of ${duration(outage)} ms; ${what}; it saw ${outage.seen.join(', ')}`,
      )
  }
  return {
    ...figures,
    [`times that a sender was without an answer for more than ${OUTAGE} ms of its faults' doing`]: above,
  }
}
