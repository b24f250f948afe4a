import type { FastifyServerOptions } from 'fastify'

const none = () => {
  throw new Error('No route has a schema.')
}

/**
 * Options of fastify that both listeners have: no log of its own, and no JSON Schemas, since no route has one: what compiles them (ajv and
 * fast-json-stringify) is not loaded.
 */
export const BARE_FASTIFY = {
  logger: false,
  schemaController: { compilersFactory: { buildValidator: none, buildSerializer: none } },
} satisfies Pick<FastifyServerOptions, 'logger' | 'schemaController'>
