import type { z } from 'zod'
import { CALLBACK_WAYS, DESTINATIONS, MSG_TYPES, REGIONS, TRAFFIC_TYPES } from '../vocabulary.ts'
import * as f from './fields.ts'
import { grid } from './grid-model.ts'
import { iodefVersion, restrictions, secret } from './shared-keys.ts'

const msgTypes = f.list(f.oneOf(MSG_TYPES), 'MsgTypes')

const LIMITS = {
  requests: f.whole('a number', 1, 100_000_000),
  bytes: f.size,
  connections: f.whole('a number', 1, 512),
}

const rid = f
  .mapping({
    host: f.line.prefault(f.LISTENS.rid.host).describe('address to listen on'),
    port: f.port.prefault(f.LISTENS.rid.port).describe('RFC 6546 section 4: 4590'),
    name: f.dns.describe("this RID system's DNS name, which peers look for in its certificate"),
    tls: f.mapping({
      cert: f.file.describe("PEM: the gateway's certificate and what chains it to its CA"),
      key: f.file.describe('PEM: its private key'),
      ca: f.file.describe('PEM: the CAs that peers must be certified by'),
      crl: f.file.exactOptional().describe('PEM: revocation lists of all those CAs'),
    }),
    addresses: f
      .list(f.ip, 'IP addresses')
      .default([])
      .describe('its own IP addresses: a request whose path names one has gone round'),
    maxMessage: f.size.prefault('1MiB').describe('largest message taken'),
    limits: f
      .mapping({
        requests: LIMITS.requests.prefault(120_000).describe('of one peer in a minute; one more is answered 429'),
        bytes: LIMITS.bytes.prefault('6000MiB').describe('of messages of one peer in a minute'),
        connections: LIMITS.connections.prefault(64).describe('of one peer at a time'),
        handshakes: f.whole('a number', 1, 512).prefault(256).describe('of one address that are not finished'),
      })
      .prefault({}),
  })
  .describe('the RID endpoint (RFC 6546)')

const identity = f.needed('{ dns: NAME } or { fingerprint: SHA-256 } of its certificate', {
  dns: f.dnsId.exactOptional().describe("DNS-ID in the peer's certificate"),
  fingerprint: f.fingerprint.exactOptional().describe('SHA-256 of its certificate'),
})

const peer = f.mapping({
  name: f.name.describe('unique; what logs, metrics and the queue show'),
  identity: identity
    .refine((id) => id.dns !== undefined || id.fingerprint !== undefined, 'needs dns or fingerprint')
    .meta({ minProperties: 1 }),
  accept: msgTypes.default(['Report']).describe('MsgTypes it may send'),
  publish: f.list(f.line, 'Topics').default([]).describe('Topics its messages may reach'),
  url: f.ridUrl
    .exactOptional()
    .describe('where the gateway sends to, port 4590 unless it says another; without it nothing is sent'),
  topics: f.list(f.line, 'Topics').default([]).describe('Topics forwarded to it'),
  send: msgTypes.default(['Report']).describe('MsgTypes it is sent'),
  restrictions,
  query: f.list(f.line, 'Topics').default([]).describe('Topics that its Queries may see'),
  callback: f
    .oneOf(CALLBACK_WAYS)
    .exactOptional()
    .describe(
      'where an answer goes that comes later: url (202, and a POST there), source (202, and a POST to where the question came from), plain (Pending, and a POST without token), none (Pending, and the repeated question gets it) [url where there is one, else source]',
    ),
  interim: f.flag.prefault(false).describe('tell it by callback that an answer is pending'),
  policy: f
    .mapping({
      region: f.oneOf(REGIONS).default('PeerToPeer'),
      traffic: f.oneOf(TRAFFIC_TYPES).default('Network'),
    })
    .prefault({})
    .describe('RIDPolicy of what it is sent (RFC 6545 section 5.1): Attack demands details in the document'),
  iodef: iodefVersion.describe(
    'the latest version of IODEF that it reads; 1: it is sent RFC 5070, with the whole document in it',
  ),
  strict: f.flag.prefault(false).describe("refuse what breaks RFC 7970's rules no schema states"),
  lenient: f.flag
    .prefault(false)
    .describe(
      'repair what real tools get wrong: a DOCTYPE, namespaces, lang, versions, times, the case of words, MsgTypes',
    ),
  test: f.flag
    .prefault(false)
    .describe('what it sends is read, judged and answered as ever, but published and asked of nobody: Denied, test'),
  replies: f
    .oneOf(['strict', 'lenient'])
    .default('strict')
    .describe('whether a 2xx counts as proof only when its body is empty or a RID message, or whatever it is'),
  limits: f
    .mapping({
      requests: LIMITS.requests.exactOptional().describe('of this peer in a minute [rid.limits.requests]'),
      bytes: LIMITS.bytes.exactOptional().describe('of its messages in a minute [rid.limits.bytes]'),
      connections: LIMITS.connections.exactOptional().describe('of it at a time [rid.limits.connections]'),
    })
    .exactOptional(),
})

