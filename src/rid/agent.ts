import { constants, X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import { GatewayError } from '../errors.ts'
import { Agent, type BuildOptions, buildConnector } from '../undici.ts'
import type { Receiver } from './contract.ts'
import { refuseStranger } from './peers.ts'
import type { TlsMaterial } from './tls.ts'

interface AgentOptions {
  readonly receiver: Receiver
  readonly url: URL
  /** that `url` has, or one of those */
  readonly address: string
  readonly material: TlsMaterial
  readonly limits: AgentLimits
  /** is shown the certificate of each handshake */
  readonly connected: (certificate: X509Certificate) => void
  /** is told of each connection, also of one that goes on with an earlier one's TLS session */
  readonly opened?: () => void
}

interface AgentLimits {
  /** ms to a TCP connection and TLS session */
  readonly connect: number
  /** ms to the end of the reply */
  readonly whole: number
  /** bytes of a reply's body */
  readonly maxReply: number
  readonly connections: number
}

/**
 * Keeps connections to one address of one receiver: TLS with our certificate, and no other server than the receiver. A connection that
 * the receiver closed is followed by one that goes on with its TLS session. Nobody looks at certificates then: what the handshake found
 * holds for as long as these connections are kept, and no session outlives them.
 */
export function createAgent({ receiver, url, address, material, limits, connected, opened }: AgentOptions): Agent {
  const { identity } = receiver
  const host = bareHost(url)
  const name = isIP(host) === 0 ? host : identity.dns
  let session: Buffer | undefined
  const options: BuildOptions = {
    ...material.context,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(name === undefined ? {} : { servername: name }),
    rejectUnauthorized: true,
    timeout: limits.connect,
    allowH2: false,
    // the one that the message names
    autoSelectFamily: false,
    lookup: (_host, { all }, found) =>
      all ? found(null, [{ address, family: isIP(address) }]) : found(null, address, isIP(address)),
    // its own would keep those of strangers
    maxCachedSessions: 0,
    checkServerIdentity(_host: string, shown: PeerCertificate) {
      const certificate = new X509Certificate(shown.raw)
      connected(certificate)
      return refuseStranger(identity, host, certificate)
    },
  }

  /** Of a connection to the receiver, which nobody but him can go on with. */
  function keepSession(socket: TLSSocket): void {
    // RFC 8446 §4.6.1: tickets come behind the handshake
    if (socket.getProtocol() !== 'TLSv1.3') session = socket.getSession()
    else
      socket.on('session', (ticket: Buffer) => {
        session = ticket
      })
  }

  return new Agent({
    connections: limits.connections,
    pipelining: 1,
    allowH2: false,
    maxResponseSize: limits.maxReply,
    // the deadline is send's; undici's own timers are coarse
    headersTimeout: limits.whole + 1_000,
    bodyTimeout: limits.whole + 1_000,
    connect: (to, done) =>
      buildConnector({ ...options, session })(to, (...made) => {
        const [failed, socket] = made
        // whoever cannot go on with it is asked for a whole handshake the next time, and not for the same again
        if (failed) session = undefined
        if (socket instanceof TLSSocket) keepSession(socket)
        if (socket) opened?.()
        if (socket) boundAnswers(socket, 2 * limits.maxReply + BESIDE_BODY)
        done(...made)
      }),
  })
}

/** bytes of an answer that are no body: its header fields, interim responses, lengths of chunks */
const BESIDE_BODY = 65_536

/**
 * Ends a connection on which more comes in answer to one request than any answer has: undici bounds the body and the header fields, not
 * how many interim responses come before, nor the extension of a chunk.
 */
function boundAnswers(socket: Socket, most: number): void {
  let asked = socket.bytesWritten
  let before = socket.bytesRead
  socket.on('readable', () => {
    if (socket.bytesWritten !== asked) {
      asked = socket.bytesWritten
      before = socket.bytesRead
    } else if (socket.bytesRead - before > most) {
      socket.destroy(Object.assign(new Error('more than an answer'), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' }))
    }
  })
}

/** Throws GatewayError 'config-invalid' for what is no https URL. */
export function httpsUrl({ name, url }: Receiver): URL {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'https:') throw new GatewayError('config-invalid', `peer ${name}: url must be an https URL`)
  return parsed
}

/** The host of a URL; of an IPv6 address without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}
