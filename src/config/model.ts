import type { z } from 'zod'
import { CALLBACK_WAYS, DESTINATIONS, LOG_LEVELS, MSG_TYPES, REGIONS, TRAFFIC_TYPES } from '../vocabulary.ts'
import * as f from './fields.ts'
import { grid } from './grid-model.ts'
import { identity, shown } from './identity-model.ts'
import { iodefVersion, restrictions, secret } from './shared-keys.ts'
import { store } from './store-model.ts'

const msgTypes = f.list(f.oneOf(MSG_TYPES), 'MsgTypes')

const LIMITS = {
  requests: f.whole('a number', 1, 100_000_000),
  bytes: f.size,
  connections: f.whole('a number', 1, 512),
}

const rid = f
  .mapping({
    host: f.line.prefault(f.LISTENS.rid.host).describe('address to listen on; :: is every address, IPv4 too'),
    port: f.port.prefault(f.LISTENS.rid.port).describe('port to listen on; not 443 (RFC 6546 section 3)'),
    name: f.dns.describe(
      "this system's DNS name, which peers look for in its certificate; one with other letters (IDN) may be written as it is read",
    ),
    tls: f.mapping({
      cert: f.file.describe("PEM: the gateway's certificate, followed by those between it and its CA"),
      key: f.file.describe('PEM: its private key, without passphrase'),
      ca: f.file.describe("PEM: the CAs that peers' certificates come from"),
      crl: f.file.exactOptional().describe('PEM: revocation lists of all those CAs'),
    }),
    addresses: f
      .list(f.ip, 'IP addresses')
      .default([])
      .describe(
        "this system's own IP addresses: a request whose path names one of them, or rid.name, has gone round and is denied",
      ),
    basic: f.flag
      .prefault(false)
      .describe('let clients in that show no certificate, for peers with identity.basic: HTTP Basic over TLS'),
    anonymous: f.flag
      .prefault(false)
      .describe('let clients in that show nothing at all, for a peer with identity.anonymous: CAA iodef reporters'),
    maxMessage: f.size.prefault('1MiB').describe('largest message taken'),
    limits: f
      .mapping({
        requests: LIMITS.requests
          .prefault(120_000)
          .describe('requests of each peer in a minute, whatever they are; one more is answered 429'),
        bytes: LIMITS.bytes.prefault('6000MiB').describe('bytes of messages of each peer in a minute'),
        connections: LIMITS.connections.prefault(64).describe('connections of each peer at a time'),
        handshakes: f
          .whole('a number', 1, 512)
          .prefault(256)
          .describe('TLS handshakes of one address (IPv6: of one /64) that are not finished'),
      })
      .prefault({}),
    proxyProtocol: f.flag
      .prefault(false)
      .describe('a proxy in front says whose each connection is (PROXY protocol version 2); nobody else may connect'),
    proxies: f
      .list(f.network, 'IP addresses and networks')
      .default([])
      .describe('of the proxies in front that are believed'),
  })
  .describe('the RID endpoint (RFC 6546)')

