/** What the Topics showed, kept so that questions can be answered: one of the store's roles. Times are ms since the epoch. */

/** A kind, and a value of it or a range of values; values of one kind sort as what they stand for does. */
export interface RecordTerm {
  readonly kind: string
  readonly lo: string
  readonly hi: string
}

/** An item of a Topic. What comes under the same item id of the same Topic takes its place. */
export interface NewRecord {
  readonly topic: string
  /** as the Broker calls it: by this it is retracted */
  readonly item: string
  /** equal in items that say the same: one of them is enough in an answer */
  readonly content: string
  readonly takenIn: number
  /** when it happened; null where nobody says */
  readonly from: number | null
  readonly to: number | null
  readonly detected: number | null
  /** 1 low to 3 high; and where a number says it */
  readonly rating: number | null
  readonly confidence: number | null
  /** what has to be allowed before it may be shown, as iodef/restriction.ts has it */
  readonly needed: readonly string[]
  readonly terms: readonly RecordTerm[]
  /** opaque to the store */
  readonly body: string
}

/** Records have to fit everything that is given. */
export interface RecordQuery {
  readonly topics: readonly string[]
  /** what may be needed: each list as a whole */
  readonly needed: readonly (readonly string[])[]
  /** of each list one term at least; an `address` term fits whatever overlaps with it, any other what holds its value */
  readonly terms: readonly (readonly RecordTerm[])[]
  /** overlaps with the time when it happened */
  readonly from?: number
  readonly to?: number
  readonly detectedFrom?: number
  readonly takenInFrom?: number
  readonly takenInTo?: number
  readonly rating?: number
  readonly confidence?: number
  /** of the newest */
  readonly limit: number
  /** more than so many that fit are no answer */
  readonly most: number
}

export interface ArchivedRecord {
  readonly topic: string
  readonly item: string
  readonly content: string
  readonly takenIn: number
  readonly needed: readonly string[]
  readonly body: string
}

export interface Archive {
  /** The newest `limit` that fit, the oldest of them first, the same content once; `too-many` where more than `most` fit. */
  find(query: RecordQuery): Promise<readonly ArchivedRecord[] | 'too-many'>
  /**
   * These items of a Topic are gone from it, or all are. Resolves with how many records went. What went is not seen any more: should it
   * come back as it was, it is a repeat that fills the archive again.
   */
  forget(topic: string, items?: readonly string[]): Promise<number>
  /**
   * The Topic shows `items`, and nothing between them: what is kept of it that was taken in behind one of them and before another is gone.
   * What lies before all of them may only have made room, and what lies behind them may be newer than they are. Resolves with how many went.
   */
  forgetBetween(topic: string, items: readonly string[]): Promise<number>
  /** Drops what was taken in before, in small commits. Resolves with how many records went. */
  forgetBefore(time: number): Promise<number>
}
