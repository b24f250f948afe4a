/** What became of one attempt to send. `rid` and `grid` say it, `delivery` settles by it; switch on kinds and codes, never on text. */

export type SendOutcome =
  /** there is proof: the Broker's result, or the peer's 2xx with its `status`. `answer`: what came with it, and must not be lost */
  | { readonly kind: 'delivered'; readonly status?: number; readonly note?: Note; readonly answer?: PeerAnswer }
  /** transient. `retryAfter` in ms is a floor for the next attempt. `destinationDown`: no use in trying other deliveries now */
  | {
      readonly kind: 'retry'
      readonly reason: string
      readonly retryAfter?: number
      readonly destinationDown: boolean
      /** the fault is this one's alone: the destination takes others */
      readonly othersPass?: true
    }
  /** permanent: an operator decides */
  | { readonly kind: 'hold'; readonly reason: string }

/** What a RID peer's 2xx said beyond "Approved": a sentence for people, and its code. */
export interface Note {
  readonly code: NoteCode
  readonly text: string
}

/** A RID message that a peer's 2xx holds, other than an Acknowledgement (RFC 6546 Table 1). */
export interface PeerAnswer {
  /** as written, cut to a readable length */
  readonly msgType: string
  /** the whole message, as it came */
  readonly text: string
}

type NoteCode =
  /** no body (RFC 6546 Table 1), or one that a known tool leaves out */
  | 'empty-reply'
  /** no RID, too long, or a message that may not answer this one: logged as an error (RFC 6546 §3) */
  | 'improper-reply'
  /** 202: the answer comes later, with the RID-Callback-Token or without */
  | 'promised'
  /** an Acknowledgement that is neither Approved nor Denied */
  | 'acknowledged'
  /** an equal item of another publisher is on the Topic, and cannot be overwritten */
  | 'already-there'
  /** it was sent as IODEF 1: the text lists what has no place there */
  | 'downgraded'
  /** it was no publication, but the end of one */
  | 'retracted'
  /** the item is a file, and what is on the Topic names it */
  | 'by-upload'
  /** another RID message that may answer this one */
  | 'answered'