const peer = f.mapping({
  name: f.name.describe('unique; what logs, metrics, queue and routes call it'),
  identity,
  accept: msgTypes
    .default(['Report'])
    .describe('MsgTypes that it may send; a Query is never published, and what answers a question need not be listed'),
  publish: f.list(f.line, 'Topics').default([]).describe('Topics that its messages may reach'),
  url: f.ridUrl
    .exactOptional()
    .describe('where it is sent to, port 4590 unless it says another; without it nothing is sent'),
  basic: shown,
  topics: f.list(f.line, 'Topics').default([]).describe('Topics that are forwarded to it'),
  send: msgTypes
    .default(['Report'])
    .describe(
      'MsgTypes that it is sent; whoever may publish on a Topic makes the gateway send others that are listed, in its own name',
    ),
  restrictions,
  query: f.list(f.line, 'Topics').default([]).describe('Topics that its Queries may see'),
  callback: f
    .oneOf(CALLBACK_WAYS)
    .exactOptional()
    .describe(
      'where an answer goes that comes later: url (202, and a POST there), source (202, and a POST to where the question came from), plain (Pending, and a POST without token), none (Pending, and the repeated question gets it) [url where there is one, else source, or none for a peer without certificate]',
    ),
  interim: f.flag
    .prefault(false)
    .describe('tell it by callback that an answer is pending, and that an operator approved what was held'),
  policy: f
    .mapping({
      region: f.oneOf(REGIONS).default('PeerToPeer').describe('PolicyRegion of what it is sent'),
      traffic: f
        .oneOf(TRAFFIC_TYPES)
        .default('Network')
        .describe('TrafficType of what it is sent; Attack demands Method and Assessment in the document'),
    })
    .prefault({})
    .describe('RIDPolicy of what it is sent (RFC 6545 section 5.1): Attack demands details in the document'),
  iodef: iodefVersion.describe(
    'the latest version of IODEF that it reads; 1: it is sent RFC 5070, with the whole document in it',
  ),
  strict: f.flag
    .prefault(false)
    .describe('refuse what breaks rules of RFC 7970 that no schema states; otherwise validate warns of them'),
  lenient: f.flag
    .prefault(false)
    .describe(
      'repair what real tools get wrong: a DOCTYPE, namespaces, lang, versions, times, the case of words, MsgTypes',
    ),
  test: f.flag
    .prefault(false)
    .describe(
      'what it sends is read, judged and routed as ever, but stored, published and asked of nobody: answered Denied, test',
    ),
  replies: f
    .oneOf(['strict', 'lenient'])
    .default('strict')
    .describe(
      'what of its 2xx is proof: strict, an empty body or a RID message that does not deny; lenient, whatever is no Denied',
    ),
  limits: f
    .mapping({
      requests: LIMITS.requests.exactOptional().describe('requests of this peer in a minute [rid.limits.requests]'),
      bytes: LIMITS.bytes.exactOptional().describe('bytes of its messages in a minute [rid.limits.bytes]'),
      connections: LIMITS.connections.exactOptional().describe('connections of it at a time [rid.limits.connections]'),
    })
    .exactOptional(),
})

/** RFC 6545 section 5.1 */
const said = <const T extends readonly string[]>(words: T, what: string) =>
  f
    .list(f.oneOf([...words, 'ext-value'] as const), what)
    .exactOptional()
    .describe(`${what} that RIDPolicy may have, and no other [any]`)

const route = f.mapping({
  match: f
    .mapping({
      peer: f.list(f.name, 'peers').exactOptional().describe('peers that the route is for [any]'),
      purpose: f
        .list(f.line, 'purposes')
        .exactOptional()
        .describe('of the Incident: traceback, mitigation, reporting, watch, other or ext-value [any]'),
      type: msgTypes.exactOptional().describe('MsgTypes that the route is for [any]'),
      region: said(REGIONS, 'PolicyRegions'),
      traffic: said(TRAFFIC_TYPES, 'TrafficTypes'),
      destination: said(DESTINATIONS, 'MsgDestinations'),
      node: f
        .list(f.line, 'names and addresses')
        .exactOptional()
        .describe("a NodeName or Address of RIDPolicy's Node: whom its sender means it for [any]"),
      incident: f
        .list(f.line, 'names of CSIRTs')
        .exactOptional()
        .describe(
          'name of the IncidentID: the CSIRT that gave the number; of a question that of the number asked for [any]',
        ),
      jid: f
        .list(f.address, 'JIDs of participants')
        .exactOptional()
        .describe(
          'participants: a route with it is for them alone, and a report of a participant takes no other [any]',
        ),
    })
    .prefault({})
    .describe('every given key must match'),
  topic: f.line.exactOptional().describe('where reports are published to; a route has this, ask, or both'),
  peers: f
    .list(f.name, 'peers')
    .exactOptional()
    .describe(
      'RID peers that a report of a participant goes to, with match.jid only, as far as their send and restrictions allow',
    ),
  ask: f
    .list(f.ask, 'archive, held, peer:NAME, jid:JID and topic:NAME')
    .exactOptional()
    .describe(
      'whom questions are asked of: the archive, a peer, somebody on the grid, a Topic; held: an operator decides first',
    ),
})

