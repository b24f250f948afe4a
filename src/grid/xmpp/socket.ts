import { EventEmitter } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { GatewayError } from '../../errors.ts'
import { lineError, tlsError } from './tls.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
  /** direct TLS (XEP-0368); without it the stream begins in the clear */
  readonly tls?: ConnectionOptions
}

/** What is written at a time: how long it takes to leave shows whether the other end takes anything. */
const PIECE = 16_384
/** ms: what took longer to leave had to wait for the other end */
const WAITED = 50

interface Outgoing {
  readonly bytes: Buffer
  readonly done: (error?: Error | null) => void
}

/**
 * The socket @xmpp/client is given in place of its own. It emits `data` as text that is never cut inside a character,
 * `connect`, `drained` when bytes left that had to wait, `close`, and one `error`; the raw sockets below always have an error listener, also when nobody is interested
 * any more.
 */
export class GridSocket extends EventEmitter {
  secure = false
  /** ms since the epoch of the last byte received */
  lastReceived = Date.now()
  #raw: Socket | TLSSocket | undefined
  #decoder = new StringDecoder('utf8')
  #closed = false
  readonly #outgoing: Outgoing[] = []
  #writing = false

  get tls(): TLSSocket | undefined {
    return this.secure ? (this.#raw as TLSSocket) : undefined
  }

  connect(endpoint: Endpoint): void {
    if (endpoint.tls) {
      const socket = connectTls({ ...endpoint.tls, host: endpoint.host, port: endpoint.port })
      this.#attach(socket, tlsError)
      socket.once('secureConnect', () => {
        this.secure = true
        this.emit('connect')
      })
    } else {
      const socket = connectTcp({ host: endpoint.host, port: endpoint.port })
      this.#attach(socket, lineError)
      socket.once('connect', () => this.emit('connect'))
    }
    this.#raw?.setNoDelay(true)
    this.#raw?.setKeepAlive(true, 30_000)
  }

  /** STARTTLS: from here on everything is inside TLS. What came in the clear and was not read is thrown away. */
  upgrade(options: ConnectionOptions): Promise<void> {
    const raw = this.#raw
    if (!raw || this.secure) return Promise.reject(new GatewayError('internal', 'No socket to upgrade.'))
    raw.removeAllListeners('data')
    raw.removeAllListeners('close')
    return new Promise((resolve, reject) => {
      const socket = connectTls({ ...options, socket: raw })
      this.#decoder = new StringDecoder('utf8')
      this.#attach(socket, tlsError)
      const failed = (error?: unknown) =>
        reject(error instanceof Error ? error : new GatewayError('grid-away', 'The line closed during TLS.'))
      this.once('error', failed)
      this.once('close', failed)
      socket.once('secureConnect', () => {
        this.removeListener('error', failed)
        this.removeListener('close', failed)
        this.secure = true
        resolve()
      })
    })
  }

  /** What is written in one turn leaves as one. */
  write(data: string | Buffer, done: (error?: Error | null) => void): void {
    this.#cork()
    this.#outgoing.push({ bytes: typeof data === 'string' ? Buffer.from(data) : data, done })
    if (!this.#writing) this.#writeNext()
  }

  #cork(): void {
    const raw = this.#raw
    if (raw === undefined || raw.writableCorked > 0) return
    raw.cork()
    process.nextTick(() => raw.uncork())
  }

  #writeNext(): void {
    this.#writing = false
    for (let next = this.#outgoing.shift(); next !== undefined; next = this.#outgoing.shift()) {
      if (!this.#raw || this.#closed) next.done(new GatewayError('grid-away', 'The line is closed.'))
      else if (next.bytes.length <= PIECE) this.#raw.write(next.bytes, next.done)
      else {
        this.#writing = true
        this.#writePieces(next, 0)
        return
      }
    }
  }

  /** One after the other; what is written meanwhile waits, and never comes between. */
  #writePieces({ bytes, done }: Outgoing, at: number): void {
    const begun = Date.now()
    const end = at + PIECE
    const left = (error?: Error | null) => {
      if (!error && Date.now() - begun > WAITED) this.emit('drained')
      if (!error && end < bytes.length) this.#writePieces({ bytes, done }, end)
      else {
        done(error)
        this.#writeNext()
      }
    }
    if (!this.#raw || this.#closed) left(new GatewayError('grid-away', 'The line is closed.'))
    else this.#raw.write(bytes.subarray(at, end), left)
  }

  /**
   * Says the last words and closes: nothing else is written. Where a stanza is half written they would be part of it, so that the line
   * is cut. `ms`: how long the other end may take to close, too.
   */
  finish(words: string, ms: number): void {
    const raw = this.#raw
    if (!raw || this.#closed) return
    const isHalfWritten = this.#writing
    for (const { done } of this.#outgoing.splice(0)) done(new GatewayError('grid-away', 'The line is closed.'))
    if (isHalfWritten) {
      raw.destroy()
      return
    }
    raw.end(words)
    const timer = setTimeout(() => raw.destroy(), ms)
    timer.unref()
    raw.once('close', () => clearTimeout(timer))
  }

  /** Closes at once; `close` follows. */
  destroy(): void {
    this.#raw?.destroy()
  }

  #attach(socket: Socket | TLSSocket, classify: (error: unknown) => GatewayError): void {
    this.#raw = socket
    socket.on('data', (bytes: Buffer) => {
      this.lastReceived = Date.now()
      const text = this.#decoder.write(bytes)
      if (text !== '') this.emit('data', text)
    })
    socket.on('error', (error) => {
      // an XMPP connection may live long past anybody's interest in it
      if (!this.#closed && this.listenerCount('error') > 0) this.emit('error', classify(error))
    })
    socket.on('close', (dirty: boolean) => {
      if (this.#closed) return
      this.#closed = true
      this.emit('close', dirty)
    })
  }
}
