import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { PeerConfig, RidConfig } from '../config/types.ts'
import type { Tell } from '../tell.ts'
import { askInTime } from './answer-deadline.ts'
import { type BodyReader, beginBody } from './body.ts'
import { CALLBACK_TOKEN } from './callback.ts'
import { type Client, createClientLimiter, limitsOf } from './client-limits.ts'
import { type Connection, Connections } from './connections.ts'
import type { Accept } from './contract.ts'
import { createIdentifier } from './identify.ts'
import { DEFAULT_LIMITS, type ListenerLimits } from './limits.ts'
import type { ListenerNews } from './news.ts'
import { createFindPeer } from './peers.ts'
import { checkRequest, IN_CRUMBS, type RequestHead, TOO_LARGE, TOO_MANY, type Verdict } from './preconditions.ts'
import { bareResponse } from './raw-response.ts'
import type { RefusedCertificate } from './refused-certificates.ts'
import { createResponder } from './respond.ts'
import { answered, createClientErrorHandler, createTlsServer, endAfterAnswers, proxiesOf } from './server.ts'
import { type Expiry, isSame, type Lists, loadTls, type TlsMaterial } from './tls.ts'
import { WriteDeadline } from './write-deadline.ts'

export interface RidListenerOptions {
  readonly rid: RidConfig
  readonly peers: readonly PeerConfig[]
  readonly accept: Accept
  readonly state: () => 'serving' | 'draining'
  readonly tell: Tell<ListenerNews>
  readonly limits?: Partial<ListenerLimits>
}

export interface RidListener extends AsyncDisposable {
  /** Begins to listen. Rejects when the address cannot be had. */
  start(): Promise<{ readonly port: number }>
  /**
   * Reads certificate, key, CA and CRL again, for new connections; connections whose certificate these no longer allow are
   * closed. Throws GatewayError 'config-invalid', and goes on as before, when the files cannot be used.
   */
  reload(): void
  /** The same with another configuration, and with what its TLS files hold. Host and port stay. Never throws. */
  take(rid: RidConfig, peers: readonly PeerConfig[], material: TlsMaterial): void
  certificates(): readonly Expiry[]
  door(): { readonly lists: Lists; readonly letIn: number }
  connections(): number
  /** Of those that come from our CAs and are no peer's: the one seen last comes first. */
  refused(): readonly RefusedCertificate[]
}

/** A message whose body comes in, or waits for its turn. */
interface Incoming {
  readonly verdict: Verdict & { kind: 'message' }
  readonly body: BodyReader
}

/**
 * The RID endpoint (RFC 6546 §3): what passes TLS, URI, method, peer, type and size goes to `accept`, and its answer goes back.
 * Throws GatewayError 'config-invalid' when the TLS files cannot be used. Disposing of it ends what waits, and gives requests
 * in flight `limits.close` ms.
 */
