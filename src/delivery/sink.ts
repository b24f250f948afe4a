import type { SendOutcome } from '../outcome.ts'
import type { Delivery } from '../store/contract.ts'

/**
 * The far end of a delivery. `unit` is one delivery, or several of one group that go out as one message. A sink never
 * throws for what a network or a peer does; what it throws is taken as 'retry'.
 */
export interface Sink {
  send(unit: readonly Delivery[], signal: AbortSignal): Promise<SinkOutcome>
  /** How many more would be sent soon, were they given now; what is claimed for nothing only grows old. [any number] */
  room?(destination: string): number
  /** ms since the epoch until which it is tried, where that is later than `delivery.maxAge` has it */
  until?(delivery: Delivery): number | undefined
  /** ms a send may take: deadlines of its own are well below it, it only guards against one that has lost its way. [300 s] */
  readonly limit?: number
}

export type SinkOutcome =
  | Exclude<SendOutcome, { readonly kind: 'hold' }>
  /**
   * 'hold': an operator decides; 'withhold': policy says no. Of all of the unit or of `only` this one of its deliveries: then nothing
   * was sent, and the others go without it.
   */
  | { readonly kind: 'hold' | 'withhold'; readonly reason: string; readonly only?: string }
