import type { Direction } from '../vocabulary.ts'
import type { Measure, Rows } from './row.ts'

/** A message or an item at one of the two doors. */
export interface Arrival {
  readonly direction: Direction
  /** the peer's or the Topic's name */
  readonly source: string
  /** incident keys; empty when the document could not be read that far */
  readonly incidents: readonly string[]
  /** id of the request, or the item's */
  readonly message?: string
}

/** `code` is a fixed word (no-route, restriction ...), `reason` a sentence. */
interface Refusal extends Arrival {
  readonly code: string
  readonly reason: string
}

interface InvalidItem {
  readonly topic: string
  readonly item: string
  readonly errors: number
  readonly reason: string
}

/** What the two doors tell. */
export interface MessageNews {
  accepted: Arrival & {
    readonly msgType: string
    readonly envelope?: string
    readonly deliveries: number
    readonly warnings?: number
    /** what touches the text of the document, in words */
    readonly note?: string
  }
  duplicate: Arrival
  denied: Refusal
  refused: Refusal
  /** `note`: what touches the text of the item, in words */
  consumed: Arrival & { readonly deliveries: number; readonly note?: string }
  /** `host` has it; '' where nobody wants it */
  'file-awaited': Arrival & { readonly host: string }
  'loop-stopped': {
    readonly direction: Direction
    readonly source: string
    readonly destination: string
    readonly incident: string
    readonly item: string
  }
  'foreign-item': { readonly topic: string; readonly item: string; readonly reason: string }
  /** not what its id says, which is that of an item a peer sent: all peers get it */
  'item-replaced': { readonly topic: string; readonly item: string }
  'invalid-item': InvalidItem
  'invalid-item-not-kept': InvalidItem
  /** `lost`: how many elements and attributes */
  downgraded: {
    /** or else of an answer in a response, and of that question */
    readonly delivery?: string
    readonly exchange?: string
    readonly destination: string
    readonly incident: string
    readonly lost: number
  }
  retracted: { readonly topic: string; readonly items: number }
  'refusals-not-traced': { readonly source: string; readonly rows: number }
  'store-failed': { readonly operation: string; readonly err: unknown }
}

function counted(outcome: string): readonly Measure<Arrival>[] {
  const source = (a: Arrival) => a.source
  return [
    { metric: 'messages', labels: { direction: (a: Arrival) => a.direction, source, outcome, reason: '' } },
    { metric: 'lastMessage', labels: { source }, value: () => Math.floor(Date.now() / 1000) },
  ]
}

function countedByCode(outcome: string): readonly [Measure<Refusal>] {
  const labels = { direction: (r: Refusal) => r.direction, source: (r: Refusal) => r.source, outcome }
  return [{ metric: 'messages', labels: { ...labels, reason: (r) => r.code } }]
}

export const MESSAGES = {
  // committed to the store: `deliveries` rows wait for their destinations
  accepted: {
    level: 'info',
    text: 'Report accepted',
    help: 'it is on disk; `deliveries` says how many go out',
    measures: counted('accepted'),
    traced: true,
  },
  // nothing is stored of a repeat, not even that it came
  duplicate: {
    level: 'info',
    text: 'The same message again',
    help: 'answered like the first; nothing goes out twice',
    measures: counted('duplicate'),
  },
  // valid, but policy says no: the sender was told `Denied`
  denied: {
    level: 'warn',
    text: 'Report denied',
    help: '`code`: see [Denied](#troubleshooting-answers); the sender knows',
    measures: countedByCode('denied'),
    traced: true,
  },
  // not taken: the sender was told with a 4xx or 5xx
  refused: {
    level: 'warn',
    text: 'Message refused',
    help: '`code`: see [Refused](#troubleshooting-answers); the sender knows',
    measures: countedByCode('refused'),
    traced: true,
  },
  'refusals-not-traced': {
    level: 'warn',
    text: 'So much of this source was refused today that the trace has only a number for the rest',
    help: '`trace "refused SOURCE"` has that number for each day; the log has each refusal. Tell the peer',
    traced: true,
  },
  // an item of a Topic was committed with its deliveries to peers
  consumed: {
    level: 'info',
    text: 'Item taken from the Topic',
    help: 'it is on disk; `deliveries` says how many peers get it',
    measures: counted('consumed'),
    traced: true,
  },
  // its document is a file, which is fetched once this is on disk
  'file-awaited': {
    level: 'info',
    text: 'Item taken from the Topic: its document is a file',
    help: 'it is on disk and the file is fetched from `host`; `elsewhere`: from a host that `grid.upload.hosts` does not list',
    measures: counted('file-awaited'),
    traced: true,
  },
  'loop-stopped': {
    level: 'info',
    text: 'Not sent back to where it came from',
    help: 'an item does not return to the peer that sent it in',
    measures: [{ metric: 'loops', labels: { direction: (l) => l.direction } }],
    traced: true,
  },
  // neither of the two shapes of docs/grid-profile.md
  'item-replaced': {
    level: 'warn',
    text: 'Another item stands under the id of one that a peer sent.',
    help: "it goes to every peer, also to the first item's source; ask who published it",
  },
  'foreign-item': {
    level: 'info',
    text: 'Item is not an IODEF report and was left alone',
    help: 'something else is published to this Topic, too',
    measures: [{ metric: 'items', labels: { topic: (i) => i.topic, reason: 'foreign' } }],
  },
  'invalid-item': {
    level: 'warn',
    text: 'Item is not valid IODEF and was not forwarded',
    help: 'somebody publishes broken IODEF; the item is held for each peer, `queue show` has the errors; discarded after 30 days',
    measures: [{ metric: 'items', labels: { topic: (i) => i.topic, reason: 'invalid' } }],
  },
  'invalid-item-not-kept': {
    level: 'error',
    text: 'Item is not valid IODEF, and as many are held of its Topic or publisher as may be: it is not kept',
    help: '`more` such items since the last line. Ask who publishes them; `queue discard` what is held as invalid makes room',
    measures: [{ metric: 'items', labels: { topic: (i) => i.topic, reason: 'invalid-not-kept' } }],
    seldom: ({ topic }) => topic,
    offPage: true,
  },
  downgraded: {
    level: 'warn',
    text: 'Sent as IODEF 1, which has no place for some of it',
    help: 'the peer has `iodef: 1`; the whole document travels along, and the trace lists which classes and attributes only that has (`lost` counts them)',
  },
  // what was published stays delivered: RID knows no retraction
  retracted: {
    level: 'info',
    text: 'Items were retracted from the Topic',
    help: 'what was delivered stays delivered: RID knows no retraction',
    measures: [{ metric: 'items', labels: { topic: (r) => r.topic, reason: 'retracted' }, value: (r) => r.items }],
  },
  'store-failed': {
    level: 'error',
    text: 'The store could not write',
    help: 'disk full, read-only or broken. Reports are answered 503 until it works',
    measures: [{ metric: 'storeFailures', labels: { operation: (s) => s.operation } }],
  },
} as const satisfies Rows<MessageNews>
