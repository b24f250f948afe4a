import type { SecureVersion } from 'node:tls'
import type { CallbackWay, IqWord, LogLevel, LogSubject, MsgType, Restriction } from '../vocabulary.ts'

/** The whole configuration: read, checked, frozen; paths absolute, durations in ms, sizes in bytes. */
export interface Config {
  readonly rid: RidConfig
  readonly peers: readonly PeerConfig[]
  readonly grid: GridConfig
  readonly routes: readonly RouteConfig[]
  readonly store: StoreConfig
  readonly ops: OpsConfig
  readonly log: {
    readonly level: LogLevel
    /** where it is another */
    readonly levels: { readonly [S in LogSubject]?: LogLevel }
  }
  readonly delivery: DeliveryConfig
  readonly exchanges: ExchangesConfig
  /** `keep`: ms for which questions are answered from what a Topic showed */
  readonly archive: { readonly keep: number }
  /** the log of who did what; `size` in bytes from which on a new file is begun, `keep` older files */
  readonly audit?: { readonly path: string; readonly size: number; readonly keep: number }
}

/** Where the store is: a SQLite file, or tables in PostgreSQL. */
export interface StoreConfig {
  /** of the file; with PostgreSQL what the control socket stands beside */
  readonly path: string
  readonly postgres?: PostgresConfig
}

interface PostgresConfig {
  /** `postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE` */
  readonly url: string
  /** of the tables */
  readonly schema: string
  /** reads it anew each time; throws GatewayError 'config-invalid' */
  readonly readPassword?: () => string
  /** absent: no TLS, as all servers are on this machine */
  readonly tls?: PostgresTls
}

/** Files. */
interface PostgresTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** The operators' endpoint. */
interface OpsConfig {
  readonly host: string
  readonly port: number
  /** what operators sign in with, read anew each time; throws GatewayError 'config-invalid'. Without it nobody can */
  readonly readToken?: () => string
}

/** Files are named, not read: the listener reloads them while running. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly crl?: string
}

export interface RidConfig {
  readonly host: string
  readonly port: number
  readonly name: string
  readonly tls: TlsFiles
  /** its own IP addresses, as paths of requests may name them */
  readonly addresses?: readonly string[]
  /** bytes */
  readonly maxMessage: number
  /** of each peer, and `handshakes` of each address that are not finished */
  readonly limits?: PeerLimits & { readonly handshakes?: number }
  /** every connection comes through one of `proxies`, and begins with whose it is (PROXY protocol, version 2) */
  readonly proxyProtocol?: boolean
  /** IP addresses and networks */
  readonly proxies?: readonly string[]
  /** clients without a certificate are let in, to show a user and a password [false] */
  readonly basic?: boolean
  /** clients without a certificate are let in that show nothing at all [false] */
  readonly anonymous?: boolean
}

/** `requests` and `bytes` in a minute. */
interface PeerLimits {
  readonly requests?: number
  readonly bytes?: number
  readonly connections?: number
}

/** How a peer is known: by its certificate, or, where it shows none, by user and password (RFC 7617). */
interface PeerIdentity {
  readonly dns?: string
  readonly fingerprint?: string
  readonly basic?: BasicIdentity
  /** it stands for whoever shows neither certificate nor password: docs/decisions/0023-basic.md */
  readonly anonymous?: boolean
}

interface BasicIdentity {
  readonly user: string
  /** the scrypt hash of its password; may throw GatewayError 'config-invalid' where it stands in a file */
  readonly readHash: () => string
  /** where it comes from, when that is a file */
  readonly file?: string
}

export interface PeerConfig {
  readonly name: string
  readonly identity: PeerIdentity
  readonly accept: readonly MsgType[]
  readonly publish: readonly string[]
  readonly url?: string
  readonly topics: readonly string[]
  /** MsgTypes it is sent */
  readonly send: readonly MsgType[]
  readonly restrictions: readonly Restriction[]
  /** Topics that its Queries may see */
  readonly query?: readonly string[]
  /** where an answer goes that comes later; without it to `url`, or to where the question came from */
  readonly callback?: CallbackWay
  /** the latest version of IODEF that it reads [2] */
  readonly iodef?: 1 | 2
  /** an Acknowledgement Pending comes by callback while an answer takes its time */
  readonly interim?: boolean
  readonly policy: { readonly region: string; readonly traffic: string }
  readonly strict: boolean
  /** what real tools get wrong is repaired (docs/decisions/0017) */
  readonly lenient?: boolean
  /** what it sends is read, judged and routed, and goes nowhere: answered Denied, `test` */
  readonly test?: boolean
  /** `lenient`: a 2xx is proof whatever its body is, but for Denied */
  readonly replies?: 'strict' | 'lenient'
  /** what it asks of us besides our certificate */
  readonly basic?: { readonly user: string; readonly readPassword: () => string }
  /** instead of those of `rid.limits` */
  readonly limits?: PeerLimits
}

