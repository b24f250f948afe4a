import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { RidConfig } from '../config/types.ts'
import { tlsWords } from '../failure-words.ts'
import type { Tell } from '../tell.ts'
import { refuseByHand } from './certificates-by-hand.ts'
import { type Connection, type Connections, isOwed } from './connections.ts'
import type { ListenerLimits } from './limits.ts'
import { RID_KEYS } from './network-reason.ts'
import type { ListenerNews } from './news.ts'
import { expectations, NOT_FOUND } from './preconditions.ts'
import { createProxyGate } from './proxy-gate.ts'
import { bareResponse, refusalOf } from './raw-response.ts'
import type { TlsMaterial } from './tls.ts'

interface TlsServerOptions {
  /** what is in use now */
  readonly material: () => TlsMaterial
  readonly limits: ListenerLimits
  readonly connections: Connections
  /** addresses of the proxies in front, where they say whose connection it is (PROXY protocol) */
  readonly proxies: () => readonly string[] | undefined
  readonly tell: Tell<ListenerNews>
  readonly onRequest: RequestListener
  /** a request with Expect: it may wait for `100 Continue` before it sends its body */
  readonly onExpectant: RequestListener
  /** clients need not show a certificate: they have other ways to say who they are */
  readonly open: boolean
}

/** The proxies that are believed, where `proxyProtocol` is set. */
export function proxiesOf({ proxyProtocol, proxies }: Pick<RidConfig, 'proxyProtocol' | 'proxies'>) {
  return proxyProtocol === true ? (proxies ?? []) : undefined
}

/** connections beyond all limits: those that are being closed */
const SPARE = 64

/** The HTTPS server below the RID endpoint: mutual TLS, deadlines, connection limits. Listens when told. */
export function createTlsServer(options: TlsServerOptions): Server {
  const { material, limits, connections, proxies, tell } = options
  const server = createServer({
    ...material().context,
    requestCert: true,
    rejectUnauthorized: !options.open,
    handshakeTimeout: limits.handshake,
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(1_000, limits.headers),
    maxHeaderSize: limits.headerBytes,
    insecureHTTPParser: false,
    // checkRequest() looks: Node's own answer would have no problem details
    requireHostHeader: false,
    // HTTP/1.0 is served too (RFC 9112 §2.3), and a client that offers nothing else would be refused in the handshake (RFC 7301 §3.2)
    ALPNProtocols: ['http/1.1', 'http/1.0'],
  })
  server.maxHeadersCount = limits.headerCount
  // more than all that have places of their own: it is never reached
  server.maxConnections = limits.connections + limits.strangers + limits.handshakes + limits.headless + SPARE
  // Node's own listener begins the handshake; we say when
  const [shake] = server.listeners('connection')
  server.removeAllListeners('connection')
  const { addresses } = connections
  const gate = createProxyGate({
    proxies,
    patience: limits.proxyHeader,
    waiting: connections.headless,
    most: limits.headless,
    refused: (remote, reason) => tell('proxy-header-refused', { remote, reason }),
  })
  server.on('connection', (socket: Socket) => {
    gate.arrived(socket, (said) => {
      if (said) addresses.say(socket, said.address, said.header)
      arrived(socket)
    })
  })
  function arrived(socket: Socket): void {
    const address = addresses.of(socket)
    const isRefused = connections.heavy.refuses(address)
    const ended = isRefused ? socket.destroy() : connections.handshakes.begun(socket)
    if (ended !== undefined) tell('rid-handshake-ended', { remote: address })
    if (isRefused) return
    const begin = () => shake?.call(server, socket)
    if (connections.heavy.knows(address)) begin()
    else connections.handshakes.inTurn(socket, begin, () => server.emit('tlsClientError', tooLate(), socket))
  }
  server.on('drop', (dropped) => tell('rid-connections-total', { remote: dropped?.remoteAddress }))
  server.on('secureConnection', (socket: TLSSocket) => {
    const connection = connections.secured(socket, material())
    if (typeof connection === 'object') {
      if (connection.peer === undefined) noteStranger(connection, connections, tell)
      return
    }
    if (connection === 'each') tell('rid-connections-peer', { remote: addresses.of(socket) })
    if (connection === 'all') tell('rid-connections-total', { remote: addresses.of(socket) })
    socket.destroy()
  })
  if (options.open) refuseByHand(server)
  server.on('request', options.onRequest)
  server.on('checkContinue', options.onExpectant)
  // one that nobody knows, whose answer of Node's own would have no problem details, or none at all
  server.on('checkExpectation', (request, response) => {
    const handler = expectations(request.headers.expect).length === 0 ? options.onRequest : options.onExpectant
    handler(request, response)
  })
  // CONNECT names no resource here (RFC 9110 §9.3.6). Node hands its socket over bare: no deadline, no error handler.
  server.on('connect', ({ headers }: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    const connection = connections.of(socket)
    if (connection === undefined) {
      socket.destroy()
      return
    }
    const request = randomUUID()
    tell('rid-connect', { peer: connection.peer?.name, request })
    endAfterAnswers(connection, bareResponse(NOT_FOUND, request, headers.accept))
  })
  return server
}

