import type { Settlement } from '../contract.ts'
import { PENDING, stateCode } from './codes.ts'

/** What a settlement makes of a delivery. */
interface Settled {
  readonly state: number
  readonly due: number | null
  readonly notBefore: number | null
  /** that it was more */
  readonly attempts: number
  readonly reason: string | null
}

export function settledOf(settlement: Settlement): Settled {
  if (settlement.to === 'pending') {
    const { nextAttempt: due, notBefore = null, countAttempt, reason } = settlement
    return { state: PENDING, due, notBefore, attempts: countAttempt ? 1 : 0, reason }
  }
  const reason = settlement.to === 'delivered' ? (settlement.note ?? null) : settlement.reason
  // policy withholds before anything is sent: that was no attempt
  const attempts = settlement.to === 'withheld' ? 0 : 1
  return { state: stateCode(settlement.to), due: null, notBefore: null, attempts, reason }
}
