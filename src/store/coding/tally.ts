import type { Tally } from '../contract.ts'
import { kindName, stateName } from './codes.ts'

/** A group of deliveries with its destination. */
export interface TallyRow extends Omit<Tally, 'kind' | 'destination' | 'state'> {
  readonly kind: number
  readonly name: string
  readonly state: number
}

export function toTally({ kind, name, state, reason, age, count, oldest }: TallyRow): Tally {
  return { kind: kindName(kind), destination: name, state: stateName(state), reason, age, count, oldest }
}