/** RFC 6545 section 5.1 */
const said = <const T extends readonly string[]>(words: T, what: string) =>
  f
    .list(f.oneOf([...words, 'ext-value'] as const), what)
    .exactOptional()
    .describe(`${what} of RIDPolicy: it may have no other`)

const route = f.mapping({
  match: f
    .mapping({
      peer: f.list(f.name, 'peers').exactOptional(),
      purpose: f.list(f.line, 'purposes').exactOptional().describe('of the Incident: reporting, mitigation, ...'),
      type: msgTypes.exactOptional(),
      region: said(REGIONS, 'PolicyRegions'),
      traffic: said(TRAFFIC_TYPES, 'TrafficTypes'),
      destination: said(DESTINATIONS, 'MsgDestinations'),
      node: f.list(f.line, 'names and addresses').exactOptional().describe("NodeName or Address of RIDPolicy's Node"),
      incident: f.list(f.line, 'names of CSIRTs').exactOptional().describe("IncidentID's name: who gave the number"),
      jid: f.list(f.address, 'JIDs of participants').exactOptional().describe('what others send does not match'),
    })
    .prefault({})
    .describe('every given key must match'),
  topic: f.line.exactOptional().describe('where reports are published to'),
  peers: f
    .list(f.name, 'peers')
    .exactOptional()
    .describe('RID peers that reports of participants go to, where match.jid names those'),
  ask: f
    .list(f.ask, 'archive, held, peer:NAME, jid:JID and topic:NAME')
    .exactOptional()
    .describe('whom questions are asked of; without topic the route is for questions only'),
})

/** The configuration as it is written. Numbers and flags come out typed, sizes in bytes, durations in ms. */
export const model = f.mapping({
  rid,
  peers: f.list(peer, 'peers').default([]),
  grid,
  routes: f.list(route, 'routes').default([]).describe('first match wins; none = denied'),
  store: f.mapping({ path: f.file.describe('SQLite file; its directory is created') }),
  ops: f
    .mapping({
      host: f.line.prefault(f.LISTENS.ops.host),
      port: f.port.prefault(f.LISTENS.ops.port),
      token: secret('a token')
        .exactOptional()
        .describe('what operators sign in to the page with; without it, the page has no actions'),
    })
    .prefault({}),
  log: f
    .mapping({ level: f.oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info') })
    .prefault({}),
  delivery: f
    .mapping({
      maxAge: f.duration.prefault('3d').describe('after which a delivery that keeps failing is held'),
      concurrency: f.whole('a number', 1, 64).prefault(4).describe('simultaneous sends to one RID peer'),
      maxQueue: f
        .whole('a number', 1, 100_000_000)
        .prefault(100_000)
        .describe('unsettled deliveries to one Topic above which reports for it are answered 503'),
    })
    .prefault({}),
  exchanges: f
    .mapping({
      hold: f.duration
        .prefault('25s')
        .describe('for which a response waits for an answer before a callback is promised'),
      holdIq: f.duration.prefault('10s').describe('the same of the answer to an IQ'),
      pending: f.duration.prefault('2m').describe('after which interim tells that an answer is pending'),
      expireQuery: f.duration.prefault('1d').describe('after which a Query that nobody answered is closed'),
      expireRequest: f.duration
        .prefault('30d')
        .describe('after which an InvestigationRequest or TraceRequest is closed'),
      reports: f.whole('a number', 1, 100).prefault(5).describe('Incidents in one Report'),
      results: f
        .whole('a number', 1, 1000)
        .prefault(50)
        .describe('Incidents that one Query is answered with, the newest'),
      open: f.whole('a number', 1, 1000).prefault(20).describe('questions of one peer that are open at a time'),
      rate: f.whole('a number', 1, 100_000).prefault(60).describe('questions of one peer in a minute'),
    })
    .prefault({})
    .describe('questions and their answers'),
  audit: f
    .mapping({
      path: f.file.describe('file of JSON lines; older ones stand beside it'),
      size: f.size.prefault('16MiB').describe('of a file, from which on a new one is begun'),
      keep: f.whole('a number', 1, 100_000).prefault(64).describe('older files that are kept'),
    })
    .exactOptional()
    .describe('the log of who did what; without it there is none'),
  archive: f
    .mapping({
      keep: f.duration.prefault('30d').describe('how long questions are answered from what a Topic showed'),
    })
    .prefault({}),
})

export type Model = z.output<typeof model>
