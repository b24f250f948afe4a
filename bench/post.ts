import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { Certificate } from '../test/support/pki.ts'
import { monotonic } from './child.ts'

/** Senders with mutual TLS, one connection each, that post as fast as they are answered. */
interface Poster extends AsyncDisposable {
  /** Posts `body(0)` to `body(count - 1)`; `done` and the times of all answers in ms. Rejects on anything but 200. */
  post(count: number, body: (n: number) => string | Buffer): Promise<{ ms: number; times: number[] }>
  /** One POST: its status and how long it took. */
  one(body: string | Uint8Array): Promise<{ status: number; ms: number }>
}

export function createPoster(
  port: number,
  ca: string,
  certificate: Certificate,
  connections: number,
  path = '/',
): Poster {
  const pool = new Pool(`https://localhost:${port}`, {
    connections,
    pipelining: 1,
    headersTimeout: 120_000,
    connect: { ca: readFileSync(ca), cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
  })
  async function one(body: string | Uint8Array) {
    const began = monotonic()
    const response = await pool.request({ path, method: 'POST', headers: { 'content-type': 'text/xml' }, body })
    await response.body.dump()
    return { status: response.statusCode, ms: monotonic() - began }
  }
  return {
    one,
    async post(count, body) {
      const times: number[] = []
      let next = 0
      const began = monotonic()
      await Promise.all(
        Array.from({ length: connections }, async () => {
          while (next < count) {
            const n = next
            next += 1
            const { status, ms } = await one(body(n))
            if (status !== 200) throw new Error(`answered ${status}`)
            times.push(ms)
          }
        }),
      )
      return { ms: monotonic() - began, times }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}
