/** What is given to the store: part of its contract. */
import type { DestinationKind, Direction } from '../vocabulary.ts'
import type { NewRecord } from './archive.ts'

/** One message taken in, with one delivery per destination and item. */
export interface NewEnvelope {
  readonly direction: Direction
  /** rid-to-grid: the peer's name. grid-to-rid: the Topic's name. */
  readonly source: string
  /** hex SHA-256; (direction, source, digest) is one message: a second one is a repeat */
  readonly digest: string
  readonly msgType: string
  /** incident keys in document order, as incident-id.ts formats them: `name id` or `name id#instance` */
  readonly incidents: readonly string[]
  /** ms since the epoch */
  readonly receivedAt: number
  readonly deliveries: readonly NewDelivery[]
  /** grid-to-rid: remembered as seen in the same commit (the cursor) */
  readonly seen?: SeenItem
  /** grid-to-rid: what questions are answered from, also where the envelope is a repeat */
  readonly record?: NewRecord
  /** grid-to-rid: nothing is answered with what was under this item id before */
  readonly replaced?: Pick<NewRecord, 'topic' | 'item'>
  /** grid-to-rid: `content` of the record whose place `record` takes, among the others; it is not kept where that is gone, or another's */
  readonly instead?: string
}

/**
 * Of the same `item` and `variant` to the same destination one delivery is enough, and a second one is not stored, as long as the
 * first will do for it: it was delivered, or is not settled and has the same payload and the same origin. What will not go out
 * stands for nothing that is to: a withheld one gives way to one that is pending, and beside a discarded one it is stored anew.
 * What another origin has, or another payload, is stored beside it: what an operator does to the one is not done to the other. One that
 * comes while the first is on its way, and nothing went wrong yet, waits: it is delivered with the first, or, once that fails, is held,
 * withheld or discarded, goes out itself, and what waited with it waits for that. What has a `group` does not wait: for that the same
 * payload of another origin stands as well, as long as nothing went wrong.
 * Deliveries are carried out in order per (destination, incident, origin); `held`, `withheld` and `discarded` ones block nobody.
 */
export interface NewDelivery {
  readonly kind: DestinationKind
  readonly destination: string
  readonly incident: string
  /** what it carries besides `incident`: found by it, and not ordered by it */
  readonly also?: readonly string[]
  /** whose news it is, as far as is known: nobody waits behind another's use of an IncidentID. The envelope's source by default */
  readonly origin?: string
  /** hex digest of what is delivered (rid-to-grid: the item id) */
  readonly item: string
  /**
   * rid-to-grid: what it goes out as where `item` is another's there, in another variant: another source's that went out as that last,
   * or, where none of a peer did, one that came from there and was given to a peer
   */
  readonly apart?: string
  /** tells apart what goes out under one item id; '' by default */
  readonly variant?: string
  /** opaque to the store: what the sink needs to render and send; JSON or XML text */
  readonly payload: string
  /** bytes of `payload` in UTF-8, where they are known */
  readonly size?: number
  readonly state: 'pending' | 'held' | 'withheld'
  readonly reason?: string
  /** ms since the epoch: not to be claimed before */
  readonly notBefore?: number
  /** several items that were one document and should go out as one message again */
  readonly group?: DeliveryGroup
  /** held, and perhaps nobody ever looks after it */
  readonly bound?: HeldBound
}

/**
 * As many as `most` of one name are held at a destination, and `each` of one origin: beyond that it is not stored. What is held for
 * 30 days under a name is discarded by `prune`.
 */
export interface HeldBound {
  readonly name: string
  readonly most: number
  readonly each: number
}

/**
 * `items` are all items of the group, in document order; groups of one `id` have the same. Empty: this delivery's item does not say
 * them, and another's of the group does; until that came, nothing is complete. Once each of them has a delivery to this
 * destination (in whatever state), the pending ones become due at once, whatever their `notBefore`; else they come due one by one at
 * their own `notBefore`, and so they do in any case when the first of them anywhere is older than an hour and `prune` was there. Where the first that came had one before, in another variant, each is waited for anew. Pending members are always
 * claimed together with the first that is claimed; two variants of one item are not.
 */
export interface DeliveryGroup {
  readonly id: string
  readonly items: readonly string[]
}

export interface SeenItem {
  readonly topic: string
  readonly itemId: string
  /** hex SHA-256 of the item's payload: an item id may come back with other content */
  readonly digest: string
  readonly at: number
}
