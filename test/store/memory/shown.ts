import { isAskedFor } from '../../../src/iodef/incident-id.ts'
import type { Backlog, Delivery, DeliverySummary, QueueFilter, Tally } from '../../../src/store/contract.ts'
import { type Data, isOpen, type Kept, key } from './data.ts'
import { isReady } from './line.ts'

/** Of those settled for good so many are listed when no limit is given. */
const LIMIT = 1000
const isOver = ({ state }: Kept) => state === 'delivered' || state === 'discarded'

export function summary(data: Data, one: Kept): DeliverySummary {
  const { id, envelope, direction, source, kind, destination, incident, also, item, state, attempts, reason } = one
  const group = one.group === null ? undefined : data.groups.get(key(kind, destination, one.group))
  return {
    ...{ id, envelope, direction, source, kind, destination, incident },
    ...(also.length > 0 && { also }),
    item: one.name ?? item,
    group: group === undefined ? null : { id: group.id, items: group.items },
    ...{ state, attempts, nextAttempt: isOpen(one) ? one.due : null, reason },
    ...{ createdAt: one.createdAt, updatedAt: one.updatedAt },
    ...(one.requeuedAt !== undefined && { requeuedAt: one.requeuedAt }),
  }
}

export function whole(data: Data, one: Kept): Delivery {
  return { ...summary(data, one), payload: one.payload ?? '' }
}

function asked(data: Data, { states, kind, destination, incident, reason }: QueueFilter): Kept[] {
  return [...data.deliveries.values()].filter(
    (one) =>
      (states === undefined || states.includes(one.state)) &&
      (kind === undefined || one.kind === kind) &&
      (destination === undefined || one.destination === destination) &&
      (reason === undefined || (one.reason ?? '').toLowerCase().includes(reason.toLowerCase())) &&
      (incident === undefined || [one.incident, ...one.also].some((name) => isAskedFor(name, incident))),
  )
}

export function list(data: Data, filter: QueueFilter): DeliverySummary[] {
  const { limit = 10_000 } = filter
  return shown(data, limit === 0 ? [] : asked(data, filter).slice(-limit))
}

/** All that `pages` gives. */
export function listed(data: Data, filter: QueueFilter): DeliverySummary[] {
  if (filter.limit !== undefined) return list(data, filter)
  const all = asked(data, filter)
  return shown(data, [...all.filter((one) => !isOver(one)), ...all.filter(isOver).slice(-LIMIT)])
}

export function tally(data: Data, filter: QueueFilter, times: readonly number[], most: number): Tally[] | 'too-many' {
  const groups = Map.groupBy(listed(data, filter), ({ kind, destination, state, reason, createdAt }) =>
    JSON.stringify({ kind, destination, state, reason, age: times.filter((time) => createdAt <= time).length }),
  )
  if (groups.size > most) return 'too-many'
  return Array.from(groups, ([same, rows]) => {
    const oldest = Math.min(...rows.map(({ createdAt }) => createdAt))
    return { ...(JSON.parse(same) as Omit<Tally, 'count' | 'oldest'>), count: rows.length, oldest }
  })
}

function shown(data: Data, rows: readonly Kept[]): DeliverySummary[] {
  return rows.toSorted((a, b) => a.number - b.number).map((one) => summary(data, one))
}

export function leftOut(data: Data, filter: QueueFilter): number {
  return filter.limit === undefined ? Math.max(0, asked(data, filter).filter(isOver).length - LIMIT) : 0
}

export function backlog(data: Data): Backlog[] {
  const destinations = [...data.destinations.values()].sort(
    (a, b) => Number(a.kind === 'peer') - Number(b.kind === 'peer') || (a.destination < b.destination ? -1 : 1),
  )
  return destinations.map(({ kind, destination }) => {
    const paused = data.paused.get(key(kind, destination)) ?? null
    const here = [...data.deliveries.values()].filter((one) => one.kind === kind && one.destination === destination)
    const count = (state: Kept['state']) => here.filter((one) => one.state === state).length
    const ready = here.filter((one) => one.state === 'pending' && isReady(data, one)).map((one) => one.due)
    const leases = here.filter((one) => one.state === 'sending').map((one) => one.lease)
    return {
      ...{ kind, destination, pending: count('pending'), sending: count('sending') },
      ...{ held: count('held'), withheld: count('withheld') },
      oldest: least(here.filter(isOpen).map((one) => one.createdAt)),
      due: count('pending') === 0 || paused !== null ? null : least([...ready, ...leases]),
      paused,
    }
  })
}

function least(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times)
}
