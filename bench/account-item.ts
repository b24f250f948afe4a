import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { systemClock } from '../src/clock.ts'
import { createEvents } from '../src/events.ts'
import { readEvents } from '../src/grid/pubsub/events.ts'
import { Framer } from '../src/grid/xmpp/framer.ts'
import { buildHead, buildStanza } from '../src/grid/xmpp/stanza.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import type { Inspection } from '../src/reading/inspection.ts'
import { readPlainReply } from '../src/reading/plain-reply.ts'
import { readDocument } from '../src/reading/read-document.ts'
import type { Reader } from '../src/reading/reader.ts'
import { createConsumer } from '../src/relay/consume.ts'
import { digestOf } from '../src/relay/item-digest.ts'
import { consumedFrom } from '../src/relay/part.ts'
import { createPeerSink } from '../src/relay/peer-sink.ts'
import { encodePart } from '../src/relay/stored-part.ts'
import { createRidSender } from '../src/rid/sender.ts'
import type { Delivery } from '../src/store/contract.ts'
import { openGatewayStore } from '../src/store/sqlite/sqlite-store.ts'
import { peer } from '../test/relay/journey.ts'
import { schemas } from '../test/support/documents.ts'
import { createPki } from '../test/support/pki.ts'
import { acknowledgement } from '../test/support/rid-peer.ts'
import { startChild } from './child.ts'
import type { Counts } from './counts.ts'
import { item, type Size, sized } from './documents.ts'
import { type Column, since, timed } from './timed.ts'

/** read, and committed, together */
const AT_ONCE = 32
const CONNECTIONS = 4

const STREAM = buildHead('<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">')
const LIMITS = { stanza: () => ({ size: 8_388_608, elements: 300_000 }), depth: 200, tag: 65_536 }

/** An event as Prosody writes it. */
function eventOf({ id, xml }: { id: string; xml: string }): string {
  const event = `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="incident"><item id="${id}">${xml}</item></items></event>`
  return `<message from="pubsub.grid.example" to="gateway@grid.example" type="headline">${event}</message>`
}

/** What an item costs on its way from its Topic into the queue, and from there to a peer: each stage alone, in one thread. */
export async function itemOf(size: Size, column: Column, counts: Counts): Promise<void> {
  const one = item(sized('i', size))
  const { xml } = one
  const time = (name: string, work: () => unknown) => column.set(name, timed(work, xml.length))
  const stanza = eventOf(one)
  const framer = new Framer(LIMITS, () => {})
  framer.write('<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">')
  time('item, main: framer', () => framer.write(stanza))
  time('item, main: stanza, payload skipped', () => buildStanza(stanza, STREAM))
  const built = buildStanza(stanza, STREAM)
  time('item, main: payload as XML of its own', () => readEvents(built))
  time('item, main: digest', () => digestOf(xml))
  const bytes = Buffer.from(xml)
  const inspection = readDocument(schemas(), bytes)
  time('item, reader: all of readDocument', () => readDocument(schemas(), bytes))
  time('item, threads: bytes in, Inspection out', () => {
    deserialize(serialize({ bytes: Buffer.from(xml) }))
    deserialize(serialize(inspection))
  })
  const consumed = consumedFrom(inspection)
  if (consumed === undefined) throw new Error('no item')
  time('item, main: what it says for deliveries', () => consumedFrom(inspection))
  time('item, main: JSON of it', () => encodePart(consumed.part))
  await throughStore(size, column, counts)
}

