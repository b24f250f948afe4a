/** A bare fastify with mutual TLS that answers 200 to every body. Environment: CERT, KEY, CA (PEM files). */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { serve } from './child.ts'

const read = (name: string) => readFileSync(process.env[name] ?? '')
const app = fastify({
  https: { cert: read('CERT'), key: read('KEY'), ca: read('CA'), requestCert: true, rejectUnauthorized: true },
  bodyLimit: 1_048_576,
})
app.removeAllContentTypeParsers()
app.addContentTypeParser('text/xml', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/', (_request, reply) => reply.type('text/xml').send('<ok/>'))

serve({
  async start() {
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  },
})
