/**
 * The store as a port: what is kept, and five roles by who uses them. Whoever implements it is held to test/store/contract.ts and
 * test/store/property.ts; docs/decisions/0003-store.md says who does. Of every method:
 *
 * - It ends by itself. When it cannot be done it rejects with GatewayError 'store-unavailable' or 'store-corrupt' ('internal' for
 *   what is wrong with this call alone), and has changed nothing.
 * - What a write resolves for is on disk (fsync), but for the leases of `claim`, which every start ends.
 * - Writes take effect in the order in which they were asked for, so that whoever must keep an order need not wait for each.
 * - A read knows of every write that has resolved. What it says may be out of date when it arrives: only a write decides.
 */
import type { DeliveryState, DestinationKind, Direction } from '../vocabulary.ts'
import type { DeliveryGroup, NewEnvelope, SeenItem } from './records.ts'

export type { DeliveryGroup, HeldBound, NewDelivery, NewEnvelope, SeenItem } from './records.ts'

export type Accepted =
  | { readonly outcome: 'accepted'; readonly id: string; readonly deliveries: readonly string[] }
  | { readonly outcome: 'duplicate'; readonly id: string }

export interface Delivery {
  readonly id: string
  readonly envelope: string
  readonly direction: Direction
  readonly source: string
  readonly kind: DestinationKind
  readonly destination: string
  readonly incident: string
  readonly also?: readonly string[]
  /** what it goes out as: its `item`, or `apart` from another's */
  readonly item: string
  readonly payload: string
  readonly group: DeliveryGroup | null
  readonly state: DeliveryState
  readonly attempts: number
  /** ms since the epoch; null when settled */
  readonly nextAttempt: number | null
  readonly reason: string | null
  readonly createdAt: number
  readonly updatedAt: number
  /** when an operator last put it back into the queue: its age counts from here */
  readonly requeuedAt?: number
}

/** What the queue shows: a delivery without its payload. */
export type DeliverySummary = Omit<Delivery, 'payload'>

export type Settlement =
  | { readonly id: string; readonly to: 'delivered'; readonly note?: string }
  | {
      readonly id: string
      readonly to: 'pending'
      readonly nextAttempt: number
      /** ms since the epoch: not to be claimed before, whoever came back (ClaimRequest.early) */
      readonly notBefore?: number
      readonly reason: string
      readonly countAttempt: boolean
    }
  | { readonly id: string; readonly to: 'held' | 'withheld'; readonly reason: string }

export interface TraceEvent {
  readonly at: number
  readonly incident: string
  /** accepted refused denied duplicate published delivered retried held withheld discarded requeued gap consumed ... */
  readonly event: string
  readonly fields: Readonly<Record<string, string | number | boolean | null>>
}

export type TraceOf = (added: readonly (string | undefined)[]) => readonly TraceEvent[]

/** Trace rows of what an operator does to a delivery, which is shown as it was before. Asked for inside the commit. */
export type TraceOfDeed = (before: DeliverySummary) => readonly TraceEvent[]

/** How many rows of what changes nothing one source may have in a day (UTC); `rest` is the row that counts those beyond. */
export interface TraceShare {
  readonly source: string
  readonly most: number
  readonly rest: (rows: number) => TraceEvent
}

/** Rows of the trace, and the position behind the last of them. */
export interface TracePage {
  readonly rows: readonly TraceEvent[]
  readonly position: number
}

export interface ClaimRequest {
  readonly kind: DestinationKind
  readonly destination: string
  readonly limit: number
  readonly now: number
  readonly leaseMs: number
  /**
   * ms since the epoch, when a destination came back: claim also what is not due yet, unless it was tried since then or its
   * `notBefore` is still to come
   */
  readonly early?: number
}

export interface QueueFilter {
  readonly states?: readonly DeliveryState[]
  readonly kind?: DestinationKind
  readonly destination?: string
  readonly incident?: string
  /** a part of it, whatever the case of its letters */
  readonly reason?: string
  readonly limit?: number
}

/** Deliveries to one destination that are in one state for one reason, and between the same two of the times that were asked about. */
export interface Tally extends Pick<Delivery, 'kind' | 'destination' | 'state' | 'reason'> {
  /** how many of these times they were there at, or were made at */
  readonly age: number
  readonly count: number
  /** ms since the epoch, of the oldest */
  readonly oldest: number
}