/** Told once, as long as it is remembered. */
function noteStranger({ certificate, address }: Connection, { refused }: Connections, tell: Tell<ListenerNews>): void {
  if (certificate === undefined) return
  const news = refused.note(certificate, address, Date.now())
  if (news === undefined) return
  const { remote, subject, names, fingerprint } = news
  tell('rid-stranger', { remote, subject, names, fingerprint })
}

/** What Node says of a handshake that is not over in time. */
function tooLate(): Error {
  return Object.assign(new Error('TLS handshake timeout'), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' })
}

/** Node's 'clientError': TLS that failed, bytes that are not HTTP, deadlines missed. Listens until the connection is over. */
export function createClientErrorHandler({
  connections,
  tell,
}: Pick<TlsServerOptions, 'connections' | 'tell'>): (error: Error, socket: Socket) => void {
  return (error, socket) => {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
    const connection = connections.of(socket)
    if (connection === undefined) {
      // the certificate's own fault says more than the reset that follows from it
      const reason = String((socket as TLSSocket).authorizationError ?? code)
      // scanners and health checks only open and close
      const level = reason === 'ECONNRESET' ? 'debug' : 'info'
      const words = tlsWords(reason, RID_KEYS)
      tell(
        'tls-refused',
        { remote: connections.addresses.of(socket) || undefined, reason, ...(words && { words }) },
        level,
      )
      socket.destroy()
      return
    }
    if (connection.broken) return
    const request = randomUUID()
    tell('rid-no-request', { peer: connection.peer?.name, request, reason: code })
    // where only the body is broken, the header fields are known
    const begun = [...connection.inFlight.keys()].at(-1)
    endAfterAnswers(connection, bareResponse(refusalOf(code, error), request, begun?.headers.accept))
  }
}

/**
 * What came last was no request, or is not taken. Whatever came whole before it is answered; then `bare` is sent, and the connection
 * ends: sooner, it would be taken for another request's answer, and a stored message for a refused one.
 */
export function endAfterAnswers(connection: Connection, bare?: Buffer): void {
  connection.broken = true
  connection.lastWord = bare
  connection.socket.pause()
  endIfAnswered(connection)
}

function endIfAnswered(connection: Connection): void {
  const { socket, inFlight, lastWord } = connection
  if (isOwed(connection)) return
  const started = [...inFlight.values()].some((response) => response.headersSent)
  if (!started && socket.writable && lastWord !== undefined) socket.write(lastWord)
  socket.destroySoon()
}

/** Whether the connection ends behind the answer to `request`: not while there are others to be answered. */
export function isLast({ closing, broken, inFlight }: Connection, request: IncomingMessage): boolean {
  return closing && !broken && [...inFlight.keys()].at(-1) === request
}

/** Takes an answered (or given up) request off the connection. */
export function answered(connection: Connection, request: IncomingMessage): void {
  if (connection.inFlight.delete(request) && connection.broken) endIfAnswered(connection)
}
