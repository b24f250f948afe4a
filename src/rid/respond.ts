import type { IncomingMessage } from 'node:http'
import type { Asked } from './asked.ts'
import type { Problem } from './contract.ts'
import type { ListenerLimits } from './limits.ts'
import { renderProblem } from './problems.ts'
import { linger, restOf, turnDeaf } from './rest-of-body.ts'
import { isLast } from './server.ts'

type Fields = Readonly<Record<string, string>>

interface ResponderParts {
  /** bytes */
  readonly maxMessage: () => number
  readonly limits: Pick<ListenerLimits, 'linger' | 'lingerBytes' | 'request'>
}

/** Puts answers on the wire, whatever there is still to come of their requests. */
export function createResponder({ maxMessage, limits }: ResponderParts) {
  function refuse(asked: Asked, problem: Problem, headers?: Fields) {
    const { request } = asked
    const { contentType, body } = renderProblem(problem, request.id, request.headers.accept)
    const fields: Record<string, string> = { 'content-type': contentType, ...headers }
    if (problem.retryAfter !== undefined) fields['retry-after'] = String(Math.ceil(problem.retryAfter))
    return send(asked, problem.status, fields, body)
  }

  /** Undefined: it is on its way, and nothing of the request is still to come. */
  function send(asked: Asked, status: number, headers: Fields, body: string | Buffer): Promise<void> | undefined {
    const { connection, expectant, crumbs, client } = asked
    const { raw } = asked.request
    const response = asked.reply.raw
    const rest = restOf(raw, { maxMessage: maxMessage(), expectant, stranger: client.peer === undefined, crumbs })
    const cut = rest === 'linger' || rest === 'deaf'
    const fields: Record<string, string | number> = { ...headers }
    if (status !== 204) fields['content-length'] = Buffer.byteLength(body)
    if (cut || isLast(connection, raw)) fields.connection = 'close'
    response.writeHead(status, fields)
    if (cut) return endLate(asked, status, body, rest)
    if (rest === 'discard') void discard(raw)
    response.end(body)
    return undefined
  }

  async function endLate({ request, reply }: Asked, status: number, body: string | Buffer, rest: 'linger' | 'deaf') {
    const { raw } = request
    // flushed, so that the client has it all while we linger
    if (status === 204 || raw.method === 'HEAD') reply.raw.flushHeaders()
    else reply.raw.write(body)
    await (rest === 'deaf' ? turnDeaf(raw, limits.linger) : linger(raw, limits.linger, limits.lingerBytes))
    reply.raw.end()
  }

  async function discard(raw: IncomingMessage): Promise<void> {
    if (!(await linger(raw, limits.request, maxMessage()))) raw.socket.destroy()
  }

  return { refuse, send }
}
