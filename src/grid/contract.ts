/** What the grid side offers and asks for. Nothing here names RID. */
import type { Clock } from '../clock.ts'
import type { GridConfig } from '../config/types.ts'
import type { SendOutcome } from '../outcome.ts'
import type { Tell } from '../tell.ts'
import type { GridState } from '../vocabulary.ts'
import type { GridNews } from './news.ts'

/** An item of a Topic as it came from the Broker. `xml` is the payload element alone, namespaces declared. */
export interface GridItem {
  readonly topic: string
  readonly id: string
  /** the Broker gave no id (XEP-0060 §13.9): this one is made of the payload */
  readonly unnamed?: true
  readonly xml: string
  /** XEP-0060 7.1.2.3: who published it, when the Broker says so. Never trusted. */
  readonly publisher?: string
  /** read from the Broker's memory at (re)connect, not live */
  readonly retained: boolean
}

/** An IQ about an incident (XEP-0268) that somebody sent who is known. */
export interface GridIq {
  /** full JID, as the Controller says it */
  readonly from: string
  /** bare JID of that, in the form in which addresses are compared */
  readonly who: string
  readonly type: 'get' | 'set'
  /** local name of its child, in the namespace of XEP-0268 */
  readonly element: string
  /** that child as XML of its own */
  readonly xml: string
}

export type GridIqReply =
  | { readonly kind: 'result' }
  /** RFC 6120 §8.3: type and defined condition; `text` for people */
  | {
      readonly kind: 'error'
      readonly type: 'cancel' | 'modify' | 'auth' | 'wait'
      readonly condition: string
      readonly text?: string
    }

/** Who on the grid may send us what. `who`: bare JID in its normal form. */
export interface Participants {
  /** To all others it is as if there were nobody. */
  knows(who: string): boolean
  /** Names of the RID peers that it can have asked (XEP-0030 §4). */
  reachable(who: string): readonly string[]
  /** Resolves with the answer, which is sent. A rejection is answered as a fault of ours. */
  iq(iq: GridIq): Promise<GridIqReply>
}

export interface GridHandlers {
  readonly participants?: Participants
  /**
   * Items in Topic order. Resolves once they are committed. The next ones of that Topic may be handed on before: they are committed behind
   * these, and not at all where these are not. A rejection leaves them unseen: they are read again at the next join.
   */
  items(topic: string, items: readonly GridItem[]): Promise<void>
  /** Which of these item ids need not be fetched again. */
  seenIds(topic: string, itemIds: readonly string[]): Promise<Set<string>>
  /** The item last committed for the Topic. */
  cursor(topic: string): Promise<{ readonly itemId: string; readonly at: number } | undefined>
  /** Of a Topic that is read from now on: what it kept before is known, and goes nowhere. */
  readonly past?: {
    /** Nothing was met of the Topic yet. */
    isDue(topic: string): Promise<boolean>
    /** What an item with this payload is known by. */
    mark(xml: string): string
    /** Item ids and marks, the oldest first: all or nothing. From then on it is not due. */
    pass(topic: string, marks: readonly (readonly [id: string, mark: string])[]): Promise<void>
  }
  /** Called in the retractions' place among the items. */
  retracted(topic: string, itemIds: readonly string[]): void
  /** All items of the Topic are gone (XEP-0060 §8.4, §8.5). Called in a purge's place among the items; of a deletion at once. */
  cleared?(topic: string): void
  /** A Topic whose `room` was 0 has some again. */
  room?(topic: string): void
  /**
   * Resolves when it is for us to follow the Topic, among those who share what was read of it, until its signal aborts; undefined where
   * `signal` aborts first. `standsBy`: called where it has to wait. [it is always for us]
   */
  turn?(topic: string, signal: AbortSignal, standsBy: () => void): Promise<Turn | undefined>
  /** The connection or a Topic changed its state. `reason` also of one that is up, but slow. */
  state(part: 'session' | `topic:${string}`, state: GridState, reason: string | null): void
}

interface Turn extends Disposable {
  readonly signal: AbortSignal
}

export interface TopicInfo {
  readonly node: string
  readonly name: string | null
  readonly type: 'leaf' | 'collection' | 'unknown'
  /** XEP-0060 5.4 meta-data and, where readable, the node configuration: field name to values */
  readonly meta: Readonly<Record<string, readonly string[]>>
}