/** Rows of deliveries not settled, by destination: for metrics and for the delivery loops. */
export interface Backlog {
  readonly kind: DestinationKind
  readonly destination: string
  readonly pending: number
  readonly sending: number
  readonly held: number
  readonly withheld: number
  /** ms since the epoch of the oldest pending or sending delivery; null without one */
  readonly oldest: number | null
  /** ms since the epoch at which the next claim can succeed; null without a pending delivery, and while it is paused */
  readonly due: number | null
  /** nothing is claimed for it until it is resumed */
  readonly paused: Pause | null
}

/**
 * What another did: took in deliveries to these, each due at once, and nothing else; came to those who do something together, or
 * left them (Fleet.enlist); or anything.
 */
export type Change = readonly Pick<Delivery, 'kind' | 'destination'>[] | 'roster' | 'anything'

/** An operator's: nothing goes to a destination for now. */
export interface Pause {
  /** ms since the epoch */
  readonly since: number
  readonly by: string
}

/** The doors in: reports and items, with what becomes of them. */
export interface Acceptor {
  /**
   * Stores the envelope, its deliveries and its trace, all or nothing. Concurrent calls share one commit. A trace that depends on
   * it is asked for inside: `added` has the id of each delivery, undefined where another stands for it or its bound is reached. It may
   * be asked twice, and is not for a repeat. Where it rejects with 'store-unavailable' it may be there all the same, later: then it is sent again, and is a
   * repeat. Where of a peer's message something was discarded since, a repeat is none: that is stored anew, under the
   * envelope that there is.
   */
  accept(envelope: NewEnvelope, trace?: readonly TraceEvent[] | TraceOf): Promise<Accepted>
  /** What an earlier `accept` of the same message made of it; undefined for a new one. */
  findEnvelope(direction: Direction, source: string, digest: string): Promise<{ id: string } | undefined>
  /**
   * How many deliveries to a destination, or to all of its kind (null), are pending or being sent, of all origins or of one: cheaper than
   * all of `backlog`. Of one origin, where very many wait and somebody beside this handle wrote, as it was known before, until it is counted
   * anew.
   */
  unsettled(kind: DestinationKind, destination: string | null, origin?: string): Promise<number>
  /** Bytes of what deliveries of this origin to destinations of a kind are to send, of those counted by `unsettled`: as dear as they are many. */
  unsettledBytes(kind: DestinationKind, origin: string): Promise<number>
  /**
   * What belongs in an incident's life and changes nothing: a refusal, say. Within a `share` all of it or nothing is kept; resolves with
   * how many rows of the share's day were not, which one row says.
   */
  record(trace: readonly TraceEvent[], share?: TraceShare): Promise<number>
}

/** The delivery engine's: what is to be sent, and what became of it. */
export interface Queue {
  /**
   * Leases up to `limit` due units: origins take turns, from one claim to the next as well, and of each the longest due comes first; per
   * incident and origin only the first unsettled one. A unit is one delivery, or all pending deliveries of one group. A lease that ran
   * out is claimable again. Whoever looks from beside this handle may see a delivery as `pending` for the first 2 s of its lease, and discard
   * it: then it is discarded, unless it arrives. Once the units hold 4,194,304 characters of payload, no more are taken; none come back only
   * when there is nothing to claim.
   */
  claim(request: ClaimRequest): Promise<Delivery[][]>
  /** Ends leases. A settlement of a delivery that is no longer `sending` (an operator was faster) changes nothing. */
  settle(settlements: readonly Settlement[], trace?: readonly TraceEvent[]): Promise<void>
  /**
   * Makes every `sending` delivery claimable again at once, and nothing wait for the time of a clock that was wrong
   * (`clockWentBack`): at start, when no one else can hold a lease.
   */
  releaseLeases(): Promise<number>
  /**
   * The clock was ahead and now is not: pending deliveries last written later than `now` wait from now on for as long as they
   * were to wait from then on. Resolves with their number.
   */
  clockWentBack(now: number): Promise<number>
  /** Each destination that ever had a delivery. Costs next to nothing when nothing was written since it was last asked for. */
  backlog(): Promise<readonly Backlog[]>
  /**
   * Calls `listener` within 2 s of every change that was not made through this handle: by an operator's command, or by another
   * gateway. It may be called for nothing. Ends with what it returns, and with the store.
   */
  onChange(listener: (change: Change) => void): Disposable
}

