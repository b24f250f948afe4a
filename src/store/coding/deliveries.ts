import type { DeliveryState } from '../../vocabulary.ts'
import type { NewDelivery, NewEnvelope } from '../contract.ts'

/** Characters of payload after which a claim is content with fewer units than it may take: reading holds up the thread. */
export const ENOUGH = 4_194_304

/** Why one is held that has nothing to send. */
export const EMPTY = 'its payload is missing in the store'
/** Why one is delivered that waited for another. */
export const SAID_BY_ANOTHER = 'the same was delivered as another had it'

/** Deliveries of a list that says no limit. */
export const MOST_LISTED = 10_000

/** Delivered and discarded ones only grow in number: unless a limit is given, only so many of them are listed. */
export const MOST_OVER = 1000
export const OVER: readonly DeliveryState[] = ['delivered', 'discarded']

/** States whose deliveries are counted; delivered and discarded ones only ever grow. */
export const COUNTED = ['pending', 'sending', 'held', 'withheld'] as const
export type Counted = (typeof COUNTED)[number]

export function isCounted(state: DeliveryState): state is Counted {
  return (COUNTED as readonly string[]).includes(state)
}

/** The group of a delivery at its destination. */
export interface Joined {
  readonly grp: number
  /** it was before */
  readonly complete: boolean
}

/** For each place of a document, whether it is waited for ('0') where these items are here. One that repeats an earlier one is not. */
export function marksOf(items: readonly string[], here: Iterable<string>): readonly ('0' | '1')[] {
  const met = new Set(here)
  return items.map((item) => {
    if (met.has(item)) return '1'
    met.add(item)
    return '0'
  })
}

/** When it may go out. */
export function turnOf(
  { state, notBefore: floor }: NewDelivery,
  receivedAt: number,
  joined: Joined | undefined,
): { due: number | null; notBefore: number | null } {
  if (state !== 'pending') return { due: null, notBefore: null }
  const notBefore = joined?.complete === true ? null : (floor ?? null)
  return { due: notBefore ?? receivedAt, notBefore }
}

/** Has no other delivery the same to send? What is asked of several peers has an envelope for each. */
export function isAlone({ direction, deliveries }: NewEnvelope): boolean {
  return deliveries.length === 1 && direction !== 'rid-to-rid'
}

export function listed(values: readonly string[]): string | null {
  return values.length === 0 ? null : JSON.stringify(values)
}
