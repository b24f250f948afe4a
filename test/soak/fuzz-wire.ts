import { setTimeout as wait } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { Chance } from '../support/arbitraries.ts'
import { resident } from './fuzz-watch.ts'
import { createChance } from './mutate.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n'
const MOST = 65_536
/** ms until an answer, on any machine */
const PATIENCE = 60_000
/** What the listener may answer at all (docs/guide.md). */
const KNOWN = new Set([200, 204, 400, 403, 404, 405, 408, 411, 413, 415, 417, 429, 431, 501, 505])
const SPARE = { handshake: 60_000, headers: 60_000, request: 120_000, linger: 50 }

/** A request as bytes: what becomes of it, as far as that is known. */
interface Asked {
  readonly bytes: Buffer
  /** it is in order: 200, and this is what `accept` is to be given */
  readonly body?: Buffer
  /** the only answers that would be right */
  readonly right?: readonly number[]
}

/**
 * `count` requests over TLS, whose bodies are framed as oddly as HTTP allows, or against it: each that is in order reaches the door with
 * the very bytes of its body; each other is answered with a status of the guide's, or its connection ends; the next client is served.
 */
export async function fuzzWire({ count, seed, say }: Pick<ProofOptions, 'count' | 'seed' | 'say'>): Promise<Findings> {
  const failures = createFailures()
  const c = createChance(seed)
  const rejected = (error: unknown) => failures.add('unhandled rejection', String(error))
  process.on('unhandledRejection', rejected)
  const statuses = new Map<string, number>()
  let socket: TLSSocket | undefined
  // it makes keys as it loads: not for whoever only asks what proofs there are
  const { pki, REPLY, startBench } = await import('../rid/setup.ts')
  await using bench = await startBench({ maxMessage: MOST, limits: SPARE })
  try {
    for (let n = 0; n < count; n += 1) {
      if (n > 0 && n % 10_000 === 0) say(`${n} of ${count}, ${resident()} MiB`)
      const asked = request(c)
      bench.taken.length = 0
      // what came before may have ended it
      if (socket === undefined || socket.destroyed || socket.readyState !== 'open') {
        socket = await bench.client().raw()
        socket.on('error', () => {})
      }
      const answer = await ask(c, socket, asked)
      if (answer.ended) socket.destroy()
      const word = `${answer.statuses[0] ?? 'none'}`
      statuses.set(word, (statuses.get(word) ?? 0) + 1)
      for (const flaw of flawsOf(
        asked,
        answer,
        bench.taken.map((message) => message.body),
      )) {
        const sent = asked.bytes.toString('latin1').slice(0, 600)
        failures.add(flaw, `answered ${word}: request ${n} of seed ${seed}, ${sent}`)
      }
    }
    await using client = bench.client()
    const { status, body } = await client.post('<a/>')
    if (status !== 200 || body !== REPLY) failures.add('the next client', `${status}`)
  } finally {
    socket?.destroy()
    process.off('unhandledRejection', rejected)
    await pki.dispose()
  }
  return {
    failures: failures.all(),
    figures: {
      requests: count,
      ...Object.fromEntries([...statuses].sort().map(([status, times]) => [`answered ${status}`, times])),
      'MiB at the end': resident(),
    },
  }
}

function flawsOf(asked: Asked, { statuses, late }: Answer, taken: readonly Uint8Array[]): string[] {
  const [status] = statuses
  const flaws = statuses.filter((one) => !KNOWN.has(one)).map(() => 'an answer that nobody knows')
  if (late) flaws.push('no answer')
  if (asked.right !== undefined && status !== undefined && !asked.right.includes(status))
    flaws.push('not the right answer')
  if (asked.body === undefined) return flaws
  if (status !== 200) flaws.push('refused though in order')
  if (taken.length !== 1) flaws.push(`taken ${taken.length} times`)
  const [body] = taken
  if (body !== undefined && Buffer.compare(body, asked.body) !== 0) flaws.push('taken with another body')
  return flaws
}

