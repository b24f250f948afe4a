import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { BARE_FASTIFY } from '../bare-fastify.ts'
import type { PeerConfig, RidConfig } from '../config/types.ts'
import type { Tell } from '../tell.ts'
import { askInTime } from './answer-deadline.ts'
import type { Asked } from './asked.ts'
import { type BodyReader, beginBody } from './body.ts'
import { CALLBACK_TOKEN } from './callback.ts'
import { type Client, createClientLimiter, limitsOf } from './client-limits.ts'
import { Connections } from './connections.ts'
import type { Accept, Problem } from './contract.ts'
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

/** RFC 6546 §3: exactly this type; peers refuse parameters */
const XML = { 'content-type': 'text/xml' }
const FAILED: Problem = { status: 503, title: 'Service Unavailable', retryAfter: 30 }

type Message = Verdict & { kind: 'message' }

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
  const { identify, ...logins } = createIdentifier({ rid: () => rid, peers: options.peers, connections, tell })
  const expectant = new WeakSet<IncomingMessage>()
  let material = loadTls(rid.tls)
  let server: Server | undefined
  let sweeping: NodeJS.Timeout | undefined

  const app = fastify({
    ...BARE_FASTIFY,
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
  const { refuse, send } = createResponder({ maxMessage: () => rid.maxMessage, limits })
  // ahead of all that fastify does with bodies and replies: none of it is asked for
  app.addHook('onRequest', onRequest)
  app.post('/', () => undefined)

  function onRequest(request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack()
    const asked = arrived(request, reply)
    if (asked === undefined) return
    watch(asked)
    try {
      if (isOpen) identified(asked).catch((error: unknown) => fail(asked, error))
      else begin(asked)
    } catch (error) {
      fail(asked, error)
    }
  }

  function fail(asked: Asked, error: unknown): void {
    tell('rid-failed', { request: asked.request.id, err: error })
    if (asked.reply.raw.headersSent) asked.request.raw.socket.destroy()
    else refuse(asked, FAILED)?.catch(() => asked.request.raw.socket.destroy())
  }

  /** Undefined where it is not listened to. */
  function arrived(request: FastifyRequest, reply: FastifyReply): Asked | undefined {
    const { raw } = request
    const connection = connections.of(raw.socket)
    if (connection === undefined) {
      raw.socket.destroy()
      return undefined
    }
    if (connection.broken) return undefined
    const now = Date.now()
    if (connection.ages <= now) connection.closing = true
    if (connection.expires <= now) {
      tell('rid-trust-ended', { peer: connection.peer?.name })
      endAfterAnswers(connection)
      return undefined
    }
    if (connection.inFlight.size >= limits.pipelined) {
      tell('rid-pipelining', { peer: connection.peer?.name })
      endAfterAnswers(connection, bareResponse(TOO_MANY, request.id, raw.headers.accept))
      return undefined
    }
    connection.inFlight.set(raw, reply.raw)
    return { request, reply, connection, expectant: expectant.has(raw), client: connection, crumbs: false, bytes: 0 }
  }

  /** Answers whoever is not whom it says, and begins with what others send. */
  async function identified(asked: Asked): Promise<void> {
    const { request, connection } = asked
    const client = await identify(request, connection)
    // who waited for that may be gone
    if (request.raw.socket.destroyed) return giveUp(asked)
    if ('kind' in client) {
      const { problem, headers } = limiter.request(connection) ?? client
      return await refuse(asked, problem, headers)
    }
    asked.client = client
    begin(asked)
  }

  /** Answers what is no message, and begins to read what is one. */
  function begin(asked: Asked): void {
    const { request, connection, client } = asked
    const { raw } = request
    if (state() === 'draining' || connection.crowded) connection.closing = true
    const { method = '', httpVersion: version, headers, rawHeaders } = raw
    const head = { method, version, target: request.originalUrl, headers, rawHeaders, peer: client.peer }
    const verdict = judge(head, client)
    if (verdict.kind === 'message') {
      connection.turn = take(asked, verdict, beginBody(raw, rid.maxMessage), connection.turn)
      return
    }
    const sent = verdict.kind === 'refused' ? refuse(asked, verdict.problem, verdict.headers) : send(asked, 204, {}, '')
    sent?.catch((error: unknown) => fail(asked, error))
  }

  function judge(head: RequestHead, client: Client): Verdict {
    const verdict = limiter.request(client) ?? checkRequest(head, state(), rid.maxMessage)
    if (verdict.kind !== 'message') return verdict
    return limiter.body(client, Number(head.headers['content-length'] ?? 0)) ?? verdict
  }

  /** Resolves when it is answered. Never rejects. `before`: the message before it on this connection. */
  async function take(asked: Asked, verdict: Message, body: BodyReader, before: Promise<void>): Promise<void> {
    await before
    const { request, reply, connection, client } = asked
    const { id, raw } = request
    const receivedAt = Date.now()
    try {
      if (connection.broken && !raw.complete) return giveUp(asked)
      if (asked.expectant) reply.raw.writeContinue()
      const came = await body.whole()
      if (came.kind === 'aborted') return giveUp(asked)
      if (came.kind === 'too-large') return await refuse(asked, TOO_LARGE.problem)
      if (came.kind === 'crumbs') {
        asked.crumbs = true
        connection.closing = true
        return await refuse(asked, IN_CRUMBS.problem)
      }
      const { bytes } = came
      asked.bytes = bytes.length
      if (raw.headers['content-length'] === undefined) limiter.took(client, bytes.length)
      const { kind: _, ...who } = verdict
      const message = { id, address: connection.address || undefined, body: bytes, receivedAt, ...who }
      const said = await askInTime(accept, message, limits.answer, tell)
      if (said.kind === 'problem') return await refuse(asked, said.problem)
      if (said.kind === 'promised') return await send(asked, 202, { [CALLBACK_TOKEN]: said.token }, '')
      return await send(asked, 200, XML, said.xml)
    } catch (error) {
      fail(asked, error)
    }
  }

  function giveUp({ request, connection }: Asked) {
    answered(connection, request.raw)
  }

  /** One line for each request, whatever became of it. */
  function watch(asked: Asked) {
    const { request, connection } = asked
    const { raw } = asked.reply
    const began = performance.now()
    raw.on('close', () => {
      answered(connection, request.raw)
      const { client, bytes } = asked
      const status = raw.writableFinished ? raw.statusCode : 0
      const ms = Math.round(performance.now() - began)
      tell('rid-request', { request: request.id, peer: client.peer?.name, method: request.method, status, bytes, ms })
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
