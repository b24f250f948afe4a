import type { ClaimRequest } from '../../../src/store/contract.ts'
import { change, type Data, isOpen, type Kept, key } from './data.ts'

/** Characters of payload after which no more units are taken. */
const ENOUGH = 4_194_304

/** Every pending delivery of its group at its destination, or itself. */
function unitOf(data: Data, one: Kept): Kept[] {
  if (one.group === null) return [one]
  return at(data, one).filter((other) => other.group === one.group && other.state === 'pending')
}

function at(data: Data, { kind, destination }: Pick<Kept, 'kind' | 'destination'>): Kept[] {
  return [...data.deliveries.values()].filter((one) => one.kind === kind && one.destination === destination)
}

/** Nothing unsettled stands before it, nor before any pending member of its unit. */
export function isReady(data: Data, delivery: Kept): boolean {
  if (delivery.behind !== null) return false
  const line = at(data, delivery).filter(isOpen)
  return unitOf(data, delivery).every((member) =>
    line.every(
      (other) =>
        other === member ||
        other.incident !== member.incident ||
        other.origin !== member.origin ||
        other.place > member.place ||
        (other.place === member.place && other.state === 'pending'),
    ),
  )
}

/** Leases of this destination that have run out. */
function expired(data: Data, request: ClaimRequest): Kept[] {
  return at(data, request).filter((one) => one.state === 'sending' && one.lease <= request.now)
}

export function release(data: Data, leased: readonly Kept[], now: number): void {
  for (const one of leased) change(data, one, { state: 'pending', due: Math.min(one.due, now) })
}

/** Ends the leases that have run out; then all units that may be claimed, in order. One message has no room for two variants of an item. */
export function claimable(data: Data, request: ClaimRequest): Kept[][] {
  const { now, early } = request
  if (data.paused.has(key(request.kind, request.destination))) return []
  release(data, expired(data, request), now)
  const ready = at(data, request)
    .filter((one) => one.state === 'pending' && isReady(data, one))
    .sort((a, b) => a.due - b.due || a.number - b.number)
  const inTime = ready.filter((one) => one.due <= now)
  const isEarly = (one: Kept) =>
    early !== undefined && one.due > now && one.updatedAt < early && (one.notBefore === null || one.notBefore <= now)
  const units = new Map<string, Kept[]>()
  const last = data.served.get(key(request.kind, request.destination))
  for (const one of [...inTurn(inTime, last), ...inTurn(ready.filter(isEarly), last)]) {
    const name = one.group === null ? `one ${one.id}` : `group ${one.group}`
    if (!units.has(name)) units.set(name, inDocumentOrder(data, firstOfEach(unitOf(data, one))))
  }
  return [...units.values()]
}

/** One of each origin, the next of each, and so on; the first of those behind the one that was served last. */
function inTurn(all: readonly Kept[], last = ''): Kept[] {
  const names = [...new Set(all.map(({ origin }) => origin))].sort()
  const turns = [...names.filter((name) => name > last), ...names.filter((name) => name <= last)]
  const lines = turns.map((name) => all.filter(({ origin }) => origin === name))
  return all.flatMap((_, round) => lines.flatMap((line) => line[round] ?? []))
}

function firstOfEach(unit: readonly Kept[]): Kept[] {
  return unit.filter((one, i) => unit.findIndex((other) => other.item === one.item) === i)
}

function inDocumentOrder(data: Data, unit: readonly Kept[]): Kept[] {
  const [first] = unit
  const group = [...data.groups.values()].find(
    ({ id, kind, destination }) => id === first?.group && kind === first.kind && destination === first.destination,
  )
  if (group === undefined) return [...unit]
  return unit.toSorted((a, b) => group.items.indexOf(a.item) - group.items.indexOf(b.item))
}

/** As many as are asked for, and no more once they are large. */
export function enough(units: readonly Kept[][], limit: number): Kept[][] {
  const taken: Kept[][] = []
  let size = 0
  for (const unit of units.slice(0, limit)) {
    if (size >= ENOUGH) break
    taken.push(unit)
    for (const { payload } of unit) size += payload?.length ?? 0
  }
  return taken
}

export function lease(data: Data, units: readonly Kept[][], { now, leaseMs }: ClaimRequest): void {
  const [first] = units.at(-1) ?? []
  if (first !== undefined) data.served.set(key(first.kind, first.destination), first.origin)
  for (const one of units.flat()) {
    change(data, one, { state: 'sending', notBefore: null, lease: now + leaseMs, updatedAt: now })
  }
}
