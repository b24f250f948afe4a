/**
 * The limit sketch: what a gateway cannot do without, and nothing else. It answers a valid report with 200 once it is on disk, and sends
 * what it keeps to a peer until it is on disk that it was sent. Environment: CERT, KEY, CA (PEM files), STORE (a new file).
 */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { fastify } from 'fastify'
import { Pool } from 'undici'
import { serve } from './child.ts'
import { openSketchStore } from './sketch-store.ts'

const THREADS = 2
const AT_ONCE = 4
const CLAIM = 64

const read = (name: string) => readFileSync(process.env[name] ?? '')
const tls = { cert: read('CERT'), key: read('KEY'), ca: read('CA') }
const store = openSketchStore(process.env.STORE ?? '')

const waiting = new Map<number, (valid: boolean) => void>()
const threads = Array.from({ length: THREADS }, () => {
  const worker = new Worker(new URL('./sketch-worker.ts', import.meta.url))
  const thread = { worker, jobs: 0 }
  worker.on('message', ({ n, valid }: { n: number; valid: boolean }) => {
    thread.jobs -= 1
    waiting.get(n)?.(valid)
    waiting.delete(n)
  })
  return thread
})
let asked = 0

function validate(body: Uint8Array): Promise<boolean> {
  const [first, ...others] = threads
  const idlest = others.reduce((best, one) => (one.jobs < best.jobs ? one : best), first as (typeof threads)[number])
  idlest.jobs += 1
  asked += 1
  const n = asked
  return new Promise((resolve) => {
    waiting.set(n, resolve)
    idlest.worker.postMessage({ n, body })
  })
}

const app = fastify({ https: { ...tls, requestCert: true, rejectUnauthorized: true }, bodyLimit: 1_048_576 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('text/xml', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/', async (request, reply) => {
  // what is a view of a pool of many would be copied with all of it
  const body = new Uint8Array(request.body as Buffer)
  if (!(await validate(body))) return reply.code(400).send()
  await store.keep(body)
  return reply.type('text/xml').send('<ok/>')
})

let pool: Pool | undefined
let last = 0

serve({
  async start() {
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  },
  /** What is kept by now is not to be sent. */
  forget() {
    last = store.last()
  },
  /** Keeps `bodies` to be sent. */
  keep: async ({ bodies }: { bodies: string[] }) => {
    await Promise.all(bodies.map((body) => store.keep(Buffer.from(body))))
  },
  /** Sends all that is kept to the peer on this port. */
  async send({ port }: { port: number }) {
    pool ??= new Pool(`https://localhost:${port}`, { connections: AT_ONCE, pipelining: 1, connect: tls })
    const posting = pool
    let rows = store.waiting(last, CLAIM)
    const settling: Promise<void>[] = []
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (;;) {
          if (rows.length === 0) rows = store.waiting(last, CLAIM)
          const row = rows.shift()
          if (row === undefined) return
          last = row.n
          const headers = { 'content-type': 'text/xml' }
          const answer = await posting.request({ path: '/', method: 'POST', headers, body: Buffer.from(row.body) })
          await answer.body.dump()
          if (answer.statusCode !== 200) throw new Error(`the peer answered ${answer.statusCode}`)
          settling.push(store.settle(row.n))
        }
      }),
    )
    await Promise.all(settling)
  },
})
