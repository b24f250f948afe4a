import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { RecentEvent } from '../events/recent.ts'
import { standing } from '../events/standing.ts'
import { searchesFor } from '../iodef/incident-id.ts'
import type { Backlog, Desk } from '../store/contract.ts'
import type { ActParts } from './acts.ts'
import { deliveryPage } from './delivery-page.ts'
import { destinationPage } from './destination-page.ts'
import type { FlowMeter } from './flow.ts'
import { mayRead, type Viewer } from './frame.ts'
import { heldPage } from './held-page.ts'
import type { Readiness } from './readiness.ts'
import type { Sessions } from './session.ts'
import { messagePage, signInPage } from './sign-in-page.ts'
import { statusPage } from './status-page.ts'
import { PAGE_CSP } from './style.ts'
import { tracePage } from './trace-page.ts'

export interface PageSources {
  readonly name: string
  readonly version: string
  readonly clock: Pick<Clock, 'now'>
  readiness(): Readiness
  /** may reject: then the page says so */
  backlog(): Promise<readonly Backlog[]>
  /** the latest first */
  recent(): readonly RecentEvent[]
  readonly flow: Pick<FlowMeter, 'read'>
  readonly store: ActParts['store'] & Pick<Desk, 'trace'>
  readonly acts: Pick<ActParts, 'events' | 'wake' | 'destinations'>
  /** what operators sign in with; undefined: nobody can, and nothing can be done */
  readonly readToken?: (() => string) | undefined
}

/** held deliveries that the overview and the page of what is held look at; unsettled ones of a destination */
const SOME_HELD = 200
const MOST_HELD = 2000
const SOME_OPEN = 100
/** deliveries that a trace names */
const SOME_NAMED = 20
const OPEN = ['pending', 'sending', 'held', 'withheld'] as const

type Asked = FastifyRequest<{ Querystring: Record<string, unknown> }>

/** Everything for people that changes nothing. */
export function addPages(app: FastifyInstance, sources: PageSources, sessions: Sessions | undefined): void {
  const { store, clock } = sources
  const view = (request: FastifyRequest) => viewerOf(request, sources, sessions)

  app.get('/', async (request: Asked, reply) => {
    const viewer = view(request)
    // first what has to be waited for: all that the page says is of one moment
    const backlog = await sources.backlog().catch(() => undefined)
    const anyHeld = mayRead(viewer) && backlog?.some(({ held }) => held > 0)
    const held = anyHeld ? await store.list({ states: ['held'], limit: SOME_HELD }).catch(() => []) : []
    const flow = await sources.flow.read()
    const still = request.query.still !== undefined
    const now = { readiness: sources.readiness(), recent: sources.recent() }
    return show(reply, statusPage({ viewer: { ...viewer, now: clock.now() }, backlog, held, flow, still, ...now }))
  })

  const forReaders = (path: string, answer: (request: Asked, viewer: Viewer) => Promise<string | undefined>) =>
    app.get(path, async (request: Asked, reply) => {
      const viewer = view(request)
      if (!mayRead(viewer)) return show(reply.code(403), signInPage(viewer, request.url))
      const page = await answer(request, viewer)
      if (page !== undefined) return show(reply, page)
      return show(
        reply.code(404),
        messagePage(viewer, 'Not here', 'There is no such thing, or it is not kept any more.'),
      )
    })

  forReaders('/held', async ({ query }, viewer) => {
    const rows = await store.list({ states: ['held'], limit: MOST_HELD })
    const total = (await sources.backlog()).reduce((sum, row) => sum + row.held, 0)
    return heldPage(viewer, rows, { total, group: text(query.group) })
  })

  forReaders('/delivery', async ({ query }, viewer) => {
    const delivery = await store.show(text(query.id) ?? '')
    return delivery && deliveryPage(viewer, delivery, await store.trace(delivery.incident))
  })

  forReaders('/destination', async ({ query }, viewer) => {
    const name = text(query.name) ?? ''
    const row = (await sources.backlog()).find((one) => one.kind === query.kind && one.destination === name)
    const known = row ?? sources.acts.destinations.find((one) => one.kind === query.kind && one.name === name)
    if (known === undefined) return undefined
    const { kind } = known
    const rows = await store.list({
      states: OPEN,
      kind,
      destination: name,
      limit: SOME_OPEN,
    })
    const part = sources.readiness().parts[`${kind}:${name}`]
    return destinationPage(viewer, { kind, name, row, part, open: rows })
  })

  forReaders('/trace', async ({ query }, viewer) => {
    const asked = text(query.incident)?.trim() || undefined
    for (const incident of asked === undefined ? [] : searchesFor(asked)) {
      const events = await store.trace(incident)
      if (events.length > 0)
        return tracePage(viewer, { asked, events, now: await standing(store, incident, events, SOME_NAMED) })
    }
    return tracePage(viewer, { asked, events: [], now: [] })
  })
}

export function viewerOf(request: FastifyRequest, sources: PageSources, sessions: Sessions | undefined): Viewer {
  const { name, version, clock } = sources
  const signIn = sessions && { session: sessions.of(request.headers.cookie) }
  return { name, version, now: clock.now(), signIn }
}

export function show(reply: FastifyReply, page: string): FastifyReply {
  // not `no-referrer`: with that browsers send no Origin of ours either
  reply.headers({ 'content-security-policy': PAGE_CSP, 'referrer-policy': 'same-origin', vary: 'cookie' })
  return reply.type('text/html; charset=utf-8').send(page)
}

/** A key may stand twice in a query. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 2000) : undefined
}
