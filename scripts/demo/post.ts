import { readFileSync } from 'node:fs'
import { request } from 'node:https'

export interface Identity {
  /** PEM files */
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly ms: number
}

/** What a RID tool does (RFC 6546 §3): POSTs the message with its client certificate. */
export function post(url: string, xml: string, { cert, key, ca }: Identity): Promise<Answer> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const files = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) }
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) }
    const outgoing = request(url, { method: 'POST', headers, ...files, timeout: 30_000 }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body, ms: Math.round(performance.now() - began) })
      })
      response.on('error', reject)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 30 s')))
    outgoing.on('error', reject)
    outgoing.end(xml)
  })
}
