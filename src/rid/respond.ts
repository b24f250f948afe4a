import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Connection } from './connections.ts'
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
  readonly connectionOf: (raw: IncomingMessage) => Connection | undefined
  readonly isPeer: (raw: IncomingMessage) => boolean
  /** waits for `100 Continue` */
  readonly isExpectant: (raw: IncomingMessage) => boolean
  /** its body comes in crumbs */
  readonly crumbles: (raw: IncomingMessage) => boolean
}

/** Puts answers on the wire, whatever there is still to come of their requests. */
export function createResponder({ maxMessage, limits, ...of }: ResponderParts) {
  function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem, headers?: Fields) {
    const { contentType, body } = renderProblem(problem, request.id, request.headers.accept)
    const fields: Record<string, string> = { 'content-type': contentType, ...headers }
    if (problem.retryAfter !== undefined) fields['retry-after'] = String(Math.ceil(problem.retryAfter))
    return send(request, reply, problem.status, fields, body)
  }

  async function send({ raw }: FastifyRequest, reply: FastifyReply, status: number, headers: Fields, body: Buffer) {
    const connection = of.connectionOf(raw)
    const rest = restOf(raw, {
      maxMessage: maxMessage(),
      expectant: of.isExpectant(raw),
      stranger: !of.isPeer(raw),
      crumbs: of.crumbles(raw),
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
    if (!(await linger(raw, limits.request, maxMessage()))) raw.socket.destroy()
  }

  return { refuse, send }
}
