import { isIP } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { BARE_FASTIFY } from '../bare-fastify.ts'
import type { OpsNews } from '../events/process.ts'
import { harmless } from '../printable.ts'
import type { Tell } from '../tell.ts'
import { addActs } from './act-routes.ts'
import { addPages, type PageSources } from './page-routes.ts'
import { createSessions } from './session.ts'

interface OpsSources extends PageSources {
  readonly tell: Tell<OpsNews>
  readonly registry: Registry
  /** certificates that are no peer's */
  refused(): readonly object[]
  /** called before metrics are collected, to bring gauges up to date; may reject: then /metrics goes without */
  beforeMetrics?(): Promise<void>
}

export interface OpsListener extends AsyncDisposable {
  readonly port: number
}

/**
 * The operators' endpoint: `/live`, `/ready`, `/metrics`, `/queue.json` and `/refused.json` for programs, `/` and what it leads to for people. Without a
 * token it is read-only. No secrets, no documents; meant for loopback. Rejects when the address cannot be bound.
 */
export async function startOps(at: { host: string; port: number }, sources: OpsSources): Promise<OpsListener> {
  const app = fastify({ ...BARE_FASTIFY, bodyLimit: 16_384, requestTimeout: 10_000, forceCloseConnections: true })
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
  app.get('/refused.json', async () => sources.refused())
  const sessions = sources.readToken && createSessions(sources.clock, sources.readToken)
  addPages(app, sources, sessions)
  if (sessions !== undefined) addActs(app, sources, sessions, tell)
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }))
  app.setErrorHandler((err, request, reply) => {
    const status = (err as { statusCode?: number }).statusCode ?? 500
    if (status >= 500) tell('ops-failed', { err, path: request.routeOptions.url })
    return reply.code(status >= 500 ? 503 : status).send({ error: status >= 500 ? 'cannot answer now' : 'bad request' })
  })
}