function request(c: Chance): Asked {
  const body = Buffer.from(`<a>${'b'.repeat(c.once(6) ? c.int(MOST - 20) : c.int(300))}</a>`)
  const type = `Content-Type: ${c.pick(['text/xml', 'text/xml; charset=utf-8', 'Text/XML;charset="UTF-8"', 'application/iodef+xml'])}\r\n`
  switch (c.int(9)) {
    case 0:
    case 1:
      return {
        bytes: Buffer.concat([Buffer.from(`${HEAD}${fields(c)}${type}Content-Length: ${body.length}\r\n\r\n`), body]),
        body,
      }
    case 2:
    case 3:
      return {
        bytes: Buffer.concat([
          Buffer.from(`${HEAD}${type}${fields(c)}Transfer-Encoding: chunked\r\n\r\n`),
          chunked(c, body),
        ]),
        body,
      }
    case 4:
      return {
        bytes: Buffer.from(c.pick(CONTRADICTIONS).replace('@', `${type}`), 'latin1'),
        right: [400, 411, 413, 415, 431, 501],
      }
    case 5: {
      const gzip = gzipSync(body)
      const head = `${HEAD}${type}Content-Encoding: ${c.pick(['gzip', 'deflate', 'br', 'x'])}\r\nContent-Length: ${gzip.length}\r\n\r\n`
      return { bytes: Buffer.concat([Buffer.from(head), gzip]), right: [415] }
    }
    case 6:
      return {
        bytes: Buffer.from(`${HEAD}${type}X-Long: ${'x'.repeat(c.int(40_000))}\r\nContent-Length: 4\r\n\r\n<a/>`),
        right: [200, 431],
      }
    case 7:
      return { bytes: Buffer.from(`${HEAD}${type}Content-Length: ${MOST + 1 + c.int(1e9)}\r\n\r\n`), right: [413] }
    case 8:
      return {
        bytes: Buffer.from(
          `${c.pick(['GET', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'x'])} ${c.pick(TARGETS)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        ),
      }
    default:
      return {
        bytes: garbled(c, Buffer.concat([Buffer.from(`${HEAD}${type}Content-Length: ${body.length}\r\n\r\n`), body])),
      }
  }
}

const TARGETS = ['/', '//', '/x', '*', 'http://x/', '/?a', '/%2f', '/..', `/${'a'.repeat(9_000)}`] as const

/** RFC 9112 §6.3, §7.1: what no two readers understand alike. */
const CONTRADICTIONS = [
  `${HEAD}@Content-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>x`,
  `${HEAD}@Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${HEAD}@Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  `${HEAD}@Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  `${HEAD}@Content-Length: +4\r\n\r\n<a/>`,
  `${HEAD}@Content-Length: 0x4\r\n\r\n<a/>`,
  `${HEAD}@Content-Length: -1\r\n\r\n`,
  `${HEAD}@Content-Length: 99999999999999999999999\r\n\r\n`,
  `${HEAD}@Content-Length : 4\r\n\r\n<a/>`,
  `${HEAD}@Transfer-Encoding: chunked\r\n\r\nzz\r\n<a/>\r\n0\r\n\r\n`,
  `${HEAD}@Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n<a/>\r\n0\r\n\r\n`,
  `${HEAD}@Transfer-Encoding: chunked\r\n\r\n4\n<a/>\n0\n\n`,
  `${HEAD}@X: a\r\n folded\r\nContent-Length : 4\r\n\r\n<a/>`,
  `${HEAD}@X\0: a\r\nContent-Length: 4\r\n\r\n<a/>`,
  `${HEAD}@${'X: y\r\n'.repeat(200)}Content-Length: 4\r\n\r\n<a/>`,
] as const

function fields(c: Chance): string {
  const some = [
    'X-A: b\r\n',
    'Accept: */*\r\n',
    'Connection: keep-alive\r\n',
    `X-Id: ${'i'.repeat(c.int(4_000))}\r\n`,
    'Expect: 100-continue\r\n',
  ]
  return some.filter(() => c.once(4)).join('')
}

/** Chunks of any size but crumbs, with extensions, leading zeros, capitals, trailers. */
function chunked(c: Chance, body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + c.int(c.once(3) ? 20 : 5_000) + (body.length > 2_000 ? 64 : 0))
    const written = c.once(5) ? size.toString(16).toUpperCase().padStart(6, '0') : size.toString(16)
    pieces.push(
      Buffer.from(`${written}${c.once(6) ? ';a="b"' : ''}\r\n`),
      body.subarray(at, at + size),
      Buffer.from('\r\n'),
    )
    at += size
  }
  pieces.push(Buffer.from(`0\r\n${c.once(6) ? 'X-Trailer: a\r\n' : ''}\r\n`))
  return Buffer.concat(pieces)
}

function garbled(c: Chance, bytes: Buffer): Buffer {
  const out = Buffer.from(bytes)
  for (let n = 1 + c.int(3); n > 0; n -= 1) out[c.int(Math.min(out.length, 120) - 1)] = c.int(255)
  return out
}

interface Answer {
  readonly statuses: readonly number[]
  readonly ended: boolean
  readonly late: boolean
}

/** Writes it in pieces, and waits for the first answer that is not `100 Continue`, or the end. */
async function ask(c: Chance, socket: TLSSocket, { bytes, body }: Asked): Promise<Answer> {
  let text = ''
  let ended = false
  const finals = () =>
    [...text.matchAll(/^HTTP\/1\.1 (\d{3})[^\n]*\r\n/gm)]
      .map((match) => Number(match[1]))
      .filter((status) => status !== 100)
  const { promise, resolve } = Promise.withResolvers<void>()
  const onData = (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (finals().length > 0 && isWhole(text)) resolve()
  }
  const onEnd = () => {
    ended = true
    resolve()
  }
  socket.on('data', onData)
  for (const event of ['close', 'end', 'error']) socket.on(event, onEnd)
  for (let at = 0; at < bytes.length && !ended; ) {
    const size = c.once(2) ? bytes.length : 1 + c.int(2_000)
    socket.write(bytes.subarray(at, at + size))
    at += size
    if (c.once(20)) await wait(1)
  }
  // what is not whole by its own account is waited for by the listener; who gives it up is not at fault
  const patience = body === undefined ? 300 : PATIENCE
  const timer = setTimeout(resolve, patience)
  await promise
  clearTimeout(timer)
  socket.off('data', onData)
  for (const event of ['close', 'end', 'error']) socket.off(event, onEnd)
  const statuses = finals()
  const late = body !== undefined && statuses.length === 0 && !ended
  return { statuses, ended: ended || body === undefined || /connection: close/i.test(text), late }
}

/** The last response that begins in it is there to its end. */
function isWhole(text: string): boolean {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '))
  const end = last.indexOf('\r\n\r\n')
  if (end < 0 || last.startsWith('HTTP/1.1 100')) return false
  const length = Number(/content-length: (\d+)/i.exec(last)?.[1] ?? 0)
  return Buffer.byteLength(last, 'latin1') >= end + 4 + length
}