export interface GridConfig {
  /** where the Controller is: an address, several in the order in which they are tried, or `srv`: as DNS says */
  readonly service: string | readonly string[]
  readonly jid: string
  readonly auth: GridAuth
  readonly tls: GridTls
  readonly broker: string
  /** bytes */
  readonly maxItem: number
  readonly topics: readonly TopicConfig[]
  readonly upload?: UploadConfig
  /** of its address: others send their IQs there */
  readonly resource: string
  readonly participants: readonly ParticipantConfig[]
  /** services that a Topic may have moved to */
  readonly redirects: readonly string[]
}

/** At one address. */
export type LoginConfig = Omit<GridConfig, 'service'> & { readonly service: string }

/** Somebody on the grid who may ask the gateway, or report to it, by IQ (XEP-0268). */
interface ParticipantConfig {
  /** bare JID, with whatever resource it speaks, or the domain of a server that speaks for itself */
  readonly jid: string
  readonly accept: readonly IqWord[]
  /** Topics that its inquiries may see */
  readonly query: readonly string[]
  readonly restrictions: readonly Restriction[]
  /** IODEF version of what it is sent */
  readonly iodef: 1 | 2
  /** what it sends and is not valid is repaired (docs/decisions/0017) */
  readonly lenient?: boolean
}

/** Files beside items (XEP-0363): where they are put, and from where they are fetched. */
export interface UploadConfig {
  /** the upload service; without it the Controller is asked */
  readonly service?: string
  /** `HOST` or `HOST:PORT` of URLs; addresses and networks of private ones that these may resolve to */
  readonly hosts: readonly string[]
  /** PEM: CAs that those hosts must be certified by; without it those of the Controller */
  readonly ca?: string
}

export type GridAuth =
  | {
      readonly kind: 'password'
      /** reads it anew each time; throws GatewayError 'config-invalid' */
      readonly readPassword: () => string
      readonly allowPlain: boolean
      /** where it comes from, when that is a file */
      readonly file?: string
    }
  | { readonly kind: 'external' }

export interface GridTls {
  readonly ca?: string
  /** revocation lists of the CAs above the Controller's certificate */
  readonly crl?: string
  readonly cert?: string
  readonly key?: string
  /** `sha256/` and the base64 SHA-256 of the Controller's SubjectPublicKeyInfo */
  readonly pin?: string
  readonly minVersion: SecureVersion
}

export interface TopicConfig {
  readonly name: string
  readonly title?: string
  readonly payload: 'xep-0268' | 'iodef'
  /** version of IODEF that is published on it [2] */
  readonly iodef?: 1 | 2
  readonly create: boolean
  /** stated: it must not be laxer */
  readonly access?: 'open' | 'presence' | 'roster' | 'authorize' | 'whitelist'
  readonly members: readonly string[]
  readonly restrictions: readonly Restriction[]
  /** what a store that knows nothing of it begins with [retained] */
  readonly from?: 'now' | 'retained'
  /** items of it that are not valid are repaired (docs/decisions/0017) */
  readonly lenient?: boolean
  /** Topics that questions on it may see; itself by default */
  readonly query?: readonly string[]
  /** what becomes of an item that the Broker does not take; without it `refuse` */
  readonly large?: 'refuse' | 'upload'
}

export interface RouteConfig {
  readonly match: {
    readonly peer?: readonly string[]
    readonly purpose?: readonly string[]
    readonly type?: readonly MsgType[]
    /** RIDPolicy's (RFC 6545 §5.1): it may have no other */
    readonly region?: readonly string[]
    readonly traffic?: readonly string[]
    readonly destination?: readonly string[]
    /** names and addresses */
    readonly node?: readonly string[]
    /** IncidentID/@name */
    readonly incident?: readonly string[]
    /** participants of the grid: what others send does not match */
    readonly jid?: readonly string[]
  }
  /** Topic that reports are published to; a route for questions may do without */
  readonly topic?: string
  /** RID peers that a report of a participant goes to */
  readonly peers?: readonly string[]
  /** whom a question is asked of */
  readonly ask?: readonly Ask[]
}

/** `archive`: what the Topics showed */
export type Ask = 'archive' | 'held' | `peer:${string}` | `jid:${string}` | `topic:${string}`

/** Questions and their answers: times in ms. */
interface ExchangesConfig {
  /** that an HTTP response waits for an answer */
  readonly hold: number
  /** that the answer to an IQ waits for it */
  readonly holdIq: number
  /** after which `interim` says Pending (RFC 6545 §6.2) */
  readonly pending: number
  readonly expireQuery: number
  readonly expireRequest: number
  /** Incidents in one Report, and in all Reports that answer one Query (RFC 6545 §6.5) */
  readonly reports: number
  readonly results: number
  /** of one asker */
  readonly open: number
  /** questions of one asker a minute */
  readonly rate: number
}

export interface DeliveryConfig {
  /** ms after which a delivery that keeps failing is held */
  readonly maxAge: number
  /** simultaneous sends to one RID peer */
  readonly concurrency: number
  /** unsettled deliveries to one Topic above which the RID endpoint answers 503 to a peer that has its share of them */
  readonly maxQueue: number
}
