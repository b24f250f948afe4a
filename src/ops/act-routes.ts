import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OpsNews } from '../events/process.ts'
import type { Tell } from '../tell.ts'
import { createActs, readAct } from './acts.ts'
import { actText } from './frame.ts'
import { type PageSources, show, viewerOf } from './page-routes.ts'
import type { Sessions } from './session.ts'
import { messagePage, signInPage } from './sign-in-page.ts'

type Posted = FastifyRequest<{ Body: URLSearchParams }>

/**
 * All that changes something. Only with a session, and only by a form that this session was given for this very act: a page from
 * elsewhere has neither the cookie (SameSite) nor the seal.
 */
export function addActs(app: FastifyInstance, sources: PageSources, sessions: Sessions, tell: Tell<OpsNews>): void {
  const act = createActs({ ...sources.acts, store: sources.store, clock: sources.clock })
  const view = (request: FastifyRequest) => viewerOf(request, sources, sessions)
  const refuse = (request: FastifyRequest, reply: FastifyReply, said: string) =>
    show(reply.code(403), messagePage(view(request), 'Refused', said))

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_: unknown, body: unknown) => {
      return new URLSearchParams(String(body))
    },
  )

  app.get('/sign-in', async (request, reply) => show(reply, signInPage(view(request), '/')))

  app.post('/sign-in', { preHandler: ownOnly }, async (request: Posted, reply) => {
    const remote = addressOf(request)
    const next = ownPath(request.body.get('next'))
    const result = tried(sessions, request.body.get('token') ?? '', remote)
    if (result.outcome === 'unreadable') {
      tell('ops-failed', { err: result.err, path: '/sign-in' })
      return show(
        reply.code(503),
        signInPage(view(request), next, 'The token of `ops.token` cannot be read: see the log.'),
      )
    }
    if (result.outcome === 'in') {
      tell('page-signed-in', { remote })
      return reply.header('set-cookie', secured(request, result.cookie)).redirect(next, 303)
    }
    if (result.outcome === 'wrong') {
      tell('page-sign-in-refused', { remote, reason: 'It is not the token.' })
      return show(reply.code(403), signInPage(view(request), next, 'That is not the token.'))
    }
    tell('page-sign-in-refused', { remote, reason: 'Too many wrong ones within a minute.' })
    reply.code(429).header('retry-after', result.seconds)
    return show(reply, signInPage(view(request), next, `Too many wrong tokens: try again in ${result.seconds} s.`))
  })

  app.post('/sign-out', { preHandler: ownOnly }, async (request: Posted, reply) => {
    const session = sessions.of(request.headers.cookie)
    if (session?.sealed('sign-out', request.body.get('seal') ?? '')) sessions.signOut(request.headers.cookie)
    return reply.redirect('/', 303)
  })

  app.post('/act', { preHandler: ownOnly }, async (request: Posted, reply) => {
    const session = sessions.of(request.headers.cookie)
    if (session === undefined)
      return refuse(request, reply, 'You are not signed in, or not any more. Nothing was changed.')
    const asked = readAct(request.body)
    if (asked === undefined || !session.sealed(actText(asked), request.body.get('seal') ?? '')) {
      return refuse(request, reply, 'This form is not of this session. Nothing was changed: open the page again.')
    }
    const { next, ...notice } = await act(asked, `page ${addressOf(request)}`)
    session.notice(notice)
    return reply.redirect(next, 303)
  })
}

function tried(sessions: Sessions, token: string, remote: string) {
  try {
    return sessions.signIn(token, remote)
  } catch (err) {
    return { outcome: 'unreadable', err } as const
  }
}

/** Browsers say where a form comes from; another port of this machine is another's. */
async function ownOnly(request: FastifyRequest, reply: FastifyReply) {
  const from = request.headers['sec-fetch-site']
  if (from !== undefined && from !== 'same-origin') return reply.code(403).send({ error: 'not from another site' })
  if (!(request.body instanceof URLSearchParams)) return reply.code(415).send({ error: 'a form is expected' })
}

function addressOf({ ip }: FastifyRequest): string {
  return ip.replace(/^::ffff:(?=\d+\.)/, '')
}

/** Behind a proxy with TLS the cookie is not to go without. */
function secured(request: FastifyRequest, cookie: string): string {
  return request.headers['x-forwarded-proto'] === 'https' ? `${cookie}; Secure` : cookie
}

/** Nobody is led elsewhere. */
function ownPath(next: string | null): string {
  const url = next?.startsWith('/') ? URL.parse(next, 'http://here.invalid') : null
  return url?.host === 'here.invalid' ? `${url.pathname}${url.search}`.replace(/^\/+/, '/') : '/'
}
