import { DELIVERY_BACKOFF, fullJitter } from '../backoff.ts'
import type { Events, Happening } from '../events.ts'
import type { Delivery, Settlement } from '../store/contract.ts'
import type { Sink, SinkOutcome } from './sink.ts'

export type DeliveryEvents = Pick<Events, 'published' | 'delivered' | 'fetched' | 'retried' | 'held' | 'withheld'>

/** What the queue keeps of an attempt, and what is told once it is kept. */
export interface Verdict {
  readonly settlements: readonly Settlement[]
  readonly happenings: readonly Happening[]
}

export interface Circumstances {
  readonly now: number
  readonly random: () => number
  /** ms */
  readonly maxAge: number
  readonly until?: Sink['until'] | undefined
  readonly events: DeliveryEvents
}

const LONGEST_REASON = 500

/** When a unit is given up, in ms since the epoch: its youngest member decides, and an operator's retry begins a new life. */
export function expiryOf(
  unit: readonly Delivery[],
  { maxAge, until }: Pick<Circumstances, 'maxAge' | 'until'>,
): number {
  return Math.max(bornAt(unit) + maxAge, ...unit.map((one) => until?.(one) ?? 0))
}

function bornAt(unit: readonly Delivery[]): number {
  return Math.max(...unit.map((one) => one.requeuedAt ?? one.createdAt))
}

/** How long the far end asked to be left alone, in whole ms: not for ever, whatever it says. */
export function floorOf({ retryAfter = 0 }: { readonly retryAfter?: number }, maxAge: number): number {
  return Number.isNaN(retryAfter) ? 0 : Math.ceil(Math.min(Math.max(0, retryAfter), maxAge))
}

/** Turns what the sink said into what the store keeps. All members of a unit share one fate. */
export function settleAs(unit: readonly Delivery[], outcome: SinkOutcome, about: Circumstances): Verdict {
  const { now, random, maxAge, events } = about
  switch (outcome.kind) {
    case 'delivered': {
      const note = outcome.note?.text
      return each(unit, (one) => [
        { id: one.id, to: 'delivered', ...(note === undefined ? {} : { note: short(note) }) },
        arrived(counted(one), note, events),
      ])
    }
    case 'hold': {
      const [kept, others] = concerned(unit, outcome)
      return together(hold(kept, outcome.reason, events), release(others, now, 'a part of its document was held'))
    }
    case 'withhold': {
      const reason = short(outcome.reason)
      const [kept, others] = concerned(unit, outcome)
      const withheld = each(kept, (one) => [{ id: one.id, to: 'withheld', reason }, events.withheld(one, reason)])
      return together(withheld, release(others, now, 'policy kept a part of its document back'))
    }
    case 'retry': {
      const expiry = expiryOf(unit, about)
      if (now >= expiry) return giveUp(unit, outcome.reason, about)
      const failures = Math.max(...unit.map((one) => one.attempts)) + 1
      const floor = floorOf(outcome, maxAge)
      const wait = Math.max(floor, fullJitter(failures, DELIVERY_BACKOFF, random))
      // the last attempt is made at the end of its life, not after it
      const nextAttempt = Math.min(now + wait, expiry)
      const reason = short(outcome.reason)
      // what was asked for all deliveries is the loop's to see to
      const notBefore = floor > 0 && !outcome.destinationDown ? { notBefore: Math.min(now + floor, expiry) } : {}
      return each(unit, (one) => [
        { id: one.id, to: 'pending', nextAttempt, ...notBefore, reason, countAttempt: true },
        events.retried(counted(one), reason, nextAttempt),
      ])
    }
  }
}

function arrived(delivery: Delivery, note: string | undefined, events: DeliveryEvents): Happening {
  if (delivery.kind === 'file') return events.fetched(delivery)
  return delivery.kind === 'topic' ? events.published(delivery, note) : events.delivered(delivery, note)
}

/** It waited or failed for longer than it may. */
export function giveUp(unit: readonly Delivery[], reason: string, about: Circumstances): Verdict {
  return hold(unit, `gave up after ${duration(expiryOf(unit, about) - bornAt(unit))}: ${reason}`, about.events)
}

/** Nothing was learnt: the attempt was cut short by our own stopping, or never made. */
export function release(unit: readonly Delivery[], now: number, why = 'the gateway stopped while sending'): Verdict {
  const settlements = unit.map((one): Settlement => {
    const reason = one.reason ?? why
    return { id: one.id, to: 'pending', nextAttempt: now, reason, countAttempt: false }
  })
  return { settlements, happenings: [] }
}

function hold(unit: readonly Delivery[], why: string, events: DeliveryEvents): Verdict {
  const reason = short(why)
  return each(unit, (one) => [{ id: one.id, to: 'held', reason }, events.held(counted(one), reason)])
}

/** Whom of the unit it is said of, and the others. */
function concerned(unit: readonly Delivery[], { only }: { readonly only?: string }): [Delivery[], Delivery[]] {
  const isMeant = ({ id }: Delivery) => only === undefined || id === only
  return [unit.filter(isMeant), unit.filter((one) => !isMeant(one))]
}

/** Both, as one. */
function together(one: Verdict, other: Verdict): Verdict {
  return {
    settlements: [...one.settlements, ...other.settlements],
    happenings: [...one.happenings, ...other.happenings],
  }
}

function each(unit: readonly Delivery[], one: (delivery: Delivery) => [Settlement, Happening]): Verdict {
  const pairs = unit.map(one)
  return { settlements: pairs.map(([settlement]) => settlement), happenings: pairs.map(([, happening]) => happening) }
}

/** As it will be once this attempt is settled. */
function counted(delivery: Delivery): Delivery {
  return { ...delivery, attempts: delivery.attempts + 1 }
}

function short(reason: string): string {
  return reason.length <= LONGEST_REASON ? reason : `${reason.slice(0, LONGEST_REASON)}…`
}

function duration(ms: number): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const) {
    if (ms >= length) return `${Math.round((ms / length) * 10) / 10} ${unit}`
  }
  return `${Math.round(ms / 1000)} s`
}
