import type { DestinationKind } from '../vocabulary.ts'
import type { Rows } from './row.ts'

interface Destination {
  readonly kind: DestinationKind
  readonly destination: string
}

interface Trouble {
  readonly err: unknown
  readonly reason: string
}

type Outcomes = readonly { readonly delivery: string; readonly to: string }[]

/** What the delivery engine tells of itself: of the queue, its destinations, its sinks. */
export interface EngineNews {
  'outcome-not-stored': Trouble & { readonly outcomes: Outcomes; readonly failures: number }
  'outcome-stored-late': { readonly outcomes: Outcomes; readonly failures: number }
  'outcome-abandoned': Trouble & { readonly outcomes: Outcomes; readonly failures: number }
  'outcome-untold': { readonly outcomes: Outcomes; readonly err: unknown }
  'claim-failed': Destination & Trouble
  'delivery-dropped': Destination & { readonly deliveries: readonly string[]; readonly err: unknown }
  'sending-failed': { readonly deliveries: readonly string[]; readonly err: unknown }
  'sending-stuck': { readonly deliveries: readonly string[] }
  'destination-down': Destination & { readonly reason: string | null }
  'destination-up': Destination
  'destination-unknown': Destination & { readonly pending: number }
  /** `by`: an operator */
  paused: Destination & { readonly by: string }
  resumed: Destination & { readonly by: string }
  'leases-released': { readonly deliveries: number }
  'leases-not-released': Trouble
  'clock-went-back': { readonly deliveries: number }
  'clock-not-followed': Trouble
  'queue-unreadable': Trouble
}

/** What operators do to destinations: told of as deeds are that are done to deliveries. */
export const DESTINATION_DEEDS: readonly ('paused' | 'resumed')[] = ['paused', 'resumed']

export const ENGINE = {
  'outcome-not-stored': {
    level: 'error',
    text: 'Outcome of deliveries could not be stored and will be tried again',
    help: 'the store cannot write: `reason` says why',
  },
  'outcome-abandoned': {
    level: 'error',
    text: 'Outcome of deliveries could not be stored: they will be sent again',
    help: 'the gateway stopped while the store could not write; destinations get a repeat, which changes nothing',
  },
  'outcome-untold': {
    level: 'error',
    text: 'Outcome of deliveries is stored but could not be told',
    help: 'a fault of ours: report it. The trace has it',
  },
  'claim-failed': {
    level: 'error',
    text: 'Deliveries could not be claimed',
    help: 'the store cannot be used: `reason` says why. Tried again by itself',
  },
  'delivery-dropped': {
    level: 'error',
    text: 'A delivery was dropped on the way and will be claimed again when its lease ends',
    help: 'a fault of ours: report it. It goes out within an hour, or after a restart',
  },
  'sending-failed': {
    level: 'error',
    text: 'Sending failed unexpectedly',
    help: 'a fault of ours: report it. Tried again by itself',
  },
  'sending-stuck': {
    level: 'error',
    text: 'Sending did not end when it was told to',
    help: 'a fault of ours: report it. Tried again by itself',
  },
  'leases-not-released': {
    level: 'error',
    text: 'Leases of an earlier run could not be ended',
    help: 'the store cannot write: `reason` says why. Nothing is sent until it works',
  },
  'clock-not-followed': {
    level: 'error',
    text: 'The clock went back, and the queue could not be set right',
    help: 'the store cannot write: `reason` says why. Tried again by itself',
  },
  'queue-unreadable': {
    level: 'error',
    text: 'The queue could not be read',
    help: 'the store cannot be used: `reason` says why. Tried again by itself',
  },
  'destination-down': {
    level: 'warn',
    text: 'Destination is down: it is probed, the rest waits',
    help: '`reason` says what it answered, or why it cannot be reached',
  },
  paused: {
    level: 'warn',
    text: 'Destination paused by an operator: what is for it waits',
    help: '`by` did that with `queue pause` or on the page; `queue resume` ends it. `trace "destination NAME"` has both',
    traced: true,
  },
  resumed: {
    level: 'info',
    text: 'Destination resumed by an operator',
    help: '`by` did that with `queue resume` or on the page: what waited goes out',
    traced: true,
  },
  'destination-unknown': {
    level: 'warn',
    text: 'Deliveries wait for a destination that is not configured',
    help: 'configure it again, or `queue discard` them',
  },
  'clock-went-back': {
    level: 'warn',
    text: 'The clock went back: what waited for a time waits anew',
    help: 'somebody or NTP set the clock of the machine',
  },
  'outcome-stored-late': {
    level: 'info',
    text: 'Outcome of deliveries stored at last',
    help: 'the store writes again',
  },
  'destination-up': { level: 'info', text: 'Destination is up again', help: 'what waited for it is sent' },
  'leases-released': {
    level: 'info',
    text: 'Deliveries of an earlier run are sent again',
    help: 'it ended while they were being sent',
  },
} as const satisfies Rows<EngineNews>
