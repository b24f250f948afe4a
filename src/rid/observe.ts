/** Things worth counting at the listener. */
export type ListenerObservation =
  /** `status` 0: the client went away first. `bytes` of the request's body. */
  | {
      readonly kind: 'request'
      readonly peer: string | undefined
      readonly status: number
      readonly bytes: number
      readonly ms: number
    }
  /** no TLS session came about: `reason` is OpenSSL's or Node's code */
  | { readonly kind: 'handshake-refused'; readonly reason: string }
  | { readonly kind: 'connection-refused'; readonly reason: 'total' | 'peer' }
  /** what a client sent was not HTTP, or came too slowly: `reason` is Node's code */
  | { readonly kind: 'client-error'; readonly reason: string }

/** Must not throw. */
export type Observe = (observation: ListenerObservation) => void
