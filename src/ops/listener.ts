import { isIP } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { OpsNews } from '../events/process.ts'
import type { RecentEvent } from '../events/recent.ts'
import { harmless } from '../printable.ts'
import type { Backlog } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import type { Readiness } from './readiness.ts'
import { STATUS_CSP, statusPage } from './status-page.ts'

interface OpsSources {
  readonly tell: Tell<OpsNews>
  readonly registry: Registry
  readiness(): Readiness
  /** may reject: then the page says so */
  backlog(): Promise<readonly Backlog[]>
  /** the latest first */
  recent(): readonly RecentEvent[]
  /** called before metrics are collected, to bring gauges up to date; may reject: then /metrics goes without */
  beforeMetrics?(): Promise<void>
  readonly name: string
  readonly version: string
}

export interface OpsListener extends AsyncDisposable {
  readonly port: number
}

/**
 * The operators' endpoint: `/live`, `/ready`, `/metrics`, `/` for people and `/queue.json`. Read-only, without secrets, meant for
 * loopback. Rejects when the address cannot be bound.
 */
export async function startOps(at: { host: string; port: number }, sources: OpsSources): Promise<OpsListener> {
  const app = fastify({ logger: false, bodyLimit: 1024, requestTimeout: 10_000, forceCloseConnections: true })
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    return typeof payload === 'string' ? harmless(payload) : payload
  })
  if (isLoopback(at.host)) app.addHook('onRequest', refuseRebound)
  addRoutes(app, sources)
  await app.listen({ host: at.host, port: at.port })
  const address = app.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : at.port,
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/**
 * A page from elsewhere, in a browser on this machine, may have its own name point here (DNS rebinding) and read as its own what it
 * gets: on loopback nothing answers to names that others can give.
 */
async function refuseRebound(request: FastifyRequest, reply: FastifyReply) {
  const { host = '' } = request.headers
  // what is no host at all is no better than another's name
  const name = (!host.includes('@') && URL.parse(`http://${host}/`)?.hostname) || ''
  const isOurs = host === '' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || /^(?:.+\.)?localhost\.?$/.test(name)
  if (!isOurs) return reply.code(421).send({ error: 'ask for localhost, or by address' })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function addRoutes(app: FastifyInstance, sources: OpsSources): void {
  const { tell } = sources
  app.get('/live', async () => ({ live: true }))
  app.get('/ready', async (_request, reply) => {
    const readiness = sources.readiness()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  app.get('/metrics', async (_request, reply) => {
    try {
      await sources.beforeMetrics?.()
    } catch (err) {
      tell('figures-unreadable', { err })
    }
    return reply.type(sources.registry.contentType).send(await sources.registry.metrics())
  })
  app.get('/queue.json', async () => sources.backlog())
  app.get('/', async (_request, reply) => {
    reply.headers({ 'content-security-policy': STATUS_CSP, 'referrer-policy': 'no-referrer' })
    // first what has to be waited for: all that the page says is of one moment
    const backlog = await sources.backlog().catch(() => undefined)
    return reply.type('text/html; charset=utf-8').send(
      statusPage({
        name: sources.name,
        version: sources.version,
        readiness: sources.readiness(),
        backlog,
        recent: sources.recent(),
        now: Date.now(),
      }),
    )
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }))
  app.setErrorHandler((err, request, reply) => {
    const status = (err as { statusCode?: number }).statusCode ?? 500
    if (status >= 500) tell('ops-failed', { err, path: request.routeOptions.url })
    return reply.code(status >= 500 ? 503 : status).send({ error: status >= 500 ? 'cannot answer now' : 'bad request' })
  })
}
