/** What the RID side offers and asks for. Nothing here names the grid. */
import type { PeerConfig } from '../config/types.ts'
import type { SendOutcome } from '../outcome.ts'
import type { MsgType } from '../vocabulary.ts'
import type { Diagnostic } from '../xml/tree.ts'
import type { RidSystem } from './node.ts'

/** A POST to `/` that passed TLS, peer, method, type and size: its bytes are still a stranger's. */
export interface IncomingMessage {
  readonly id: string
  readonly peer: PeerConfig
  /** IP address that it came from: where its Acknowledgement goes */
  readonly address?: string | undefined
  readonly body: Uint8Array
  /** the charset parameter of Content-Type, lower case, when it is of use */
  readonly charset?: string
  /** RID-Callback-Token, of the form that RFC 6546 §3 gives it */
  readonly callbackToken?: string
  readonly receivedAt: number
}

/** What the one door in (relay/accept) says; the listener puts it on the wire. */
export type Answer =
  /** 200 with a RID message (text/xml) */
  | { readonly kind: 'reply'; readonly xml: string }
  /** 202: the answer comes by callback (RFC 6546 §3) */
  | { readonly kind: 'promised'; readonly token: string }
  | { readonly kind: 'problem'; readonly problem: Problem }

/** RFC 9457. Nothing about paths, stack or configuration. */
export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 417 | 429 | 431 | 503
  readonly title: string
  readonly detail?: string
  readonly errors?: readonly Diagnostic[]
  /** how many more errors there were than are listed */
  readonly more?: number
  /** seconds */
  readonly retryAfter?: number
}

export type Accept = (message: IncomingMessage) => Promise<Answer>

/** What a RID peer's reply to our message says, read by a hardened parser that the sender is given. */
export type Reply =
  | {
      readonly kind: 'acknowledgement'
      readonly status: 'Approved' | 'Denied' | 'Pending' | 'ext-value' | 'unknown'
      readonly justification?: string
    }
  | { readonly kind: 'message'; readonly msgType: string; readonly text: string }
  /** no RID message, or not readable */
  | { readonly kind: 'improper'; readonly reason: string }

/** `charset` is what Content-Type says of it. */
export type ReadReply = (body: Uint8Array, charset?: string) => Promise<Reply>

/** A RID system that messages are sent to, and how its certificate is known. */
export interface Receiver {
  readonly name: string
  readonly url: string
  readonly identity: Pick<PeerConfig['identity'], 'dns' | 'fingerprint'>
  /** what it asks of us besides our certificate (RFC 7617) */
  readonly basic?: PeerConfig['basic']
  /** `lenient`: a 2xx is proof whatever its body says, but for Denied */
  readonly replies?: PeerConfig['replies']
}

export interface OutgoingMessage {
  /** The text, for the RID system that it goes to, at the address that it goes to. */
  readonly write: (to: RidSystem) => string
  /** undefined where nobody knows: then any RID message may answer it */
  readonly msgType: MsgType | undefined
  /** it answers what was asked earlier: what it was promised with (RFC 6546 §3) */
  readonly callbackToken?: string
  /** is shown each whole response, before it is judged */
  readonly heard?: (response: Heard) => void
}

/** A whole HTTP response to a message of ours. */
export interface Heard {
  readonly status: number
  readonly contentType: string | undefined
  readonly callbackToken: string | undefined
  /** undefined: it was not read to its end */
  readonly body: Uint8Array | undefined
}

export interface RidSender extends AsyncDisposable {
  /** POSTs one RID message. Never throws for what network or peer do. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome>
}
