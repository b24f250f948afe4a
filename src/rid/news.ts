import type { ProxyFault } from './proxy-header.ts'

/** What the RID side tells. `peer` is undefined where the client's certificate is no peer's. */
export type RidNews = ListenerNews & SenderNews

export interface ListenerNews {
  /** `status` 0: the client went away first. `bytes` of the request's body. */
  'rid-request': {
    readonly request: string
    readonly peer: string | undefined
    readonly method: string
    readonly status: number
    readonly bytes: number
    readonly ms: number
  }
  'rid-not-taken': { readonly request: string; readonly peer: string; readonly err: unknown }
  'rid-unanswered': { readonly request: string; readonly peer: string; readonly ms: number }
  'rid-failed': { readonly request: string; readonly err: unknown }
  'rid-pipelining': { readonly peer: string | undefined }
  /** `reason` is Node's code */
  'rid-no-request': { readonly peer: string | undefined; readonly request: string; readonly reason: string }
  'rid-connect': { readonly peer: string | undefined; readonly request: string }
  /** `reason` is OpenSSL's or Node's code, `words` what it means */
  'tls-refused': { readonly remote: string | undefined; readonly reason: string; readonly words?: string }
  /** its certificate comes from our CAs, and is no peer's */
  'rid-stranger': {
    readonly remote: string
    readonly subject: string
    readonly names: string
    readonly fingerprint: string
  }
  /** `reason` of the PROXY header: what is wrong with it, or that `remote` is no proxy */
  'proxy-header-refused': { readonly remote: string; readonly reason: ProxyFault }
  /** the oldest, or who said nothing, for the sake of a new one */
  'rid-handshake-ended': { readonly remote: string | undefined }
  /** answered 429: `seconds` until it may send again. `peer` undefined: somebody at `remote` who is none */
  'rid-limited': {
    readonly peer: string | undefined
    readonly remote: string | undefined
    readonly limit: PeerLimit
    readonly seconds: number
  }
  /** of whoever shows nothing at all, under the name of its peer */
  'rid-anonymous': { readonly peer: string; readonly request: string; readonly remote: string | undefined }
  /** at the start and after each reload; `peer` that it is */
  'anonymous-on': { readonly peer: string | undefined }
  /** at the start and after each reload; `peers` that have one */
  'basic-on': { readonly peers: readonly string[] }
  /** `peer`: whose user it was, where there is such a one */
  'rid-login-refused': {
    readonly peer: string | undefined
    readonly remote: string | undefined
    readonly reason: LoginFault
  }
  'rid-connections-peer': { readonly remote: string | undefined }
  'rid-connections-total': { readonly remote: string | undefined }
  /** a connection lasted longer than its certificates, or their revocation list */
  'rid-trust-ended': { readonly peer: string | undefined }
  'rid-connection-failed': { readonly err: unknown }
}

/** Why a user and password were not taken. */
export type LoginFault = 'malformed' | 'unknown-user' | 'wrong-password' | 'another-peer' | 'too-many' | 'busy'

/** Of `limits` of a peer. */
export type PeerLimit = 'requests' | 'bytes' | 'connections'

interface Response {
  readonly peer: string
  readonly status: number
  readonly contentType: string
  /** undefined: more than we read */
  readonly bytes: number | undefined
}

export interface SenderNews {
  'peer-refused': Response
  /** `beginning` of the body, printable and short */
  'improper-reply': Response & { readonly note: string; readonly beginning: string }
  'reply-unreadable': { readonly peer: string; readonly err: unknown }
  /** `code` of the system, of OpenSSL or of the HTTP client */
  'peer-away': { readonly peer: string; readonly reason: string; readonly code: string }
  'peer-connections-left': { readonly peer: string; readonly err: unknown }
}
