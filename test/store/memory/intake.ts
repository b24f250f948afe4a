import { GatewayError } from '../../../src/errors.ts'
import type { Accepted, HeldBound, NewDelivery, NewEnvelope, TraceEvent, TraceOf } from '../../../src/store/contract.ts'
import { keep, unsee } from './archive.ts'
import { change, type Data, isOpen, type Kept, type KeptGroup, key, mark } from './data.ts'

/** What `accept` does. */
export function take(
  data: Data,
  envelope: NewEnvelope,
  now: number,
  trace: readonly TraceEvent[] | TraceOf = [],
): Accepted {
  const { direction, source, digest, seen } = envelope
  archive(data, envelope)
  if (seen !== undefined) mark(data, seen)
  const name = key(direction, source, digest)
  const known = data.envelopes.get(name)
  const anew = direction === 'rid-to-grid' && envelope.deliveries.some((one) => isDiscarded(data, one))
  if (known !== undefined && !anew) return { outcome: 'duplicate', id: known }
  const id = known ?? nextId(data).id
  data.envelopes.set(name, id)
  const added = envelope.deliveries.map((delivery) => {
    const kept = add(data, envelope, id, delivery, now)
    if (kept === undefined && direction === 'rid-to-grid') {
      const { item, variant = '' } = delivery
      data.again.set(key(item, variant, source), { item, variant, source })
    }
    return kept
  })
  data.trace.push(...(typeof trace === 'function' ? trace(added) : trace))
  return { outcome: 'accepted', id, deliveries: added.filter((one) => one !== undefined) }
}

function archive(data: Data, { record, replaced, instead }: NewEnvelope): void {
  if (replaced !== undefined) unsee(data, (one) => one.topic === replaced.topic && one.item === replaced.item)
  if (record === undefined) return
  const name = key(record.topic, record.item)
  if (instead === undefined) keep(data, record)
  else if (data.records.get(name)?.content === instead) data.records.set(name, record)
}

function nextId(data: Data): { id: string; number: number } {
  data.count += 1
  return { id: `m${String(data.count).padStart(10, '0')}`, number: data.count }
}

/** Its id; undefined where another stands for it. */
function add(
  data: Data,
  { direction, source, receivedAt }: NewEnvelope,
  envelope: string,
  delivery: NewDelivery,
  now: number,
): string | undefined {
  const { kind, destination, incident, also = [], item, variant = '', payload, state, reason = null } = delivery
  const { origin = source, bound } = delivery
  if (typeof payload !== 'string') throw new GatewayError('internal', 'A payload is text.')
  data.destinations.set(key(kind, destination), { kind, destination })
  const same = (one: Kept) => one.kind === kind && one.destination === destination && one.item === item
  const before = earlier(data, delivery)
  if (before.some((one) => standsFor(one, delivery, origin))) {
    tell(data, delivery, now)
    arrived(data, delivery, now)
    return undefined
  }
  if (bound !== undefined && !hasRoom(data, delivery, origin, bound)) return undefined
  for (const one of before) if (one.state === 'withheld') data.deliveries.delete(one.id)
  const known = [...data.deliveries.values()].some(same)
  const { id, number } = nextId(data)
  const group = delivery.group && join(data, delivery, number, known, now)
  const notBefore = group?.missing.size === 0 ? null : (delivery.notBefore ?? null)
  data.deliveries.set(id, {
    ...{
      id,
      envelope,
      direction,
      source,
      kind,
      destination,
      incident,
      also,
      origin,
      item,
      variant,
      payload,
      number,
      state,
    },
    behind: aheadOf(before, delivery),
    name: nameOf(data, source, delivery),
    group: group?.id ?? null,
    place: group?.place ?? number,
    attempts: 0,
    due: notBefore ?? receivedAt,
    notBefore,
    lease: 0,
    reason,
    bound: bound?.name ?? null,
    createdAt: receivedAt,
    updatedAt: now,
  })
  arrived(data, delivery, now)
  return id
}

function hasRoom(
  data: Data,
  { kind, destination }: NewDelivery,
  origin: string,
  { name, most, each }: HeldBound,
): boolean {
  const held = [...data.deliveries.values()].filter(
    (one) => one.kind === kind && one.destination === destination && one.bound === name && one.state === 'held',
  )
  return held.length < most && held.filter((one) => one.origin === origin).length < each
}

