import { Writable } from 'node:stream'
import { pino } from 'pino'
import { systemClock } from '../../src/clock.ts'
import type { PeerConfig, RidConfig } from '../../src/config/types.ts'
import { createTeller } from '../../src/events/teller.ts'
import type { Accept, IncomingMessage } from '../../src/rid/contract.ts'
import { createRidListener, type RidListener, type RidListenerOptions } from '../../src/rid/listener.ts'
import type { RidNews } from '../../src/rid/news.ts'
import { loadTls } from '../../src/rid/tls.ts'
import type { Tell } from '../../src/tell.ts'
import { type Authority, type Certificate, createPki } from '../support/pki.ts'
import { createRidClient, type RidClient } from '../support/rid-client.ts'

export function peerConfig(name: string, identity: PeerConfig['identity'], url?: string): PeerConfig {
  return {
    name,
    identity,
    accept: ['Report'],
    publish: [],
    ...(url === undefined ? {} : { url }),
    topics: [],
    send: ['Report'],
    restrictions: ['public', 'partner'],
    policy: { region: 'PeerToPeer', traffic: 'Attack' },
    strict: false,
    replies: 'strict',
  }
}

/** A log whose lines tests can read. */
export function memoryLog(): { tell: Tell<RidNews>; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const log = pino({ level: 'debug', formatters: { level: (label) => ({ level: label }) } }, stream)
  return { tell: createTeller({ log, clock: systemClock }), lines }
}

export const REPLY = '<?xml version="1.0" encoding="UTF-8"?>\n<RID/>'

export interface Bench extends AsyncDisposable {
  readonly listener: RidListener
  /** The listener's, with what its TLS files hold. */
  take(rid: RidConfig, peers: readonly PeerConfig[]): void
  readonly port: number
  readonly rid: RidConfig
  readonly peers: readonly PeerConfig[]
  readonly authority: Authority
  readonly server: Certificate
  readonly peer: Certificate
  /** what `accept` was given */
  readonly taken: IncomingMessage[]
  readonly lines: Record<string, unknown>[]
  /** a client with the certificate of peer csirt-a, or another; `undefined` shows none */
  client(certificate?: Certificate | null, options?: { keepAlive?: boolean }): RidClient
}

export interface BenchOptions {
  readonly authority?: Authority
  readonly peers?: readonly PeerConfig[]
  readonly accept?: Accept
  readonly tls?: Partial<RidConfig['tls']>
  readonly host?: string
  readonly maxMessage?: number
  readonly state?: RidListenerOptions['state']
  readonly limits?: RidListenerOptions['limits']
  readonly ridLimits?: RidConfig['limits']
  /** of the proxies in front: their header is demanded */
  readonly proxies?: readonly string[]
  readonly basic?: boolean
  readonly anonymous?: boolean
}

/** One PKI for all tests of a file: making keys is slow. */
export const pki = await createPki()
export const root = await pki.ca()
export const server = await root.issue({ cn: 'gateway', dns: ['localhost'] })
export const csirtA = await root.issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })

/** A listener on a free port of 127.0.0.1 that knows csirt-a and answers REPLY. */
export async function startBench(options: BenchOptions = {}): Promise<Bench> {
  const taken: IncomingMessage[] = []
  const { tell, lines } = memoryLog()
  const rid: RidConfig = {
    host: options.host ?? '127.0.0.1',
    port: 0,
    name: 'gateway.example',
    tls: { cert: server.cert, key: server.key, ca: root.cert, ...options.tls },
    maxMessage: options.maxMessage ?? 65_536,
    ...(options.ridLimits && { limits: options.ridLimits }),
    ...(options.proxies && { proxyProtocol: true, proxies: options.proxies }),
    ...(options.basic !== undefined && { basic: options.basic }),
    ...(options.anonymous !== undefined && { anonymous: options.anonymous }),
  }
  const peers = options.peers ?? [peerConfig('csirt-a', { dns: 'csirt-a.example' })]
  const listener = createRidListener({
    rid,
    peers,
    accept: async (message) => {
      taken.push(message)
      return options.accept ? options.accept(message) : { kind: 'reply', xml: REPLY }
    },
    state: options.state ?? (() => 'serving'),
    tell,
    ...(options.limits ? { limits: options.limits } : {}),
  })
  const { port } = await listener.start()
  return {
    listener,
    take: (next, peers) => listener.take(next, peers, loadTls(next.tls)),
    port,
    rid,
    peers,
    authority: root,
    server,
    peer: csirtA,
    taken,
    lines,
    client(certificate = csirtA, clientOptions = {}) {
      const identity = certificate === null ? {} : { cert: certificate.cert, key: certificate.key }
      return createRidClient(port, { ca: root.cert, ...identity }, clientOptions)
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}
