import { type Connection, type Element, type JID, jid } from '@xmpp/client'
import type { LoginConfig } from '../../config/types.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import { asGatewayError, createEntity, LANGUAGE } from './entity.ts'
import type { Flight } from './flight.ts'
import type { FrameLimits } from './framer.ts'
import { streamFlaw } from './header.ts'
import type { IqAnswer } from './iq.ts'
import { negotiate } from './negotiate.ts'
import type { DroppedStanza, Glance } from './parser.ts'
import type { GridSocket } from './socket.ts'
import { END, lastWords, streamError } from './stream-error.ts'
import { watchTrust } from './trust.ts'
import { StanzaWriter } from './white-space.ts'

interface StreamOptions {
  readonly config: LoginConfig
  readonly resource: string
  readonly limits: FrameLimits
  /** is told what is written behind login */
  readonly flight: Flight
  /** ms between looks whether the other end is still to be trusted */
  readonly trust: number
  /** every stanza behind login; must not throw */
  readonly onStanza: (stanza: Element) => void
  readonly onDropped: (stanza: DroppedStanza) => void
  /** at every stanza behind login, first */
  readonly glance: Glance
  /** ends the attempt, and later the stream */
  readonly signal: AbortSignal
}

/** ms that the other end is given to close its stream */
const PARTING = 2_000

/** How it is kept from others, for people to see (RFC 7590 §3.6): `TLSv1.3`, `SCRAM-SHA-256-PLUS`. */
export interface Security {
  readonly tls: string
  readonly mechanism: string
}

/** An XMPP stream inside TLS, logged in and bound. */
export interface Stream {
  readonly jid: JID
  readonly entity: Connection
  /** ms since the epoch of the last byte received */
  lastReceived(): number
  /** bytes of the longest stanza that the Controller takes, where it says so (XEP-0478) */
  readonly longestStanza: number | undefined
  readonly security: Security
  /** Writes a stanza as it is; `answer` is that to a question. Rejects with 'grid-away' when the line is gone. */
  write(stanza: string, answer?: Promise<IqAnswer>): Promise<void>
  /** Resolves with the reason when the stream has ended, however it did. */
  readonly closed: Promise<GatewayError>
  /** Says goodbye, then closes. */
  close(): Promise<void>
  destroy(reason: GatewayError): void
}

/**
 * Connects, negotiates TLS, logs in and binds a resource, once: whoever wants another attempt calls again. Rejects with
 * GatewayError 'grid-away', 'grid-tls', 'grid-auth' or 'grid-timeout' (the signal).
 */
export async function openStream(options: StreamOptions): Promise<Stream> {
  const wire = new Wire(options)
  try {
    return await wire.open()
  } catch (error) {
    wire.end(asGatewayError(error))
    // the first reason is the true one: what else broke is its consequence
    throw await wire.closed
  }
}

/** One @xmpp/client entity over our socket and parser, with its own reconnect, TLS and SASL left out. */
class Wire {
  readonly closed: Promise<GatewayError>
  readonly #options: StreamOptions
  readonly #entity: Connection
  readonly #writer: StanzaWriter
  readonly #address: { local: string; domain: string }
  readonly #nonzas: Element[] = []
  #phase: 'negotiating' | 'binding' | 'bound' = 'negotiating'
  #waiting: { resolve: (element: Element) => void; reject: (error: GatewayError) => void } | undefined
  #reason: GatewayError | undefined
  #header: Element | undefined
  /** our own closing tag is written: nothing may follow it */
  #ended = false
  #close!: (reason: GatewayError) => void
  #online: (() => void) | undefined

