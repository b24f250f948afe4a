import { type Connection, client, type Element } from '@xmpp/client'
import type { LoginConfig } from '../../config/types.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import { codeOf } from '../../failure-words.ts'
import { type FrameLimits, FramingError } from './framer.ts'
import { type DroppedStanza, type Glance, StanzaParser } from './parser.ts'
import { type Endpoint, GridSocket } from './socket.ts'
import { conflict, END, lastWords } from './stream-error.ts'
import { BuildError } from './tag.ts'
import { tlsError, tlsOptions } from './tls.ts'

/** of what people may be told in answer (RFC 6120 §4.7.4) */
export const LANGUAGE = 'en'

interface EntityOptions {
  readonly config: LoginConfig
  readonly address: { readonly local: string; readonly domain: string }
  readonly resource: string
  readonly limits: FrameLimits
  readonly onDropped: (stanza: DroppedStanza) => void
  readonly glance: Glance
}

interface EntityHandlers {
  readonly onHeader: (header: Element) => void
  readonly onElement: (element: Element) => void
  readonly onOnline: () => void
  /** The stream has ended; `last`: what it is still told (RFC 6120 §4.4, §4.9.1.1). */
  readonly onOver: (reason: GatewayError, last?: string) => void
  readonly isOver: () => boolean
}

/** An @xmpp/client entity over our socket and parser: of its own it keeps headers, resource binding and the answers to questions. */
export function createEntity(options: EntityOptions, handlers: EntityHandlers): Connection {
  const { config, resource, address } = options
  const { domain } = address
  const entity = client({ service: config.service, domain, resource, lang: LANGUAGE, timeout: 30_000 })
  entity.reconnect.stop()
  const transport = createTransport(entity, options)
  entity.transports.splice(0, entity.transports.length, transport)
  const header = entity.header.bind(entity)
  entity.header = (element) => {
    // not before: who logs in is nobody's business on the way (RFC 6120 §4.7.1)
    if ((entity.socket as GridSocket).secure) element.attrs.from = `${address.local}@${domain}`
    return header(element)
  }
  const { onOver } = handlers
  entity.on('open', handlers.onHeader)
  entity.on('error', (error: unknown) => onOver(asGatewayError(error), wordsFor(error)))
  entity.on('disconnect', () => onOver(new GatewayError('grid-away', 'The line closed.')))
  entity.on('close', () => onOver(new GatewayError('grid-away', 'The stream was closed.'), END))
  entity.on('online', handlers.onOnline)
  entity._onData = (text) => {
    // bytes behind the end of the stream have no parser any more
    if (!handlers.isOver()) entity.parser?.write(text)
  }
  entity._onElement = handlers.onElement
  // closing is ours: its own waits for half a minute for what is gone already
  entity.disconnect = async () => undefined
  entity._streamError = async () => undefined
  return entity
}

/** Its header and footer, our socket and parser. */
function createTransport(entity: Connection, { config, limits, onDropped, glance, address }: EntityOptions): Transport {
  const base = entity.transports.find((candidate) => speaksTcp(candidate.prototype))
  if (!base) throw new GatewayError('internal', '@xmpp/client has no TCP transport.')
  class GridTransport extends (base as unknown as new () => object) {
    socketParameters(service: string): Endpoint {
      return endpoint(service, config, address.domain)
    }
  }
  Object.assign(GridTransport.prototype, {
    Socket: GridSocket,
    Parser: class extends StanzaParser {
      constructor() {
        super(limits, onDropped, glance)
      }
    },
  })
  return GridTransport as unknown as Transport
}

type Transport = Connection['transports'][number]

/** `xmpp://` or `xmpps://`, with the port of RFC 6120 §14.7 and XEP-0368 where none is given. */
function endpoint(service: string, config: LoginConfig, domain: string): Endpoint {
  const url = new URL(service)
  const direct = url.protocol === 'xmpps:'
  return {
    // of a scheme that it does not know, URL writes other letters as %XX
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (direct ? 5223 : 5222) : Number(url.port),
    ...(direct ? { tls: tlsOptions(config.tls, domain, true) } : {}),
  }
}

function speaksTcp(prototype: { socketParameters(service: string): unknown }): boolean {
  try {
    return prototype.socketParameters('xmpp://localhost') !== undefined
  } catch {
    return false
  }
}

/** RFC 6120 §4.9.1.1: whoever notices the fault says so. */
function wordsFor(error: unknown): string | undefined {
  if (error instanceof FramingError) return lastWords(error.condition)
  return error instanceof BuildError ? lastWords('bad-format') : undefined
}

export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  // thrown before there is any connection: OpenSSL cannot use a file of ours
  if (codeOf(error)?.startsWith('ERR_OSSL_')) return tlsError(error)
  // RFC 6120 §7.7.2.2: the resource is taken
  if (error instanceof Error && 'condition' in error && error.condition === 'conflict') return conflict('conflict')
  const isStream = error instanceof FramingError || error instanceof BuildError
  const sentence = isStream ? { sentence: 'What the Controller sends cannot be read:' } : {}
  return new GatewayError('grid-away', messageOf(error), { cause: error, ...sentence })
}
