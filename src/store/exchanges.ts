import type { AskerKind, ExchangeState, LegState } from '../vocabulary.ts'
import type { NewDelivery, TraceEvent } from './contract.ts'

/** Questions that were asked here, until they are closed: one of the store's roles. Times are ms since the epoch. */

export interface NewExchange {
  /** random; it tells nothing and is no token */
  readonly id: string
  /** ['peer'] */
  readonly askerKind?: AskerKind
  /** the peer who asks, or as its kind says */
  readonly asker: string
  /** IP address that the question came from, or full JID */
  readonly address: string | null
  readonly msgType: string
  /** incident key, '' for none: what its events are traced by */
  readonly incident: string
  /** what makes two questions of an asker the same */
  readonly digest: string
  /** opaque to the store */
  readonly question: string
  readonly opened: number
  readonly pendingAt: number | null
  readonly expires: number
}

export interface NewLeg {
  /** `held`: a person decides, before `target` is asked */
  readonly kind: 'archive' | 'peer' | 'jid' | 'topic' | 'held'
  /** '' for the archive, and for what a person decides and nobody else is asked */
  readonly target: string
  /** the question on its way there */
  readonly delivery?: NewDelivery
  /** queued in the commit that closes the exchange, if the leg has a token then */
  readonly afterwards?: NewDelivery
}

export interface Leg extends Omit<NewLeg, 'delivery' | 'afterwards'> {
  /** from 0, within its exchange */
  readonly n: number
  readonly state: LegState
  /** what it is known by there: hex SHA-256 of the RID-Callback-Token that was promised with, or the id of the item that asks */
  readonly token: string | null
  readonly reason: string | null
  readonly updated: number
}

export interface NewAnswer {
  readonly leg: number
  readonly msgType: string
  /** a second answer of the same leg with this digest is not stored */
  readonly digest: string
  /** opaque to the store */
  readonly body: string
}

export interface StoredAnswer extends NewAnswer {
  /** from 0, within its exchange, in the order in which they came */
  readonly n: number
  readonly at: number
  /** when the asker had it, as far as anybody knows; null until then */
  readonly sent: number | null
  /** on its way by this one; nothing where it has none, or none yet */
  readonly delivery?: string
}

/** Of two kinds two askers of one name are not the same. */
type Asker = Pick<NewExchange, 'askerKind' | 'asker'>

export interface Exchange extends NewExchange {
  readonly askerKind: AskerKind
  readonly state: ExchangeState
  /** it closes as this once all its answers are sent, or kept back by policy */
  readonly outcome: ExchangeState | null
  readonly closed: number | null
  /** RID-Callback-Token that its asker was promised an answer with */
  readonly token: string | null
  readonly legs: readonly Leg[]
  readonly answers: readonly StoredAnswer[]
}

/** What happens to an exchange in one commit, in this order. */
export interface ExchangeChange {
  readonly legs?: readonly (Pick<Leg, 'n' | 'state'> & Partial<Pick<Leg, 'token' | 'reason'>>)[]
  /** held legs that are asked now, and are of the delivery's kind from then on, and of its destination */
  readonly ask?: readonly { readonly n: number; readonly delivery: NewDelivery }[]
  /** at most 50 of a leg are kept */
  readonly answers?: readonly NewAnswer[]
  /**
   * each answer that has none yet, and was not sent, is given this delivery; what `sent` of it will be is the delivery's matter.
   * Undefined: nothing is to be sent of it, and it counts as sent
   */
  readonly deliver?: (answer: StoredAnswer) => NewDelivery | undefined
  /** answers that go in the response */
  readonly sent?: readonly number[]
  readonly token?: string
  /** where the asker is now */
  readonly address?: string
  readonly pendingAt?: null
  /** closes now, or once all answers are sent or kept back by policy; as `state` it closes whatever is unsent */
  readonly outcome?: Exclude<ExchangeState, 'open'>
  readonly state?: Exclude<ExchangeState, 'open'>
}

/** What `change` makes of an exchange as it is at that moment; undefined: nothing. */
export type ChangeOf = (exchange: Exchange) => Changing | undefined
interface Changing {
  readonly change: ExchangeChange
  readonly trace?: readonly TraceEvent[]
}

export type Asked =
  | { readonly outcome: 'opened' | 'known'; readonly exchange: Exchange }
  /** too many are open: of this asker, or of all */
  | { readonly outcome: 'full'; readonly of: 'asker' | 'all' }

export interface AskLimits {
  readonly open: number
  readonly all: number
  /** one that was closed since then is the same one still */
  readonly since: number
}

/** Of an exchange what lists show: no question, no answer, no token. */
export interface ExchangeSummary
  extends Pick<
    Exchange,
    'id' | 'askerKind' | 'asker' | 'msgType' | 'incident' | 'state' | 'opened' | 'expires' | 'closed'
  > {
  readonly legs: readonly Pick<Leg, 'kind' | 'target' | 'state'>[]
  /** how many there are */
  readonly answers: number
}

export interface ExchangeFilter {
  readonly states?: readonly ExchangeState[]
  readonly askerKind?: AskerKind
  readonly asker?: string
  readonly targetKind?: Leg['kind']
  /** one of its legs is this peer's, or this JID's */
  readonly target?: string
  /** as `trace` understands it */
  readonly incident?: string
  readonly limit: number
}

export interface Exchanges {
  /**
   * Opens an exchange with its legs, and changes it at once, all or nothing; unless the asker has one with that digest. What an open
   * exchange of another asker, with that digest, has asked of the same peer or JID and has no answer to yet, is not asked a second
   * time: the leg waits with that one, without a delivery.
   */
  ask(exchange: NewExchange, legs: readonly NewLeg[], limits: AskLimits, change: ChangeOf): Promise<Asked>
  /** The exchange that this question of an asker is already: open, or closed since then. */
  known(asker: Asker, digest: string, since: number): Promise<string | undefined>
  /** Resolves with what it is then; undefined where there is no such exchange. `change` is asked inside the commit, perhaps twice. */
  change(id: string, change: ChangeOf): Promise<Exchange | undefined>
  exchange(id: string): Promise<Exchange | undefined>
  /** Oldest first: the latest `limit` of those asked for. */
  listExchanges(filter: ExchangeFilter): Promise<readonly ExchangeSummary[]>
  /** Legs of other open exchanges that wait for what this leg's peer is asked: what that says is said to each of them. */
  sharing(id: string, n: number): Promise<readonly { readonly exchange: string; readonly n: number }[]>
  /** The leg that promised with this token (hash), open or closed. */
  legOf(target: string, token: string): Promise<{ readonly exchange: string; readonly n: number } | undefined>
  /** Who promised with this token (hash), whoever that is. */
  ownerOf(token: string): Promise<string | undefined>
  /** Open exchanges with a leg to `target` that waits or promised, about this incident; the oldest first. */
  askedOf(target: string, incident: string): Promise<readonly string[]>
  /** Open exchanges whose `pendingAt` or `expires` has come: ids. */
  due(now: number): Promise<readonly string[]>
  exchangeCounts(): Promise<Readonly<Record<ExchangeState, number>>>
  /** Drops closed ones of long ago, with their questions and answers. Resolves with how many. */
  forgetExchanges(before: number): Promise<number>
}