/** `apart` where another's stands under its `item`. */
function nameOf(
  data: Data,
  source: string,
  { kind, destination, item, variant = '', apart }: NewDelivery,
): string | null {
  const all = [...data.deliveries.values()].filter((one) => one.item === item)
  const there = all.filter((one) => one.kind === kind && one.destination === destination && one.name === null)
  const last = there.at(-1)
  const cameFromThere = all.some(
    (one) => one.direction === 'grid-to-rid' && one.source === destination && one.variant !== variant,
  )
  const isSaidByAnother = there.some((one) => one.variant === last?.variant && one.source !== source)
  const isAnothers = last === undefined ? cameFromThere : last.variant !== variant && isSaidByAnother
  return isAnothers ? (apart ?? null) : null
}

/** What this destination has of it. */
function earlier(data: Data, { kind, destination, item, variant = '' }: NewDelivery): Kept[] {
  return [...data.deliveries.values()].filter(
    (one) => one.kind === kind && one.destination === destination && one.item === item && one.variant === variant,
  )
}

function isDiscarded(data: Data, delivery: NewDelivery): boolean {
  const before = earlier(data, delivery)
  return before.length > 0 && before.every((one) => one.state === 'discarded')
}

function standsFor(one: Kept, { payload, state, group }: NewDelivery, origin: string): boolean {
  if (state !== 'pending' || one.state === 'delivered') return true
  if (one.state === 'withheld' || one.state === 'discarded') return false
  const hasFailed = one.state === 'held' || one.attempts > 0
  return one.payload === payload && (one.origin === origin || (group !== undefined && !hasFailed))
}

/** The one on its way with which nothing went wrong yet. */
function aheadOf(before: readonly Kept[], { state, group }: NewDelivery): string | null {
  if (state !== 'pending' || group !== undefined) return null
  return before.find((one) => isOpen(one) && one.attempts === 0 && one.behind === null)?.id ?? null
}

/** What its document consists of. Where nobody had told that, what there is of it is counted now. */
function tell(data: Data, { item, group }: NewDelivery, now: number): void {
  if (group === undefined) return
  const { id, items } = group
  const document = data.documents.get(id) ?? { at: now, open: true, items }
  const isNews = document.items.length === 0 && items.length > 0
  data.documents.set(id, isNews ? { ...document, open: true, items } : document)
  if (!isNews) return
  for (const [name, there] of data.groups) {
    if (there.id !== id) continue
    const known = has(data, there, item)
    const isHere = (one: string) => has(data, there, one, known ? id : undefined)
    data.groups.set(name, { ...there, items, missing: new Set(items.filter((one) => !isHere(one))) })
  }
}

function has(
  data: Data,
  { kind, destination }: Pick<NewDelivery, 'kind' | 'destination'>,
  item: string,
  group?: string,
): boolean {
  return [...data.deliveries.values()].some(
    (one) =>
      one.kind === kind &&
      one.destination === destination &&
      one.item === item &&
      (group === undefined || one.group === group),
  )
}

/** The group that it belongs to. Where the item went out in another variant before, all others are waited for anew. */
function join(data: Data, delivery: NewDelivery, number: number, known: boolean, now: number): KeptGroup | undefined {
  const { kind, destination, group } = delivery
  if (group === undefined) return undefined
  tell(data, delivery, now)
  const name = key(kind, destination, group.id)
  const there = data.groups.get(name)
  if (there !== undefined) return there
  const items = data.documents.get(group.id)?.items ?? []
  // while nobody has told what it consists of, it waits for what never comes
  const missing = new Set(items.length === 0 ? [''] : items.filter((item) => known || !has(data, delivery, item)))
  const made = { id: group.id, items, kind, destination, place: number, missing }
  data.groups.set(name, made)
  return made
}

/** A delivery of this item is there: of groups that waited for it alone the pending members are due. */
function arrived(data: Data, { kind, destination, item }: NewDelivery, now: number): void {
  for (const [name, group] of data.groups) {
    if (group.kind !== kind || group.destination !== destination || !group.missing.has(item)) continue
    if (data.documents.get(group.id)?.open !== true) continue
    const missing = new Set(group.missing)
    missing.delete(item)
    data.groups.set(name, { ...group, missing })
    if (missing.size > 0) continue
    for (const one of data.deliveries.values()) {
      const member = one.kind === kind && one.destination === destination && one.group === group.id
      if (member && one.state === 'pending' && one.due > now) change(data, one, { due: now, notBefore: null })
    }
  }
}
