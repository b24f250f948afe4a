import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from './client-limits.ts'
import type { Connection } from './connections.ts'

/** A request under way, and how far it came. */
export interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly connection: Connection
  /** waits for `100 Continue` */
  readonly expectant: boolean
  /** whose it is: the connection's, or whom the request itself names */
  client: Client
  /** its body comes in crumbs */
  crumbs: boolean
  /** of a body that came whole */
  bytes: number
}