export function createRidListener(options: RidListenerOptions): RidListener {
  const { accept, state, tell } = options
  let { rid } = options
  const { handshakes: handshakesPerAddress = DEFAULT_LIMITS.handshakesPerAddress } = rid.limits ?? {}
  const limits = { ...DEFAULT_LIMITS, handshakesPerAddress, ...options.limits }
  const most = (peer: PeerConfig) => limitsOf(peer, rid).connections
  /** a certificate need not be shown */
  const isOpen = rid.basic === true || rid.anonymous === true
  const connections = new Connections(createFindPeer(options.peers), limits, most, isOpen)
  const limiter = createClientLimiter(() => rid, tell)
  const { identify, clientOf, ...logins } = createIdentifier({
    rid: () => rid,
    peers: options.peers,
    connections,
    tell,
  })
  const expectant = new WeakSet<IncomingMessage>()
  const incoming = new WeakMap<IncomingMessage, Incoming>()
  const sizes = new WeakMap<IncomingMessage, number>()
  const crumbling = new WeakSet<IncomingMessage>()
  let material = loadTls(rid.tls)
  let server: Server | undefined
  let sweeping: NodeJS.Timeout | undefined

  const app = fastify({
    logger: false,
    // checkRequest() looks at the URI; the router knows one, so its own refusals cannot happen
    rewriteUrl: () => '/',
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    clientErrorHandler: createClientErrorHandler({ connections, tell }),
    serverFactory(handler) {
      const onExpectant: typeof handler = (request, response) => {
        expectant.add(request)
        handler(request, response)
      }
      const below = { material: () => material, limits, connections, tell, proxies: () => proxiesOf(rid) }
      server = createTlsServer({ ...below, open: isOpen, onRequest: handler, onExpectant })
      return server
    },
  })
  const { refuse, send } = createResponder({
    maxMessage: () => rid.maxMessage,
    limits,
    connectionOf: (raw) => connections.of(raw.socket),
    isPeer: (raw) => clientOf(raw)?.peer !== undefined,
    isExpectant: (raw) => expectant.has(raw),
    crumbles: (raw) => crumbling.has(raw),
  })
  app.removeAllContentTypeParsers()
  // the body is read in its turn
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onRequest', onRequest)
  app.post('/', onMessage)
  app.setErrorHandler((error, request, reply) => {
    tell('rid-failed', { request: request.id, err: error })
    return refuse(request, reply, { status: 503, title: 'Service Unavailable', retryAfter: 30 })
  })

  async function onRequest(request: FastifyRequest, reply: FastifyReply) {
    const { raw } = request
    const connection = connections.of(raw.socket)
    if (connection === undefined) {
      raw.socket.destroy()
      return reply.hijack()
    }
    if (connection.broken) return reply.hijack()
    const now = Date.now()
    if (connection.ages <= now) connection.closing = true
    if (connection.expires <= now) {
      tell('rid-trust-ended', { peer: connection.peer?.name })
      endAfterAnswers(connection)
      return reply.hijack()
    }
    if (connection.inFlight.size >= limits.pipelined) {
      tell('rid-pipelining', { peer: connection.peer?.name })
      endAfterAnswers(connection, bareResponse(TOO_MANY, request.id, raw.headers.accept))
      return reply.hijack()
    }
    connection.inFlight.set(raw, reply.raw)
    watch(request, reply, connection)
    if (!isOpen) return begin(request, reply, connection)
    const refusal = await identify(request, connection)
    // who waited for that may be gone
    if (raw.socket.destroyed) return giveUp(reply, connection, raw)
    if (refusal !== undefined) {
      const { problem, headers } = limiter.request(connection) ?? refusal
      return refuse(request, reply, problem, headers)
    }
    return begin(request, reply, connection)
  }

  /** Answers what is no message, and begins to read what is one. */
  function begin(request: FastifyRequest, reply: FastifyReply, connection: Connection) {
    const { raw } = request
    if (state() === 'draining' || connection.crowded) connection.closing = true
    const { method = '', httpVersion: version, headers, rawHeaders } = raw
    const client = clientOf(raw) ?? connection
    const head = { method, version, target: request.originalUrl, headers, rawHeaders, peer: client.peer }
    const verdict = judge(head, client)
    if (verdict.kind === 'no-content') return send(request, reply, 204, {}, Buffer.alloc(0))
    if (verdict.kind === 'refused') return refuse(request, reply, verdict.problem, verdict.headers)
    incoming.set(raw, { verdict, body: beginBody(raw, rid.maxMessage) })
    // checked already; fastify would check it again by rules of its own
    headers['content-type'] = 'text/xml'
    return undefined
  }

  function judge(head: RequestHead, client: Client): Verdict {
    const verdict = limiter.request(client) ?? checkRequest(head, state(), rid.maxMessage)
    if (verdict.kind !== 'message') return verdict
    return limiter.body(client, Number(head.headers['content-length'] ?? 0)) ?? verdict
  }

  async function onMessage(request: FastifyRequest, reply: FastifyReply) {
    const connection = connections.of(request.raw.socket)
    const message = incoming.get(request.raw)
    if (connection === undefined || message === undefined) return reply.hijack()
    const before = connection.turn
    const { promise, resolve: next } = Promise.withResolvers<void>()
    connection.turn = promise
    await before
    try {
      return await take(request, reply, connection, message)
    } finally {
      next()
    }
  }

  async function take(request: FastifyRequest, reply: FastifyReply, connection: Connection, message: Incoming) {
    const { raw } = request
    const receivedAt = Date.now()
    if (connection.broken && !raw.complete) return giveUp(reply, connection, raw)
    if (expectant.has(raw)) reply.raw.writeContinue()
    const body = await message.body.whole()
    if (body.kind === 'aborted') return giveUp(reply, connection, raw)
    if (body.kind === 'too-large') return refuse(request, reply, TOO_LARGE.problem)
    if (body.kind === 'crumbs') {
      crumbling.add(raw)
      connection.closing = true
      return refuse(request, reply, IN_CRUMBS.problem)
    }
    sizes.set(raw, body.bytes.length)
    if (raw.headers['content-length'] === undefined) limiter.took(clientOf(raw) ?? connection, body.bytes.length)
    const { kind: _, ...who } = message.verdict
    const answer = await askInTime(
      accept,
      { id: request.id, address: connection.address || undefined, body: body.bytes, receivedAt, ...who },
      limits.answer,
      tell,
    )
    if (answer.kind === 'problem') return refuse(request, reply, answer.problem)
    if (answer.kind === 'promised')
      return send(request, reply, 202, { [CALLBACK_TOKEN]: answer.token }, Buffer.alloc(0))
    // RFC 6546 §3: exactly this type; peers refuse parameters
    return send(request, reply, 200, { 'content-type': 'text/xml' }, Buffer.from(answer.xml))
  }

  function giveUp(reply: FastifyReply, connection: Connection, raw: IncomingMessage) {
    reply.hijack()
    answered(connection, raw)
  }

  /** One line for each request, whatever became of it. */
  function watch(request: FastifyRequest, { raw }: FastifyReply, connection: Connection) {
    const began = performance.now()
    raw.once('close', () => {
      answered(connection, request.raw)
      // of one that is gone, `connections` knows nothing any more
      const peer = (clientOf(request.raw) ?? connection).peer?.name
      const status = raw.writableFinished ? raw.statusCode : 0
      const ms = Math.round(performance.now() - began)
      const bytes = sizes.get(request.raw) ?? 0
      tell('rid-request', { request: request.id, peer, method: request.method, status, bytes, ms })
    })
  }

  function use(fresh: TlsMaterial) {
    server?.setSecureContext(fresh.context)
    material = fresh
    connections.reconsider(material)
  }

  return {
    async start() {
      const listening = server as Server
      await app.ready()
      const writing = new WriteDeadline(limits.write)
      sweeping = setInterval(() => {
        writing.look(connections.sockets())
        connections.endExpired(Date.now())
      }, limits.write / 4).unref()
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject)
        // without a host Node listens on `::`, and on 0.0.0.0 where there is no IPv6
        const where = rid.host === '::' ? {} : { host: rid.host }
        listening.listen({ ...where, port: rid.port }, () => {
          listening.off('error', reject)
          // a connection that could not be accepted (no file descriptors left, say) is no reason to stop
          listening.on('error', (error) => tell('rid-connection-failed', { err: error }))
          resolve()
        })
      })
      return { port: (listening.address() as AddressInfo).port }
    },
    reload() {
      use(loadTls(rid.tls))
    },
    take(next, peers, fresh) {
      rid = next
      logins.use(peers)
      connections.know(createFindPeer(peers), logins.isGood)
      if (!isSame(fresh, material)) use(fresh)
    },
    certificates: () => material.expiry,
    door: () => ({ lists: material.lists, letIn: connections.letIn }),
    connections: () => connections.count,
    refused: () => connections.refused.list(),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        if (server?.listening) server.close(() => resolve())
        else resolve()
      })
      connections.closeIdle()
      const timer = setTimeout(() => connections.destroyAll(), limits.close)
      await closed
      clearTimeout(timer)
      clearInterval(sweeping)
      await app.close()
    },
  }
}
