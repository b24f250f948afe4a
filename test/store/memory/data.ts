import type { NewRecord } from '../../../src/store/archive.ts'
import type { DeliveryGroup, NewDelivery, Pause, SeenItem, TraceEvent } from '../../../src/store/contract.ts'
import type { Exchange } from '../../../src/store/exchanges.ts'
import type { DeliveryState, DestinationKind, Direction } from '../../../src/vocabulary.ts'

/** One delivery as it is kept: never changed, only replaced. */
export interface Kept {
  readonly id: string
  readonly envelope: string
  readonly direction: Direction
  readonly source: string
  readonly kind: DestinationKind
  readonly destination: string
  readonly incident: string
  readonly also: readonly string[]
  readonly origin: string
  readonly item: string
  readonly variant: string
  /** whose end it waits for: it says the same in other words */
  readonly behind: string | null
  /** what it goes out as, where that is not `item` */
  readonly name: string | null
  /** null: no longer kept */
  readonly payload: string | null
  /** id of its group */
  readonly group: string | null
  readonly number: number
  /** place in the line: its own number, or that of the first member of its group */
  readonly place: number
  readonly state: DeliveryState
  readonly attempts: number
  readonly due: number
  readonly notBefore: number | null
  readonly lease: number
  readonly reason: string | null
  /** name under which it is counted while it is held */
  readonly bound: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly requeuedAt?: number
}

/** Of all its groups: when the first came; `open` while anybody waits for the others; what it consists of, once that was told. */
interface KeptDocument {
  readonly at: number
  readonly open: boolean
  readonly items: readonly string[]
}

/** A document at one destination. */
export interface KeptGroup extends DeliveryGroup {
  readonly kind: DestinationKind
  readonly destination: string
  readonly place: number
  /** items that are waited for */
  readonly missing: ReadonlySet<string>
}

/** An exchange, and what the store alone knows of it. */
export interface KeptExchange {
  readonly exchange: Exchange
  /** of each leg: id of the exchange that asks for it, where that is another */
  readonly joined: readonly (string | undefined)[]
  /** by leg */
  readonly afterwards: ReadonlyMap<number, NewDelivery>
}

/** All that a store keeps. A write makes the next one from it, or leaves it as it is. */
export interface Data {
  count: number
  /** id by direction, source and digest */
  readonly envelopes: Map<string, string>
  /** in the order of acceptance */
  readonly deliveries: Map<string, Kept>
  readonly groups: Map<string, KeptGroup>
  /** by id of the groups */
  readonly documents: Map<string, KeptDocument>
  /** destinations that ever had a delivery */
  readonly destinations: Map<string, { readonly kind: DestinationKind; readonly destination: string }>
  readonly paused: Map<string, Pause>
  /** by item and variant, who sent it in again */
  readonly again: Map<string, { readonly item: string; readonly variant: string; readonly source: string }>
  readonly seen: Map<string, SeenItem>
  readonly cursors: Map<string, SeenItem>
  /** by destination, whose unit was claimed last */
  readonly served: Map<string, string>
  /** by Topic and item, in the order in which they were taken in */
  readonly records: Map<string, NewRecord>
  readonly exchanges: Map<string, KeptExchange>
  readonly trace: TraceEvent[]
  /** by source and day */
  readonly shares: Map<string, { readonly rows: number; readonly more: number; readonly rest: TraceEvent | null }>
  /** how many rows were before those */
  dropped: number
}

export function emptyData(): Data {
  return {
    count: 0,
    envelopes: new Map(),
    deliveries: new Map(),
    groups: new Map(),
    documents: new Map(),
    destinations: new Map(),
    paused: new Map(),
    again: new Map(),
    seen: new Map(),
    cursors: new Map(),
    served: new Map(),
    records: new Map(),
    exchanges: new Map(),
    trace: [],
    shares: new Map(),
    dropped: 0,
  }
}

export function copyOf(data: Data): Data {
  return {
    count: data.count,
    envelopes: new Map(data.envelopes),
    deliveries: new Map(data.deliveries),
    groups: new Map(data.groups),
    documents: new Map(data.documents),
    destinations: new Map(data.destinations),
    paused: new Map(data.paused),
    again: new Map(data.again),
    seen: new Map(data.seen),
    cursors: new Map(data.cursors),
    served: new Map(data.served),
    records: new Map(data.records),
    exchanges: new Map(data.exchanges),
    trace: [...data.trace],
    shares: new Map(data.shares),
    dropped: data.dropped,
  }
}

export function mark(data: Data, item: SeenItem): void {
  data.seen.set(key(item.topic, item.itemId, item.digest), item)
  data.cursors.set(item.topic, item)
}

export function change(data: Data, one: Kept, changes: Partial<Kept>): void {
  data.deliveries.set(one.id, { ...one, ...changes })
}

/** Parts of a name that may hold anything. */
export function key(...parts: readonly string[]): string {
  return JSON.stringify(parts)
}

export function isOpen({ state }: Kept): boolean {
  return state === 'pending' || state === 'sending'
}