  constructor(options: StreamOptions) {
    this.#options = options
    this.#address = jid(options.config.jid)
    this.closed = new Promise((resolve) => {
      this.#close = resolve
    })
    this.#entity = createEntity(
      {
        ...options,
        address: this.#address,
        glance: (text, build) => this.#phase === 'bound' && this.#reason === undefined && options.glance(text, build),
      },
      {
        onHeader: (header) => this.#onHeader(header),
        onElement: (element) => this.#onElement(element),
        onOnline: () => this.#online?.(),
        onOver: (reason, last) => this.#fail(reason, last),
        isOver: () => this.#reason !== undefined,
      },
    )
    this.#writer = new StanzaWriter(this.#entity.write.bind(this.#entity), options.flight)
    const abort = () => this.destroy(new GatewayError('grid-timeout', messageOf(options.signal.reason)))
    if (options.signal.aborted) abort()
    else options.signal.addEventListener('abort', abort, { once: true })
    void this.closed.then(() => options.signal.removeEventListener('abort', abort))
  }

  /** Rejects as soon as the line breaks, whatever @xmpp/client is waiting for. */
  open(): Promise<Stream> {
    const broken = this.closed.then((reason) => Promise.reject<never>(reason))
    return Promise.race([this.#steps(), broken])
  }

  async #steps(): Promise<Stream> {
    const entity = this.#entity
    if (this.#reason) throw this.#reason
    await entity.connect(this.#options.config.service)
    await entity.open({ domain: this.#address.domain, lang: LANGUAGE })
    const line = {
      socket: this.#socket(),
      send: (element: Element) => entity.send(element),
      next: () => this.#next(),
      header: () => this.#header as Element,
      unread: () => this.#nonzas.length,
      restart: async () => {
        this.#nonzas.length = 0
        await entity.restart()
      },
    }
    const { features, mechanism } = await negotiate(line, this.#options.config, this.#address)
    line.socket.on('drained', () => this.#options.flight.drained())
    const { socket } = line
    const unwatch = socket.tls && watchTrust(socket.tls, this.#options.config.tls, this.#options.trust, this.#distrust)
    void this.closed.then(unwatch)
    const longestStanza = readLimit(features)
    await this.#bind(features)
    const bound = entity.jid
    if (!bound) throw new GatewayError('grid-away', 'It bound no address.')
    return {
      jid: bound,
      entity,
      lastReceived: () => (entity.socket as GridSocket | null)?.lastReceived ?? 0,
      longestStanza,
      security: { tls: socket.tls?.getProtocol() ?? 'none', mechanism },
      write: (stanza, answer) => this.#write(stanza, answer),
      closed: this.closed,
      close: () => this.#goodbye(),
      destroy: (reason) => this.destroy(reason),
    }
  }

  destroy(reason: GatewayError): void {
    this.#fail(reason)
  }

  readonly #distrust = (why: string) => {
    this.end(new GatewayError('grid-tls', why, { fields: { answer: 'reset' } }))
  }

  /** Says why, where there is a word for it (RFC 6120 §4.9.3). */
  end(reason: GatewayError): void {
    const { answer } = reason.fields
    this.#fail(reason, typeof answer === 'string' ? lastWords(answer) : undefined)
  }

  #onHeader(header: Element): void {
    this.#header = header
    const flaw = streamFlaw(header)
    if (flaw) this.end(flaw)
  }

  #onElement(element: Element): void {
    if (this.#reason) return
    if (element.is('error', 'http://etherx.jabber.org/streams')) {
      // another login with our resource, a policy: backing off is right for all of them
      this.#fail(streamError(element), END)
      return
    }
    const stanza = element.name === 'iq' || element.name === 'message' || element.name === 'presence'
    if (!stanza) {
      if (this.#waiting) {
        const { resolve } = this.#waiting
        this.#waiting = undefined
        resolve(element)
      } else if (this.#nonzas.length < 10) this.#nonzas.push(element)
    } else if (this.#phase === 'bound') this.#options.onStanza(element)
    else if (this.#phase === 'binding') this.#toLibrary(element)
    else this.destroy(new GatewayError('grid-away', 'It sent a stanza before login.'))
  }

  #next(): Promise<Element> {
    if (this.#reason) return Promise.reject(this.#reason)
    const element = this.#nonzas.shift()
    if (element) return Promise.resolve(element)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** RFC 6120 §7, by @xmpp/client's own feature, which sees nothing but this one. */
  async #bind(features: Element): Promise<void> {
    const bind = features.getChild('bind', 'urn:ietf:params:xml:ns:xmpp-bind')
    if (!bind) throw new GatewayError('grid-away', 'It offers no resource binding.')
    features.children = [bind]
    this.#phase = 'binding'
    const online = new Promise<void>((resolve) => {
      this.#online = resolve
    })
    this.#toLibrary(features)
    const failed = await Promise.race([online, this.closed])
    if (failed) throw failed
    this.#phase = 'bound'
    // what @xmpp/client answers by itself too
    this.#entity.write = (text) => (this.#ended ? Promise.resolve() : this.#writer.write(String(text)))
  }

  #toLibrary(element: Element): void {
    try {
      this.#entity.emit('element', element)
    } catch (error) {
      // an address it cannot parse
      this.#fail(asGatewayError(error))
    }
  }

  async #write(stanza: string, answer?: Promise<IqAnswer>): Promise<void> {
    if (this.#reason || this.#ended) throw this.#reason ?? new GatewayError('grid-away', 'Closed by us.')
    try {
      await this.#writer.write(stanza, answer)
    } catch (error) {
      throw this.#reason ?? asGatewayError(error)
    }
  }

  /** RFC 6120 §4.4: the other end's closing tag is waited for, for a while. */
  async #goodbye(): Promise<void> {
    const socket = this.#entity.socket as GridSocket | null
    if (!this.#reason && socket) {
      const timer = setTimeout(() => socket.destroy(), PARTING)
      this.#ended = true
      await this.#writer.write(END).catch(() => {})
      await this.closed
      clearTimeout(timer)
    }
    this.destroy(new GatewayError('grid-away', 'Closed by us.'))
  }

  /** `last`: what is still said to the other end. */
  #fail(reason: GatewayError, last?: string): void {
    if (this.#reason) return
    this.#reason = reason
    this.#waiting?.reject(reason)
    this.#waiting = undefined
    this.#close(reason)
    // ends what @xmpp/client still waits for, timers included
    this.#entity.emit('error', reason)
    for (const deferred of this.#entity.iqCaller.handlers.values()) {
      deferred.promise.catch(() => {})
      deferred.reject(reason)
    }
    const socket = this.#entity.socket as GridSocket | null
    // whatever is half open goes with it
    if (last === undefined) socket?.destroy()
    else socket?.finish(this.#ended ? '' : last, PARTING)
  }

  #socket(): GridSocket {
    return this.#entity.socket as GridSocket
  }
}

/** XEP-0478 */
function readLimit(features: Element): number | undefined {
  const bytes = Number(features.getChild('limits', 'urn:xmpp:stream-limits:0')?.getChildText('max-bytes') ?? Number.NaN)
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}
