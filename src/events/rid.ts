import type { RidNews } from '../rid/news.ts'
import type { Measure, Rows } from './row.ts'

/** OpenSSL's and Node's codes are many: only those an operator acts on are told apart. */
const TLS_REASONS = new Set(['CERT_HAS_EXPIRED', 'CERT_REVOKED', 'CRL_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])

function refused(reason: string): readonly [Measure<unknown>] {
  return [{ metric: 'connectionsRefused', labels: { reason } }]
}

export const RID = {
  'improper-reply': {
    level: 'error',
    text: 'RID peer sent an improper reply',
    help: 'its 2xx is not as RFC 6546 has it: `note` says how. A body that is no RID message: the delivery is held (`replies: lenient` takes it for delivered); a MsgType, 202 or empty body that may not answer: delivered. Tell the peer',
  },
  'reply-unreadable': {
    level: 'error',
    text: 'RID reply could not be read',
    help: 'a fault of ours: report it. The delivery is held, since the reply may deny it',
  },
  'rid-not-taken': {
    level: ['error', 'warn'],
    text: 'RID message could not be taken',
    help: 'a fault of ours, answered 503: `err` says which. The peer sends it again',
  },
  'rid-unanswered': {
    level: 'error',
    text: 'RID message was not answered in time',
    help: 'answered 503; too little machine, or the store hangs',
  },
  'rid-failed': {
    level: 'error',
    text: 'RID request failed unexpectedly',
    help: 'a fault of ours: report it. Answered 503, so that the peer sends it again',
  },
  'rid-connection-failed': {
    level: 'error',
    text: 'RID connection could not be accepted',
    help: 'out of file descriptors or memory, mostly: `err` says it',
  },
  'peer-refused': {
    level: 'warn',
    text: 'RID peer refused a message',
    help: "`status` is the peer's; what becomes of the delivery follows as `held` or `retried`",
  },
  'peer-away': {
    level: 'warn',
    text: 'RID peer cannot be reached',
    help: '`reason` says why: network, firewall, peer down; after `TLS handshake`, whose certificate is wrong, and how. `code` is that of the system or of OpenSSL',
  },
  'peer-connections-left': {
    level: 'warn',
    text: 'Old connections to the peer did not close',
    help: 'after new certificates; nothing, they end by themselves',
  },
  'rid-pipelining': {
    level: 'warn',
    text: 'RID client pipelines too many requests',
    help: 'what is over the limit was answered 429, and its connection closed; tell the peer',
    offPage: true,
  },
  'rid-limited': {
    level: 'warn',
    text: 'RID client sends more than it may',
    help: '`limit` of `rid.limits`, or of `limits` of the peer: answered 429, so that it sends the same again, at the earliest after `seconds`. One line a minute, `more` says how many went untold. Tell the peer, or raise the limit',
    measures: [{ metric: 'limited', labels: { peer: (l) => l.peer ?? 'unknown', limit: (l) => l.limit } }],
    seldom: ({ peer, limit }) => `${limit} ${peer ?? ''}`,
    every: 60_000,
    offPage: true,
  },
  'rid-connections-peer': {
    level: 'warn',
    text: 'RID client has too many connections',
    help: 'what is over the limit is closed; tell the peer',
    measures: refused('limit-peer'),
    offPage: true,
  },
  'rid-stranger': {
    level: 'warn',
    text: 'RID client has a certificate that is no peer.',
    help: 'what it sends is answered 403. Its certificate comes from a CA of `rid.tls.ca`: `peers refused` prints it as an entry of `peers`. Told once of each',
    offPage: true,
  },
  'proxy-header-refused': {
    level: 'warn',
    text: 'RID connection refused: its PROXY header is not taken',
    help: '`rid.proxyProtocol` is set, and each connection must come from an address of `rid.proxies` and begin with a header of version 2. `reason`: `untrusted`: `remote` is no such address. `signature`, `version`: the proxy sends none, or version 1: `send-proxy-v2`. `late`: nothing came in time. `family`: not TCP over IP. Others: it is damaged. One line a minute for each reason, `more` says how many went untold',
    measures: refused('proxy-header'),
    seldom: ({ reason }) => reason,
    every: 60_000,
    offPage: true,
  },
  'anonymous-on': {
    level: 'warn',
    text: 'Anybody may send RID reports',
    help: '`rid.anonymous` is true: whoever shows nothing is `peer`. Nothing, where it is meant so: see [Reports of anybody](#reports-of-anybody)',
  },
  'basic-on': {
    level: 'warn',
    text: 'A password is enough for some RID peers',
    help: '`rid.basic` is true: whoever knows the password of one of `peers` is that peer. Nothing, where it is meant so: see [HTTP Basic](#http-basic)',
  },
  'rid-login-refused': {
    level: 'warn',
    text: 'RID client showed a user and password that are not taken',
    help: '`reason`: `unknown-user`, `wrong-password`, `malformed` (no Basic of RFC 7617, or not in UTF-8), `another-peer` (the user is one, the client certificate another), all answered 401 or 403; `too-many` and `busy`: so many passwords came that this one was not looked at. One line a minute for each `peer`, the one whose user it was, and `reason`; `more` says how many went untold. Somebody guesses, or the peer has an old password',
    measures: [{ metric: 'loginsRefused', labels: { peer: (l) => l.peer ?? 'unknown', reason: (l) => l.reason } }],
    seldom: ({ peer, reason }) => `${reason} ${peer ?? ''}`,
    every: 60_000,
    offPage: true,
  },
  'rid-trust-ended': {
    level: 'info',
    text: 'RID connection ended at the date of a certificate, CA or revocation list',
    help: 'nothing: the peer connects anew, and is refused only where something is past its date',
    offPage: true,
  },
  'rid-anonymous': {
    level: 'info',
    text: 'RID request of somebody who shows nothing',
    help: '`remote` is all that is known of it; `request` is that of `rid-request`',
    offPage: true,
  },
  'rid-request': {
    level: 'info',
    text: 'RID request',
    help: 'one for each request: peer, status, bytes, time',
    measures: [
      { metric: 'requests', labels: { peer: (r) => r.peer ?? 'unknown', status: (r) => String(r.status) } },
      { metric: 'requestSeconds', labels: {}, value: (r) => r.ms / 1000 },
    ],
    offPage: true,
  },
  'tls-refused': {
    level: ['info', 'debug'],
    text: 'TLS handshake refused',
    help: "a client without a good certificate; `reason` is OpenSSL's, `words` what it means: see [Certificates](#certificates). `INVALID_PURPOSE`: it is for servers alone",
    measures: [
      {
        metric: 'connectionsRefused',
        labels: { reason: (c) => (TLS_REASONS.has(c.reason) ? c.reason : 'handshake') },
      },
    ],
    offPage: true,
  },
  'rid-no-request': {
    level: 'info',
    text: 'RID client sent no proper request',
    help: "bytes that are no HTTP/1.1, or came too slowly; `reason` is Node's, `request` the id in the answer",
    measures: refused('client-error'),
    offPage: true,
  },
  'rid-connect': {
    level: 'info',
    text: 'RID client sent CONNECT',
    help: 'answered 404: the gateway is no proxy',
    offPage: true,
  },
  'rid-handshake-ended': {
    level: 'debug',
    text: 'RID connections that never finish their handshake take all places',
    measures: refused('limit-handshakes'),
  },
  'rid-connections-total': {
    level: 'debug',
    text: 'Too many RID connections are open',
    measures: refused('limit-total'),
  },
} as const satisfies Rows<RidNews>
