/** A RID system that approves of everything and notes when it came. Environment: CERT, KEY, CA (PEM files). */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { acknowledgement } from '../test/support/rid-peer.ts'
import { monotonic, serve } from './child.ts'

const read = (name: string) => readFileSync(process.env[name] ?? '')
const BODY = acknowledgement('Approved')
let taken: { path: string; at: number; id: string }[] = []
let bytes: string | undefined
let enough: { count: number; resolve: () => void } | undefined

const server = createServer(
  { cert: read('CERT'), key: read('KEY'), ca: read('CA'), requestCert: true, rejectUnauthorized: true },
  (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      bytes ??= body
      // the Incident's own: the one in RIDPolicy stands in another namespace
      const id = /<Incident [^>]*>.*?<IncidentID[^>]*>([^<]*)</s.exec(body)?.[1] ?? ''
      taken.push({ path: request.url ?? '', at: monotonic(), id })
      response.writeHead(200, { 'content-type': 'text/xml' }).end(BODY)
      if (enough !== undefined && taken.length >= enough.count) enough.resolve()
    })
  },
)

serve({
  async start({ port = 0 }: { port?: number }) {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  },
  forget() {
    taken = []
    bytes = undefined
  },
  /** the first message since the last `forget` */
  sample: () => bytes,
  async arrivals({ count }: { count: number }) {
    if (taken.length < count) {
      await new Promise<void>((resolve) => {
        enough = { count, resolve }
      })
      enough = undefined
    }
    return taken
  },
})
