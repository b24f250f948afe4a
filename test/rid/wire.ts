import type { TLSSocket } from 'node:tls'
import { readUntilClose } from '../support/rid-client.ts'
import { type Bench, type BenchOptions, startBench } from './setup.ts'

export const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n'
export const post = (body: string, extra = '') =>
  `${HEAD}${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
/** asks for the end of the connection behind the answer */
export const LAST = 'Connection: close\r\n'

interface Wire extends AsyncDisposable {
  readonly bench: Bench
  readonly socket: TLSSocket
}

export async function wire(options: BenchOptions = {}): Promise<Wire> {
  const bench = await startBench(options)
  await using client = bench.client()
  const socket = await client.raw()
  socket.on('error', () => {})
  return {
    bench,
    socket,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await bench[Symbol.asyncDispose]()
    },
  }
}

/** Sends, and gives everything that comes back until the listener closes. */
export async function exchange(bytes: string, options: BenchOptions = {}) {
  await using w = await wire(options)
  const received = readUntilClose(w.socket)
  w.socket.write(bytes, 'latin1')
  const text = await received
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]))
  return { text, statuses, taken: w.bench.taken.map((m) => Buffer.from(m.body).toString()), bench: w.bench }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
