import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BodyReader } from './body.ts'
import type { Client } from './client-limits.ts'
import type { Connection } from './connections.ts'
import type { Verdict } from './preconditions.ts'

/** A request under way, and how far it came. */
export interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly connection: Connection
  /** waits for `100 Continue` */
  readonly expectant: boolean
  /** whose it is: the connection's, or whom the request itself names */
  client: Client
  /** undefined: it is no message, or was answered already */
  incoming: Incoming | undefined
  /** its body comes in crumbs */
  crumbs: boolean
  /** of a body that came whole */
  bytes: number
}

/** A message whose body comes in, or waits for its turn. */
export interface Incoming {
  readonly verdict: Verdict & { kind: 'message' }
  readonly body: BodyReader
}

/** what fastify's request calls it */
export const ASKED = 'asked'

/** Null where the request is not listened to. */
export function askedOf(request: FastifyRequest): Asked | null {
  return request.getDecorator<Asked | null>(ASKED)
}
