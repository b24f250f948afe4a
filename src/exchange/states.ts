import type { ExchangeState, LegState } from '../vocabulary.ts'

/**
 * What may become of a question and of each leg of it, and nothing else (docs/states.md). A closed exchange opens no leg and sends
 * nothing but what it owed; a leg that answered may go on answering, which is no change.
 */
export const TRANSITIONS = {
  exchange: {
    open: ['answered', 'denied', 'expired', 'cancelled'],
    answered: [],
    denied: [],
    expired: [],
    cancelled: [],
  },
  leg: {
    waiting: ['promised', 'answered', 'denied', 'failed', 'expired'],
    promised: ['answered', 'denied', 'failed', 'expired'],
    answered: [],
    denied: [],
    failed: [],
    expired: [],
  },
} as const satisfies {
  readonly exchange: Readonly<Record<ExchangeState, readonly ExchangeState[]>>
  readonly leg: Readonly<Record<LegState, readonly LegState[]>>
}

/** Whether a leg in `from` may be told that it is `to` now. */
export function legMay(from: LegState, to: LegState): boolean {
  return (TRANSITIONS.leg[from] as readonly LegState[]).includes(to)
}

/** Nothing is known of it yet, but perhaps that there will be something. */
export function isUndecided(state: LegState): boolean {
  return TRANSITIONS.leg[state].length > 0
}
