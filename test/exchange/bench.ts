import assert from 'node:assert/strict'
import { after } from 'node:test'
import type { Config, PeerConfig } from '../../src/config/types.ts'
import { createDeliveryEngine } from '../../src/delivery/engine.ts'
import type { Sink } from '../../src/delivery/sink.ts'
import { GatewayError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { createExchangeSide } from '../../src/exchange/exchanges.ts'
import { jidDestinations } from '../../src/gateway/jid-destinations.ts'
import type { Grid, GridReply, GridRequest } from '../../src/grid/contract.ts'
import { createMetrics } from '../../src/metrics.ts'
import { stubOf } from '../../src/profile/stub.ts'
import type { Inspection } from '../../src/reading/inspection.ts'
import { createReader } from '../../src/reading/reader.ts'
import { createAccept } from '../../src/relay/accept.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import type { Answer, Heard, OutgoingMessage } from '../../src/rid/contract.ts'
import { grid, peer, published, read, valid } from '../relay/journey.ts'
import { createBench, log, MEMORY } from '../store/support.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

export const EXCHANGES: Config['exchanges'] = {
  hold: 25_000,
  holdIq: 10_000,
  pending: 120_000,
  expireQuery: 86_400_000,
  expireRequest: 30 * 86_400_000,
  reports: 5,
  results: 50,
  open: 20,
  rate: 60,
}

/** What was POSTed to a peer. */
export interface Posted {
  readonly to: string
  /** undefined: to its url */
  readonly at?: string
  readonly token: string | undefined
  readonly inspection: Inspection
  readonly xml: string
}

/** How a peer answers what is POSTed to it: 200 empty unless a test says otherwise. */
export type Responder = (posted: Posted) => Partial<Heard> & { readonly body?: Uint8Array }

export const ASKER = peer({
  name: 'csirt-a',
  accept: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest'],
  query: ['incident'],
  restrictions: ['public', 'partner'],
})
export const OTHER = peer({ name: 'csirt-b', identity: { dns: 'csirt-b.example' }, accept: ['Report'] })

/** Where items of its Topics go. */
export type Topics = Pick<Grid, 'publish' | 'retract' | 'obstacle'>

const NO_ITEMS: Sink = { send: async () => ({ kind: 'hold', reason: 'no reports here' }) }

/**
 * A gateway without network: its doors, its store, its queue, and peers and others on the grid who answer by script. `own`: on what
 * another left.
 */
export async function openBench(
  config: Partial<Config> = {},
  responder: Responder = () => ({}),
  replier: (request: GridRequest) => GridReply | Promise<GridReply> = () => ({ kind: 'result', xml: undefined }),
  topics?: Topics,
  own?: Awaited<ReturnType<typeof createBench>>,
) {
  const disk = own ?? (await createBench(MEMORY))
  const { clock, store } = disk
  const peers = config.peers ?? [ASKER, OTHER]
  const whole = {
    ...grid({}, 250_000),
    routes: [],
    rid: { name: 'gateway.example', maxMessage: 1_048_576 },
    delivery: { maxAge: 3 * 86_400_000, concurrency: 1, maxQueue: 10 },
    exchanges: EXCHANGES,
    archive: { keep: 30 * 86_400_000 },
    ...config,
    peers,
  } as unknown as Config
  const metrics = createMetrics()
  const told: { event: string; fields: object }[] = []
  const made = createEvents({ log, metrics, clock })
  const events = {
    ...made,
    tell: (...[event, fields]: Parameters<typeof made.tell>) => void told.push({ event, fields }),
  } as typeof made
  const posted: Posted[] = []
  const requested: GridRequest[] = []
  /** Documents that no thread can read, though each has been read before. */
  const unreadable = new Set<string>()
  /** Documents that cannot be written as IODEF 1. */
  const unwritable = new Set<string>()
  const ownReader: typeof reader = {
    ...reader,
    async inspect(bytes, ...more) {
      const text = Buffer.from(bytes).toString()
      if ([...unreadable].some((word) => text.includes(word))) throw new GatewayError('intake-timeout')
      return reader.inspect(bytes, ...more)
    },
    async downgrade(xml, to) {
      if ([...unwritable].some((word) => xml.includes(word))) throw new GatewayError('intake-timeout')
      return reader.downgrade(xml, to)
    },
  }
  const senderTo = (to: PeerConfig, at?: string) => ({
    async send({ write, heard, callbackToken }: OutgoingMessage) {
      const xml = write({ name: to.identity.dns, address: at ?? '192.0.2.80' })
      const one = { to: to.name, ...(at !== undefined && { at }), token: callbackToken, inspection: read(xml), xml }
      posted.push(one)
      const response: Heard = {
        status: 200,
        contentType: 'text/xml',
        callbackToken: undefined,
        body: Buffer.from(''),
        ...responder(one),
      }
      heard?.(response)
      if (response.status === 503) return { kind: 'retry', reason: '503', destinationDown: false } as const
      return response.status < 300
        ? ({ kind: 'delivered', status: response.status } as const)
        : ({ kind: 'hold', reason: `HTTP ${response.status}` } as const)
    },
    async [Symbol.asyncDispose]() {},
  })
  const side = createExchangeSide({
    config: whole,
    reader: ownReader,
    store,
    events,
    clock,
    wake: (kind, destination) => engine.wake(kind, destination),
    senderAt: senderTo,
  })
  const engine = createDeliveryEngine({
    store,
    clock,
    tell: events.tell,
    events,
    config: whole.delivery,
    destinations: [
      ...(topics === undefined ? [] : whole.grid.topics).map(({ name }) => {
        return { kind: 'topic', destination: name, sink: side.topicSink(topics!, NO_ITEMS) } as const
      }),
      ...peers.map((to) => {
        return { kind: 'peer', destination: to.name, sink: side.sink(to, senderTo(to), undefined) } as const
      }),
      ...jidDestinations(whole, side, {
        async request(request) {
          requested.push(request)
          return replier(request)
        },
      }),
    ],
  })
  const accept = createAccept({ config: whole, reader, store, events, receive: side.receive, wake: () => undefined })
  const consume = createConsumer({
    config: { peers: topics === undefined ? [] : peers },
    ...(topics !== undefined && { converse: side.converse }),
    reader,
    store,
    events,
    clock,
    record: side.record,
    wake: () => undefined,
  })
  let id = 0
  return {
    ...disk,
    side,
    events,
    unreadable,
    unwritable,
    told,
    posted,
    /** IQs that were sent. */
    requested,
    engine,
    metrics,
    /** A Topic shows the items of this document. */
    async show(text: string, topic = 'incident', msgType: Parameters<typeof published>[2] = 'Report') {
      const items = published(valid(text), grid(), msgType).map(({ item }) => ({
        topic,
        id: item.id,
        xml: item.xml,
        retained: false,
      }))
      await consume(topic, items)
      return items.map((item) => item.id)
    },
    showXml: (xml: string, itemId: string, topic = 'incident') =>
      consume(topic, [{ topic, id: itemId, xml, retained: false }]),
    post(text: string, from: PeerConfig = ASKER, token?: string, address = '192.0.2.65'): Promise<Answer> {
      id += 1
      return accept({
        id: `m${id}`,
        peer: from,
        address,
        body: Buffer.from(text),
        receivedAt: clock.now(),
        ...(token !== undefined && { callbackToken: token }),
      })
    },
    /** The gateway was killed, and another one starts on what it left; it ends before this one does. */
    async killed() {
      return openBench(config, responder, replier, topics, { ...disk, store: await disk.reopen() })
    },
    /** What happened to the incident, or the exchange, by its trace. */
    traced: async (incident: string) => (await store.trace(incident)).map(({ event }) => event),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      if (own === undefined) await disk[Symbol.asyncDispose]()
    },
  }
}

/** What stands on a Topic for an item that is a file. */
export function asFile(xml: string): string {
  const hash = Buffer.alloc(32).toString('base64')
  const url = 'https://upload.grid.example/a'
  const file = { name: 'a.xml', size: 1, hash, url, encryptedHash: hash, key: hash }
  const stub = stubOf(xml, { ...file, iv: Buffer.alloc(12).toString('base64') }) ?? ''
  assert.ok(read(stub).item?.file !== undefined)
  return stub
}

/** The RID message of a 200, valid by its schema. */
export function message(answer: Answer): Inspection & { readonly xml: string } {
  assert.equal(answer.kind, 'reply', JSON.stringify(answer))
  const xml = answer.kind === 'reply' ? answer.xml : ''
  const inspection = read(xml)
  assert.ok(inspection.valid, JSON.stringify(inspection.errors[0]))
  return { ...inspection, xml }
}

export function tokenOf(answer: Answer): string {
  assert.equal(answer.kind, 'promised', JSON.stringify(answer))
  return answer.kind === 'promised' ? answer.token : ''
}
