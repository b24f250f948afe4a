import type { DeliverySummary } from '../store/contract.ts'
import type { DestinationKind, Direction } from '../vocabulary.ts'
import type { Measure, Rows } from './row.ts'

/** What a delivery's events need of it. */
export type DeliveryOf = Pick<
  DeliverySummary,
  'id' | 'direction' | 'source' | 'kind' | 'destination' | 'incident' | 'also' | 'item' | 'attempts' | 'createdAt'
>

/** A delivery as its events show it. */
export interface DeliveryFields {
  /** the delivery's id in the queue */
  readonly delivery: string
  readonly direction: Direction
  readonly source: string
  readonly kind: DestinationKind
  readonly destination: string
  readonly item: string
  readonly attempts: number
}

/** An operator's deed. */
export interface Deed {
  /** who did it: the name of a user of the machine, or `page` and the address that it was asked from */
  readonly by: string
  /** the state that the delivery was in */
  readonly was: string
}

type Told<More = unknown> = DeliveryFields & { readonly incident: string } & More
/** `seconds` from taking in to proof */
type Proved = Told<{ readonly note?: string; readonly seconds: number }>
type Failed = Told<{ readonly reason: string }>

/** What becomes of deliveries. */
export interface DeliveryNews {
  published: Proved
  delivered: Proved
  fetched: Proved
  /** `nextAttempt` in ISO 8601 */
  retried: Told<{ readonly reason: string; readonly nextAttempt: string }>
  held: Failed
  withheld: Failed
  discarded: Told<Deed>
  requeued: Told<Deed>
}

type DeedName = { [K in keyof DeliveryNews]: DeliveryNews[K] extends Deed ? K : never }[keyof DeliveryNews]

/** Every deed: a running gateway tells of those, whichever process they were done in. */
export const DEEDS = Object.keys({ discarded: true, requeued: true } satisfies Record<DeedName, true>) as DeedName[]

function step(outcome: string): Measure<Told> {
  const labels = { kind: (d: Told) => d.kind, destination: (d: Told) => d.destination, outcome }
  return { metric: 'deliveries', labels }
}

const TO = { kind: (d: Proved) => d.kind, destination: (d: Proved) => d.destination }

const PROVED: readonly Measure<Proved>[] = [
  { metric: 'deliverySeconds', labels: TO, value: (d) => d.seconds },
  { metric: 'lastDelivery', labels: TO, value: () => Math.floor(Date.now() / 1000) },
]

export const DELIVERIES = {
  // the Broker's result is the proof
  published: {
    level: 'info',
    text: 'Published to the Topic',
    help: 'the Broker has it',
    measures: [step('published'), ...PROVED],
    traced: true,
  },
  // the peer's 2xx is the proof
  delivered: {
    level: 'info',
    text: 'Delivered to the peer',
    help: 'the peer has it; `note` says what its reply was, where it was not Approved',
    measures: [step('delivered'), ...PROVED],
    traced: true,
  },
  // its hashes, and what it says, are the proof
  fetched: {
    level: 'info',
    text: 'File of an item fetched',
    help: 'it is what the item names, and was taken as an item of the Topic is',
    measures: [step('fetched'), ...PROVED],
    traced: true,
  },
  retried: {
    level: 'warn',
    text: 'Delivery failed and will be tried again',
    help: 'nothing, while `reason` is plausible',
    measures: [step('retried')],
    traced: true,
  },
  held: {
    level: 'error',
    text: 'Delivery held: an operator decides',
    help: 'look at `reason`, below; mend; `queue retry`',
    measures: [step('held')],
    traced: true,
  },
  withheld: {
    level: 'warn',
    text: 'Delivery withheld by policy',
    help: '`reason` says why: its `restriction`, or a MsgType that is not in `send` of the peer; nothing, if that is as it should be',
    measures: [step('withheld')],
    traced: true,
  },
  discarded: {
    level: 'warn',
    text: 'Delivery discarded by an operator',
    help: '`by` did that with `queue discard` or on the page; `iodef-gateway`: items that were not valid, after 30 days',
    measures: [step('discarded')],
    traced: true,
  },
  requeued: {
    level: 'info',
    text: 'Delivery put back in the queue',
    help: '`by` did that with `queue retry` or on the page',
    measures: [step('requeued')],
    traced: true,
  },
} as const satisfies Rows<DeliveryNews>
