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
import { createClientLimiter, limitsOf } from './client-limits.ts'
import { type Connection, Connections } from './connections.ts'
import type { Accept, Problem } from './contract.ts'
import { DEFAULT_LIMITS, type ListenerLimits } from './limits.ts'
import type { ListenerNews } from './news.ts'
import { createFindPeer } from './peers.ts'
import { checkRequest, IN_CRUMBS, type RequestHead, TOO_LARGE, TOO_MANY, type Verdict } from './preconditions.ts'
import { renderProblem } from './problems.ts'
import { bareResponse } from './raw-response.ts'
import type { RefusedCertificate } from './refused-certificates.ts'
import { linger, restOf, turnDeaf } from './rest-of-body.ts'
import { answered, createClientErrorHandler, createTlsServer, endAfterAnswers, isLast, proxiesOf } from './server.ts'
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

type Fields = Readonly<Record<string, string>>

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
  const connections = new Connections(createFindPeer(options.peers), limits, (peer) => limitsOf(peer, rid).connections)
  const limiter = createClientLimiter(() => rid, tell)
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
      server = createTlsServer({ ...below, onRequest: handler, onExpectant })
      return server
    },
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
    if (state() === 'draining' || connection.crowded) connection.closing = true
    const { method = '', httpVersion: version, headers, rawHeaders } = raw
    const { peer } = connection
    const head = { method, version, target: request.originalUrl, headers, rawHeaders, peer }
    const verdict = judge(head, connection)
    if (verdict.kind === 'no-content') return send(request, reply, 204, {}, Buffer.alloc(0))
    if (verdict.kind === 'refused') return refuse(request, reply, verdict.problem, verdict.headers)
    incoming.set(raw, { verdict, body: beginBody(raw, rid.maxMessage) })
    // checked already; fastify would check it again by rules of its own
    headers['content-type'] = 'text/xml'
  }

  function judge(head: RequestHead, connection: Connection): Verdict {
    const verdict = limiter.request(connection) ?? checkRequest(head, state(), rid.maxMessage)
    if (verdict.kind !== 'message') return verdict
    return limiter.body(connection, Number(head.headers['content-length'] ?? 0)) ?? verdict
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
    if (raw.headers['content-length'] === undefined) limiter.took(connection, body.bytes.length)
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

  function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem, headers?: Fields) {
    const { contentType, body } = renderProblem(problem, request.id, request.headers.accept)
    const fields: Record<string, string> = { 'content-type': contentType, ...headers }
    if (problem.retryAfter !== undefined) fields['retry-after'] = String(Math.ceil(problem.retryAfter))
    return send(request, reply, problem.status, fields, body)
  }

  async function send({ raw }: FastifyRequest, reply: FastifyReply, status: number, headers: Fields, body: Buffer) {
    const connection = connections.of(raw.socket)
    const rest = restOf(raw, {
      maxMessage: rid.maxMessage,
      expectant: expectant.has(raw),
      stranger: connection?.peer === undefined,
      crumbs: crumbling.has(raw),
    })
    const cut = rest === 'linger' || rest === 'deaf'
    const close = cut || (connection !== undefined && isLast(connection, raw))
    const fields = { ...headers, ...(close ? { connection: 'close' } : {}) }
    if (!cut) {
      if (rest === 'discard') void discard(raw)
      reply.code(status).headers(fields)
      // of an empty Buffer it would name a type
      return body.length === 0 ? reply.send() : reply.send(body)
    }
    reply.hijack()
    const length = status === 204 ? {} : { 'content-length': body.length }
    reply.raw.writeHead(status, { ...fields, ...length })
    // flushed, so that the client has it all while we linger
    if (status === 204 || raw.method === 'HEAD') reply.raw.flushHeaders()
    else reply.raw.write(body)
    await (rest === 'deaf' ? turnDeaf(raw, limits.linger) : linger(raw, limits.linger, limits.lingerBytes))
    reply.raw.end()
  }

  async function discard(raw: IncomingMessage): Promise<void> {
    if (!(await linger(raw, limits.request, rid.maxMessage))) raw.socket.destroy()
  }

  /** One line for each request, whatever became of it. */
  function watch(request: FastifyRequest, { raw }: FastifyReply, connection: Connection) {
    const began = performance.now()
    raw.once('close', () => {
      answered(connection, request.raw)
      const peer = connection.peer?.name
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
      connections.know(createFindPeer(peers))
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
