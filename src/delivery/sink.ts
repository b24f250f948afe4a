import type { SendOutcome } from '../outcome.ts'
import type { Delivery } from '../store/contract.ts'

/**
 * The far end of a delivery. `unit` is one delivery, or several of one group that go out as one message. A sink never
 * throws for what a network or a peer does; what it throws is taken as 'retry'.
 */
export interface Sink {
  send(unit: readonly Delivery[], signal: AbortSignal): Promise<SinkOutcome>
}

export type SinkOutcome =
  | SendOutcome
  /** policy says no, to all of the unit or to `only` this one of its deliveries: nothing was sent, and the others go without it */
  | { readonly kind: 'withhold'; readonly reason: string; readonly only?: string }