/** The configuration as it is written. Numbers and flags come out typed, sizes in bytes, durations in ms. */
export const model = f.mapping({
  rid,
  peers: f.list(peer, 'peers').default([]),
  grid,
  routes: f.list(route, 'routes').default([]).describe('first match wins; none = denied'),
  store,
  ops: f
    .mapping({
      host: f.line.prefault(f.LISTENS.ops.host).describe('address of health, metrics and the page: without TLS'),
      port: f.port
        .prefault(f.LISTENS.ops.port)
        .describe('port of it; not that of rid.port where the addresses overlap'),
      token: secret('a token')
        .exactOptional()
        .describe(
          'what operators sign in to the page with, at least 16 characters; without it the page has no actions',
        ),
    })
    .prefault({}),
  log: f
    .mapping({
      level: f.oneOf(LOG_LEVELS).default('info').describe('what is graver than this is told, and this'),
      levels: f
        .mapping({
          messages: f.oneOf(LOG_LEVELS).exactOptional().describe('what comes in, from either side'),
          deliveries: f.oneOf(LOG_LEVELS).exactOptional().describe('what goes out'),
          questions: f.oneOf(LOG_LEVELS).exactOptional().describe('questions and their answers'),
          rid: f.oneOf(LOG_LEVELS).exactOptional().describe('HTTPS: each request, handshakes'),
          grid: f.oneOf(LOG_LEVELS).exactOptional().describe('the session with the Controller, Topics'),
          process: f.oneOf(LOG_LEVELS).exactOptional().describe('start, stop, configuration, parts'),
        })
        .prefault({})
        .describe('in place of `level`, by what a line is about'),
    })
    .prefault({}),
  delivery: f
    .mapping({
      maxAge: f.duration
        .prefault('3d')
        .describe(
          'after which a delivery that keeps failing is held; what is a question, or answers one, only once that is closed',
        ),
      concurrency: f.whole('a number', 1, 64).prefault(4).describe('sends at once to one peer'),
      maxQueue: f
        .whole('a number', 1, 100_000_000)
        .prefault(100_000)
        .describe(
          'unsettled deliveries to one Topic above which reports for it are answered 503; who has less than an equal share is still let in',
        ),
    })
    .prefault({}),
  exchanges: f
    .mapping({
      hold: f.duration
        .prefault('25s')
        .describe('for which the response to a question waits for an answer, before one is promised for later'),
      holdIq: f.duration.prefault('10s').describe('the same of the answer to an IQ'),
      pending: f.duration
        .prefault('2m')
        .describe('after which a peer with interim is told that its answer is pending (RFC 6545 section 6.2)'),
      expireQuery: f.duration.prefault('1d').describe('after which a Query is closed that nobody answered'),
      expireRequest: f.duration
        .prefault('30d')
        .describe('after which an InvestigationRequest or TraceRequest is closed that nobody answered'),
      reports: f.whole('a number', 1, 100).prefault(5).describe('Incidents in one Report (RFC 6545 section 6.5)'),
      results: f
        .whole('a number', 1, 1000)
        .prefault(50)
        .describe('Incidents that one Query is answered with: the newest'),
      open: f
        .whole('a number', 1, 1000)
        .prefault(20)
        .describe(
          'questions of one peer or participant that are open at a time; one more is answered 429, or resource-constraint',
        ),
      rate: f
        .whole('a number', 1, 100_000)
        .prefault(60)
        .describe('questions of one peer or participant in a minute; one more is answered 429, or resource-constraint'),
    })
    .prefault({})
    .describe('questions and their answers'),
  audit: f
    .mapping({
      path: f.file.describe('file of the log of who did what, JSON lines; older ones beside it'),
      size: f.size.prefault('16MiB').describe('size of a file, from which on a new one is begun'),
      keep: f
        .whole('a number', 1, 100_000)
        .prefault(64)
        .describe('older files that are kept; what is older still is deleted'),
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