async function throughStore(size: Size, column: Column, counts: Counts): Promise<void> {
  const made = size === '100' ? 320 : 2_560
  const directory = await mkdtemp(join(tmpdir(), 'bench-account-'))
  await using pki = await createPki()
  await using store = await openGatewayStore({
    path: join(directory, 'gateway.db'),
    clock: systemClock,
    tell: () => {},
  })
  try {
    const log = createLog('info', { write: () => {} })
    const events = createEvents({ log, metrics: createMetrics(), clock: systemClock })
    const inspections = new Map<string, Inspection>()
    const reader = { inspect: async (read: Uint8Array) => inspections.get(Buffer.from(read).toString()) }
    const receiver = peer({ name: 'csirt-z' })
    const consume = createConsumer({
      ...{ config: { peers: [receiver] }, reader: reader as unknown as Reader, store, events, clock: systemClock },
      wake: () => {},
    })
    const items = Array.from({ length: made }, (_, n) => item(sized(`i-${n}`, size)))
    for (const { xml } of items) inspections.set(xml, readDocument(schemas(), Buffer.from(xml)))
    const before = { ...counts }
    const began = process.cpuUsage()
    for (let n = 0; n < made; n += AT_ONCE) {
      const page = items.slice(n, n + AT_ONCE).map((one) => ({ ...one, topic: 'incident', retained: true }))
      await consume('incident', page)
    }
    column.set(`item, main: all of consume, ${AT_ONCE} at once, with commit`, since(began) / made)
    column.set('item, count: SQL statements to take it in', (counts.statements - before.statements) / made)
    column.set('item, count: commits', (counts.transactions - before.transactions) / made)
    await sending(pki, store, made, column, size)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function sending(
  pki: Awaited<ReturnType<typeof createPki>>,
  store: Awaited<ReturnType<typeof openGatewayStore>>,
  made: number,
  column: Column,
  size: Size,
): Promise<void> {
  const ca = await pki.ca('rid')
  const server = await ca.issue({ cn: 'csirt-z', dns: ['csirt-z.example', 'localhost'] })
  const own = await ca.issue({ cn: 'gateway', dns: ['gateway.example'] })
  await using child = startChild('./peer-child.ts', { CERT: server.cert, KEY: server.key, CA: ca.cert })
  const port = await child.ask<number>('start')
  const receiver = peer({ name: 'csirt-z', identity: { dns: 'csirt-z.example' }, url: `https://localhost:${port}/` })
  const reply = Buffer.from(acknowledgement('Approved'))
  column.set(
    'send, main: judge the reply',
    timed(() => readPlainReply(reply), 700),
  )
  const tls = { cert: own.cert, key: own.key, ca: ca.cert }
  await using sender = createRidSender({
    receiver: { name: 'csirt-z', url: receiver.url ?? '', identity: receiver.identity },
    ...{ tls, tell: () => {} },
    readReply: async (body) => readPlainReply(body) ?? { kind: 'improper', reason: 'not known' },
  })
  const keepAnswer = async () => {}
  let written = ''
  const rendering = createPeerSink({
    ...{ peer: receiver, store, keepAnswer },
    sender: {
      async send({ write }) {
        written = write({ name: 'csirt-z.example', address: '127.0.0.1' })
        return { kind: 'delivered', status: 200 }
      },
      [Symbol.asyncDispose]: async () => {},
    },
  })
  const sink = createPeerSink({ peer: receiver, sender, store, keepAnswer })
  const { signal } = new AbortController()
  const cost = { claim: 0, render: 0, send: 0, settle: 0 }
  let began = process.cpuUsage()
  const lap = (what: keyof typeof cost) => {
    cost[what] += since(began)
    began = process.cpuUsage()
  }
  for (;;) {
    began = process.cpuUsage()
    const due = { now: Date.now(), leaseMs: 60_000, limit: 64 }
    const units = await store.claim({ kind: 'peer', destination: 'csirt-z', ...due })
    lap('claim')
    if (units.length === 0) break
    for (const unit of units) await rendering.send(unit, signal)
    lap('render')
    const rest = units[Symbol.iterator]()
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (const unit of rest) await sink.send(unit, signal)
      }),
    )
    lap('send')
    const all: Delivery[] = units.flat()
    const event = { event: 'delivered', at: Date.now() }
    await Promise.all(
      all.map(({ id, incident }) =>
        store.settle([{ id, to: 'delivered' }], [{ ...event, incident, fields: { delivery: id } }]),
      ),
    )
    lap('settle')
  }
  const bytes = Buffer.byteLength(written)
  if (bytes < Number(size) * 500) throw new Error(`only ${bytes} bytes were sent`)
  column.set('send, main: claim, 64 at once', cost.claim / made)
  column.set('send, main: parse what is kept, policy, render', cost.render / made)
  column.set('send, main: the same, encode, undici, TLS, judge', cost.send / made)
  column.set('send, main: settle, 64 at once, with commit', cost.settle / made)
}
