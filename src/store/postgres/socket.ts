import { isIP, type Socket, connect as toAddress } from 'node:net'
import { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as withTls } from 'node:tls'
import { codeOf, networkWords, tlsWords } from '../../failure-words.ts'

/** How servers are verified, and what they are shown: PEM. */
export interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface Host {
  readonly name: string
  readonly port: number
}

/** ms for a connection and its TLS, at each host */
const CONNECT_WITHIN = 5000

/** SSLRequest (PostgreSQL, "Message Formats") */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

export function hostsOf(url: string): Host[] {
  const [, written = ''] = /^postgres:\/\/[^@/]+@([^/]+)\//.exec(url) ?? []
  return written.split(',').map((host) => {
    const [name = '', port = '5432'] = host.split(':')
    return { name, port: Number(port) }
  })
}

/**
 * What the library is to speak on: a connection with TLS where that is asked for, and never without then. Its own way verifies a server at an
 * IP address by the name `localhost`, and goes on where a server has no TLS. Where there is none, the error says of each host why not.
 */
export function connector(read: (() => Tls) | undefined, choose: () => Promise<Host>): () => Promise<Duplex> {
  return async () => {
    try {
      const host = await choose()
      const tls = read?.()
      return await open(host, tls).catch((error: unknown) => {
        throw new NoServer([`${host.name}:${host.port}: ${reasonOf(error, host, tls)}`])
      })
    } catch (error) {
      return broken(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

/** None that could be used: why, of each. */
export class NoServer extends Error {
  readonly code = 'NO_SERVER'
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(`${reasons.join('; ')}.`)
    this.reasons = reasons
  }
}

async function open({ name, port }: Host, tls: Tls | undefined): Promise<Socket> {
  const patience = AbortSignal.timeout(CONNECT_WITHIN)
  const plain = toAddress(port, name)
  try {
    await awaited(plain, 'connect', patience)
    if (tls === undefined) return plain
    plain.write(SSL_REQUEST)
    const answer = (await awaited(plain, 'data', patience)) as Buffer
    // more than a letter would be what somebody between put there before TLS (CVE-2021-23222)
    if (answer.toString('latin1') !== 'S') throw new NoTls()
    const options: ConnectionOptions = { socket: plain, host: name, rejectUnauthorized: true, ...tls }
    const safe = withTls(isIP(name) === 0 ? { ...options, servername: name } : options)
    await awaited(safe, 'secureConnect', patience)
    return safe
  } catch (error) {
    plain.destroy()
    throw error
  }
}

/** Rejects with what went wrong before. */
function awaited(socket: Socket, event: string, patience: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const off = () => {
      socket.off(event, happened).off('error', failed).off('close', closed)
      patience.removeEventListener('abort', late)
    }
    const happened = (value: unknown) => {
      off()
      resolve(value)
    }
    const failed = (error: Error) => {
      off()
      // what comes after the first
      socket.on('error', () => {})
      reject(error)
    }
    const closed = () => failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    const late = () => failed(Object.assign(new Error('late'), { code: 'ETIMEDOUT' }))
    socket.on(event, happened).on('error', failed).on('close', closed)
    patience.addEventListener('abort', late)
  })
}

class NoTls extends Error {}

/** A socket that fails, as one does that was never connected: the library expects no other end. */
function broken(error: Error): Duplex {
  const socket = new Duplex({ emitClose: false, read() {}, write: (_chunk, _encoding, done) => done() })
  socket.once('error', () => process.nextTick(() => socket.emit('close', true)))
  setImmediate(() => socket.destroy(error))
  return socket
}

function reasonOf(error: unknown, { name }: Host, tls: Tls | undefined): string {
  if (error instanceof NoTls) return 'it has no TLS (ssl = on in postgresql.conf), and without it is told nothing'
  const code = codeOf(error) ?? ''
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is not for the name ${name}`
  const ca = tls?.ca === undefined ? 'the list that comes with Node.js, as there is no store.tls.ca' : 'store.tls.ca'
  return tlsWords(code, { ca, crl: '' }) ?? `${networkWords(code)} (${code})`
}