/** What every transport of the grid is given. */
export interface GridOptions {
  readonly config: GridConfig
  /** Topics to subscribe to. One that the configuration does not list is never created. */
  readonly consume: readonly string[]
  readonly handlers: GridHandlers
  readonly tell: Tell<GridNews>
  readonly clock?: Clock
  /** what all gateways on one store have in common, and nobody else [a name drawn at random: nobody shares it] */
  readonly store?: string
  /**
   * live: what is retained is not read, and the subscription ends with this login: for watching beside a gateway that runs with
   * the same account. Only the Topics of `consume` are looked at. [false]
   */
  readonly liveOnly?: boolean
}

/** An IQ to somebody on the grid (RFC 6120 §8.2.3). */
export interface GridRequest {
  /** a full JID, or the domain of a server */
  readonly to: string
  readonly type: 'get' | 'set'
  /** the one child element, its namespaces declared */
  readonly xml: string
}

export type GridReply =
  /** `xml`: the XEP-0268 element that came with it, namespaces declared */
  | { readonly kind: 'result'; readonly xml: string | undefined }
  /** RFC 6120 §8.3: its type and defined condition, and both in words */
  | { readonly kind: 'error'; readonly type: string; readonly condition: string; readonly reason: string }
  /** Nobody is there by that address now. */
  | { readonly kind: 'absent'; readonly reason: string }
  /** The answer is over our limits. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** It was sent, and there was no answer. */
  | { readonly kind: 'unanswered'; readonly reason: string }
  /** There is no connection now: whether it came through nobody knows. */
  | { readonly kind: 'away'; readonly reason: string }
/** Where a file may be put (XEP-0363 §4); or why it may not. */
export type UploadSlot =
  | {
      readonly kind: 'slot'
      readonly put: string
      readonly get: string
      /** header fields of the PUT, as the service wrote them */
      readonly fields: readonly { readonly name: string; readonly value: string }[]
    }
  | Exclude<SendOutcome, { readonly kind: 'delivered' }>

export interface Grid extends AsyncDisposable {
  /** Begins to connect and keeps connected until disposed. Resolves at once. */
  start(): void
  /**
   * The configuration is this from now on: Topics are joined and left, and where another login is configured, the session ends and the next
   * one begins at once. A login that was refused, or a connection that waits, is tried at once. Its address, Broker and sizes stay.
   */
  take(config: GridConfig, consume: readonly string[]): void
  /**
   * Publishes one item (XEP-0060 7.1): 'delivered' only on proof that it is on the Topic. `inDoubt`: an earlier attempt may have come
   * through, so that it is looked for first, and nobody sees it twice.
   */
  publish(topic: string, itemId: string, xml: string, signal: AbortSignal, inDoubt?: boolean): Promise<SendOutcome>
  /** Sends an IQ, and waits 30 s for what it is answered with. Never rejects. */
  request(request: GridRequest, signal: AbortSignal): Promise<GridReply>
  /** Why nothing could be published there if it came now: nothing would be written. Undefined: it would be. */
  obstacle(topic: string): SendOutcome | undefined
  /** Takes one item off its Topic (XEP-0060 7.2): 'delivered' once it is not there. */
  retract(topic: string, itemId: string, signal: AbortSignal): Promise<SendOutcome>
  /** Asks for a place for a file of so many bytes, at grid.upload.service or the service that the Controller names. */
  uploadSlot(name: string, size: number, signal: AbortSignal): Promise<UploadSlot>
  /** How many publications to that Topic would leave soon, if they came now: a line takes what it takes. [any number] */
  room?(topic: string): number
  /** XEP-0030/0060 5.2: every Topic the Broker shows. Rejects with GatewayError 'grid-away' while not connected. */
  discover(signal: AbortSignal): Promise<TopicInfo[]>
  /** When what is configured for TLS runs out, ms since the epoch. */
  certificates(): readonly { readonly name: string; readonly notAfter: number }[]
  /** Features that the Broker does not have, by their names in XEP-0060 §10, as far as they make a difference. */
  lacking(): readonly string[]
  state(): { readonly state: GridState; readonly since: number; readonly reason: string | null }
  /** Resolves when connected and joined; rejects when the signal aborts or login is refused. For commands. */
  whenUp(signal: AbortSignal): Promise<void>
}

/** One thing that `start` would meet on the grid side, and the key of the configuration that it is about. */
export interface GridFinding {
  readonly kind: 'problem' | 'warning' | 'unreachable' | 'note'
  /** key path */
  readonly path: string
  readonly message: string
}
