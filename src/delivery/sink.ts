import type { Delivery } from '../store/contract.ts'

/**
 * The far end of a delivery. `unit` is one delivery, or several of one group that go out as one message. A sink never
 * throws for what a network or a peer does; what it throws is taken as 'retry'.
 */
export interface Sink {
  send(unit: readonly Delivery[], signal: AbortSignal): Promise<SendOutcome>
}

export type SendOutcome =
  /** there is proof: the Broker's result, the peer's 2xx */
  | { readonly kind: 'delivered'; readonly note?: string }
  /** transient. `retryAfter` in ms is a floor for the next attempt. `destinationDown`: no use in trying other deliveries now */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfter?: number; readonly destinationDown: boolean }
  /** permanent: an operator decides */
  | { readonly kind: 'hold'; readonly reason: string }
  /** policy says no, to all of the unit or to `only` this one of its deliveries: nothing was sent, and the others go without it */
  | { readonly kind: 'withhold'; readonly reason: string; readonly only?: string }
