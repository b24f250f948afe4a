import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createDeliveryEngine, type DeliveryEngine } from '../../src/delivery/engine.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader } from '../../src/reading/reader.ts'
import { readAgain } from '../../src/relay/look-at-item.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { createTopicSink } from '../../src/relay/topic-sink.ts'
import type { RidSender } from '../../src/rid/contract.ts'
import type { DeliverySummary, Store } from '../../src/store/contract.ts'
import { openStore } from '../../src/store/sqlite/sqlite-store.ts'
import { untold } from '../../src/tell.ts'
import { log } from '../store/support.ts'
import { createVirtualClock, VIRTUAL_START } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { peer, read, valid } from './journey.ts'

const PEERS = [peer({ name: 'csirt-b' }), peer({ name: 'csirt-c', restrictions: ['public'] })]
const DAMAGED = [
  'not JSON',
  'no object',
  'nobody needs anything',
  'unknown restriction',
  'no restriction',
  'no incidents',
  'incidents are text',
  'no shell',
  'no id',
  'policy is text',
  'unknown type',
  'unknown version',
].map((name) => `damaged ${name}`)

/** How it is made: test/store/fixtures/README.md. */
describe('a store of edcc366, whose parts have no number of their format', () => {
  // a little later than what is in it
  const clock = createVirtualClock({ start: VIRTUAL_START + 120_000 })
  const reader = createReader({ threads: 1 })
  const published: { topic: string; id: string; xml: string }[] = []
  const sent = new Map<string, string[]>(PEERS.map(({ name }) => [name, []]))
  let folder = ''
  let store: Store
  let engine: DeliveryEngine
  let earlier: DeliverySummary[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earlier-'))
    const path = join(folder, 'gateway.db')
    await copyFile(new URL('../store/fixtures/unversioned-parts.db', import.meta.url), path)
    store = await openStore({ path, tell: untold, clock })
    earlier = await store.list()
    const topicSink = createTopicSink({
      async publish(topic, id, xml) {
        published.push({ topic, id, xml })
        return { kind: 'delivered' }
      },
    })
    const topics = ['incident', 'other'].map(
      (destination) => ({ kind: 'topic', destination, sink: topicSink }) as const,
    )
    const peers = PEERS.map((one) => {
      const sender: RidSender = {
        async send({ write }) {
          sent.get(one.name)?.push(write(TO_PEER))
          return { kind: 'delivered', status: 200 }
        },
        async [Symbol.asyncDispose]() {},
      }
      const reread = (item: string) => readAgain(reader, item)
      const sink = createPeerSink({ peer: one, sender, store, reread, keepAnswer: async () => {} })
      return { kind: 'peer', destination: one.name, sink } as const
    })
    const events = createEvents({ log, metrics: createMetrics(), clock })
    engine = createDeliveryEngine({
      store,
      clock,
      tell: events.tell,
      events,
      destinations: [...topics, ...peers],
      config: { maxAge: 86_400_000, concurrency: 4 },
    })
    engine.start()
    await clock.advance(60_000)
  })
  after(async () => {
    const stopping = engine[Symbol.asyncDispose]()
    await clock.advance(60_000)
    await stopping
    await store[Symbol.asyncDispose]()
    await reader[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Incidents by state now, of one destination. */
  async function by(destination: string) {
    const all = await store.list({ destination })
    return (state: string) => all.filter((one) => one.state === state).map(({ incident }) => incident)
  }
  const messages = (to: string) =>
    (sent.get(to) ?? []).map((xml) => {
      const { rid, document } = valid(xml)
      return `${rid?.msgType}: ${document.incidents.map(({ id }) => id.id).join(', ')}`
    })

  test('had deliveries in every state', () => {
    const states = new Set(earlier.map(({ state }) => state))
    assert.deepEqual([...states].sort(), ['delivered', 'discarded', 'held', 'pending', 'sending', 'withheld'])
  })

  test('publishes its items as they are', async () => {
    const ids = published.map(({ xml }) => /<IncidentID [^>]*>([^<]*)/.exec(xml)?.[1])
    const expected = ['report', 'sending', 'parts-a', 'parts-b', 'bare', 'signed', 'beside'].map(
      (id) => `to-grid-${id}`,
    )
    assert.deepEqual(ids.sort(), [...expected, 'O-1'].sort())
    for (const { topic, id, xml } of published) {
      assert.ok(read(xml).valid)
      assert.equal(await store.findPayload('topic', topic, id), xml)
    }
    const states = await by('incident')
    assert.deepEqual(states('held'), ['csirt.example to-grid-held'])
    assert.deepEqual(states('discarded'), ['csirt.example to-grid-discarded'])
  })

  test('sends its parts as valid RID messages, whole documents in one', () => {
    const both = [
      'Report: pending',
      'Report: sending',
      'Report: retried',
      'Report: whole-1, whole-2',
      'Report: part-2',
      'Report: signed',
      'Report: signed-1, signed-2',
      'Report: beside',
      'Report: upgraded',
      'Report: iodef-1',
      'Report: bare-1, bare-2',
      'Result: 2026-0417',
      'InvestigationRequest: 2026-0417',
    ]
    assert.deepEqual(messages('csirt-b').sort(), [...both, 'Report: amber', 'Report: half-1'].sort())
    const only = ['Report: held', 'Report: delivered', 'Report: half-1, half-2']
    assert.deepEqual(messages('csirt-c').sort(), [...both, ...only].sort())
  })

  test('sends originals and what stood beside them', () => {
    const all = sent.get('csirt-b') ?? []
    const of = (id: string) => all.find((xml) => xml.includes(`>${id}<`)) ?? ''
    for (const id of ['signed', 'signed-1']) assert.match(of(id), /<ds:SignatureValue>/)
    assert.match(of('beside'), /<Signature [^>]*dtype="xml"><s xmlns="urn:s">beside</)
    for (const id of ['upgraded', 'iodef-1']) assert.match(of(id), /<ReportSchema Version="1.0"/)
    assert.match(all.find((xml) => xml.includes('MsgType="Result"')) ?? '', /<SourceFound>true/)
  })

  test('keeps back what policy keeps back', async () => {
    assert.deepEqual((await by('csirt-c'))('withheld'), ['other.example amber'])
  })

  test('holds what was damaged, with the reason, and sends nothing of it', async () => {
    const states = await by('csirt-b')
    const invalid = ['item item 20', 'item item 21', 'item item 22']
    const held = ['other.example held', ...invalid, 'other.example half-2', ...DAMAGED]
    assert.deepEqual(states('held'), held)
    assert.deepEqual([states('pending'), states('sending')], [[], []])
    const rows = await store.list({ destination: 'csirt-b', states: ['held'] })
    for (const { incident, reason } of rows.filter((row) => row.incident.startsWith('damaged'))) {
      assert.match(reason ?? '', /^what the store kept of it cannot be read: /, incident)
    }
    assert.ok(!(sent.get('csirt-b') ?? []).join().includes('half-2'))
  })

  test('sends an item that could not be read when it came, once an operator retries it', async () => {
    const before = sent.get('csirt-b')?.length ?? 0
    for (const { id } of await store.list({ destination: 'csirt-b', states: ['held'] })) {
      await store.retry(id, clock.now())
    }
    engine.wake('peer', 'csirt-b')
    // a thread reads it
    await eventually('all to be settled', async () => {
      await clock.advance(10)
      return (await store.list({ states: ['pending', 'sending'], destination: 'csirt-b' })).length === 0
    })
    assert.deepEqual(messages('csirt-b').slice(before).sort(), ['Report: held', 'Report: not-read-in-time'])
    assert.deepEqual((await by('csirt-b'))('held'), [
      'item item 20',
      'item item 21',
      'other.example half-2',
      ...DAMAGED,
    ])
  })
})