/** What was met before. */
export interface Seen {
  /** Was this Topic item, with this content, committed before? */
  seen(item: Omit<SeenItem, 'at'>): Promise<boolean>
  /** Which of these items of a Topic were committed before, with whatever content. */
  seenIds(topic: string, itemIds: readonly string[]): Promise<Set<string>>
  /** The item last committed for a Topic. */
  cursor(topic: string): Promise<SeenItem | undefined>
  /** Remembers items that need no envelope (foreign, our own echo, already delivered): the cursor moves past them. */
  markSeen(items: readonly SeenItem[]): Promise<void>
  /**
   * Names of the RID peers that sent in an item with this digest, or which went out as this, whoever had it published first: in this
   * variant, or in any.
   */
  sourcesOf(item: string, variant?: string): Promise<string[]>
  /**
   * The payload of the latest delivery by its item, for joining the parts of one document; undefined when unknown. What is
   * withheld or discarded does not go out in this way either. `sources`: only what came from these.
   */
  findPayload(
    kind: DestinationKind,
    destination: string,
    item: string,
    sources?: readonly string[],
  ): Promise<string | undefined>
}

/** The operator's: what there is, and an operator's hand. */
export interface Desk {
  /** Oldest first: the latest `limit` [10,000]. */
  list(filter?: QueueFilter): Promise<DeliverySummary[]>
  /**
   * Oldest first, however many: the latest `limit`; without it, all that are not settled for good, and the latest 1000 of the others. Each
   * once, as it is when its page is read; what comes in meanwhile is not among them. Between pages nothing is kept open.
   */
  pages(filter?: QueueFilter): AsyncIterable<readonly DeliverySummary[]>
  /**
   * What `pages` gives, counted by destination, state, reason and age in one statement: the group with the oldest delivery first. 'too-many'
   * are more groups than `most`, as where each failed for a reason of its own. For commands: a million may take some seconds of the thread.
   */
  tally(filter: QueueFilter, times: readonly number[], most: number): Promise<readonly Tally[] | 'too-many'>
  /** How many that were asked for `pages` leaves out, all older than what it shows. */
  leftOut(filter?: QueueFilter): Promise<number>
  /** With its payload, '' when that is no longer kept; undefined when there is no such delivery. */
  show(id: string): Promise<Delivery | undefined>
  /**
   * Held, withheld, discarded or pending deliveries become due now. False when there is none, or it is sending or delivered, or its
   * payload is no longer kept.
   */
  retry(id: string, now: number, trace?: TraceOfDeed): Promise<boolean>
  /** Anything not delivered and not sending becomes discarded; nothing is traced of what was discarded before. */
  discard(id: string, now: number, trace?: TraceOfDeed): Promise<boolean>
  /** Nothing is claimed for the destination from now on; what is being sent is not called back. False where it is paused already: then nothing is traced. */
  pause(kind: DestinationKind, destination: string, pause: Pause, trace?: readonly TraceEvent[]): Promise<boolean>
  /** False where it was not paused: then nothing is traced. */
  resume(kind: DestinationKind, destination: string, trace?: readonly TraceEvent[]): Promise<boolean>
  /** Events in time order, of the incidents that are meant (isAskedFor in iodef/incident-id.ts). */
  trace(incident: string): Promise<TraceEvent[]>
  /**
   * Trace rows of these `events` that were committed behind `position`, by whichever process, in order. Without a position: none,
   * and where to go on from.
   */
  traced(events: readonly string[], position?: number): Promise<TracePage>
}

/** What keeps the store fit. */
export interface Upkeep {
  /** Proves that a commit works (readiness). */
  probe(): Promise<void>
  /**
   * Drops what is no longer needed: payloads of deliveries settled for good 30 days ago, trace rows of 400 days ago (up to a week later, where
   * they go by the week); never what they were known by. A group whose last payload went is none any more, and what is waited for is
   * forgotten (DeliveryGroup). Discards what is held for 30 days under a name (HeldBound), with its `trace`. Works in small commits, `steps`
   * of each at most; resolves with the number of rows gone or discarded. To be called every hour or so.
   */
  prune(now: number, steps?: number, trace?: TraceOfDeed): Promise<number>
}

export interface Store extends Acceptor, Queue, Seen, Desk, Upkeep, AsyncDisposable {}
