import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader, type Reader } from '../../src/reading/reader.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import { readAgain } from '../../src/relay/look-at-item.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { peer, published, valid } from './journey.ts'

const real = createReader({ threads: 1 })
after(() => real[Symbol.asyncDispose]())

/** Fails `times`, then reads. */
function failing(times: number): Reader & { fail(times: number): void } {
  let left = times
  return {
    ...real,
    inspect: async (...args) => {
      if (left-- > 0) throw new GatewayError('intake-timeout')
      return real.inspect(...args)
    },
    fail(more) {
      left = more
    },
  }
}

async function bench(reader: Reader, xml = '') {
  const own = await createBench(MEMORY)
  const { store, clock } = own
  const events = createEvents({ log, metrics: createMetrics(), clock })
  const consume = createConsumer({ config: { peers: [peer()] }, reader, store, events, clock, wake: () => {} })
  const take = (payload: string, id = 'x') =>
    consume('incident', [{ topic: 'incident', id, xml: payload, retained: false }])
  if (xml !== '') await take(xml)
  const sent: string[] = []
  const sink = createPeerSink({
    peer: peer(),
    sender: {
      send: async ({ write }) => {
        sent.push(write(TO_PEER))
        return { kind: 'delivered', status: 200 }
      },
      [Symbol.asyncDispose]: async () => {},
    },
    store,
    keepAnswer: async () => {},
    reread: (item) => readAgain(real, item),
  })
  return {
    ...own,
    sent,
    take,
    row: async () => (await store.list())[0],
    /** Sends what is due, and settles it. */
    async deliver() {
      for (const unit of await store.claim({ ...to, limit: 9, now: clock.now() + 20_000, leaseMs: 9 })) {
        const outcome = await sink.send(unit, AbortSignal.timeout(60_000))
        assert.equal(outcome.kind, 'delivered')
        await store.settle(unit.map(({ id }) => ({ id, to: 'delivered' })))
      }
    },
    async retry() {
      const held = (await store.list({ states: ['held'] }))[0]
      assert.ok(await store.retry(held?.id ?? '', clock.now()))
      const [unit] = await store.claim({ ...to, limit: 1, now: clock.now(), leaseMs: 9 })
      return sink.send(unit ?? [], AbortSignal.timeout(60_000))
    },
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

const to = { kind: 'peer', destination: 'csirt-a' } as const

test('an item is not held as invalid because the machine stood still for a moment', async () => {
  await using t = await bench(failing(1), documentText())
  assert.equal((await t.row())?.state, 'pending')
})

test('an item that could not be read in time is held with all that it says, and goes out when an operator retries', async () => {
  const text = documentText()
  await using t = await bench(failing(9), text)
  assert.equal((await t.row())?.state, 'held')
  assert.match((await t.row())?.reason ?? '', /took too long/)
  assert.equal((await t.retry()).kind, 'delivered')
  assert.equal(valid(t.sent[0] ?? '').document.xml, valid(text).document.xml)
})

test('an item that is not valid is shown to the operator, and held again with its errors', async () => {
  const text = documentText([incidentText({ purpose: 'boasting' })])
  await using t = await bench(real, text)
  const { payload } = (await t.store.show((await t.row())?.id ?? '')) ?? { payload: '' }
  assert.equal((JSON.parse(payload) as { item: string }).item, text)
  const reason = (await t.row())?.reason ?? ''
  assert.deepEqual(await t.retry(), { kind: 'hold', reason })
  assert.deepEqual(t.sent, [])
})

test('an item that an operator retries is still for nobody who may not have it', async () => {
  await using t = await bench(failing(9), documentText([incidentText({ attributes: ' restriction="red"' })]))
  await t.store.retry((await t.row())?.id ?? '', t.clock.now())
  const [unit] = await t.store.claim({
    ...{ kind: 'peer', destination: 'csirt-a', limit: 1, now: t.clock.now(), leaseMs: 9 },
  })
  const sink = createPeerSink({
    peer: peer({ restrictions: ['public'] }),
    sender: { send: () => assert.fail('sent'), [Symbol.asyncDispose]: async () => {} },
    store: t.store,
    keepAnswer: async () => {},
    reread: (item) => readAgain(real, item),
  })
  assert.equal((await sink.send(unit ?? [], AbortSignal.timeout(60_000))).kind, 'withhold')
})

const incidents = (message: string | undefined) => valid(message ?? '').document.incidents.map(({ id }) => id.id)
const both = () => published(valid(documentText([incidentText({ id: 'A' }), incidentText({ id: 'B' })])))

test('a held part of a document, retried, goes out in its document and not as delivered without it', async () => {
  const reader = failing(0)
  await using t = await bench(reader)
  const [a, b] = both()
  assert.ok(a && b)
  await t.take(a.item.xml, a.item.id)
  await t.deliver()
  assert.deepEqual(incidents(t.sent[0]), ['A'])
  reader.fail(2)
  await t.take(b.item.xml, b.item.id)
  assert.equal((await t.retry()).kind, 'delivered')
  assert.deepEqual(incidents(t.sent[1]), ['A', 'B'])
})

test('a held part whose document never came, retried, goes out alone', async () => {
  await using t = await bench(failing(9))
  const [, b] = both()
  await t.take(b?.item.xml ?? '', b?.item.id)
  assert.equal((await t.retry()).kind, 'delivered')
  assert.deepEqual(incidents(t.sent[0]), ['B'])
})

test('a held item, retried, does not go back to where it came from', async () => {
  await using t = await bench(failing(9))
  const [one] = published(valid(documentText()))
  assert.ok(one)
  const { topic, incident, item, variant } = one
  await t.store.accept({
    direction: 'rid-to-grid',
    source: 'csirt-a',
    digest: 'd',
    msgType: 'Report',
    incidents: [incident],
    receivedAt: t.clock.now(),
    deliveries: [
      { kind: 'topic', destination: topic, incident, item: item.id, variant, payload: item.xml, state: 'pending' },
    ],
  })
  await t.take(item.xml, item.id)
  const held = (await t.store.list({ states: ['held'] }))[0]
  assert.deepEqual(await t.retry(), { kind: 'withhold', reason: 'it came from csirt-a', only: held?.id })
  assert.deepEqual(t.sent, [])
})

test('a held item that came again and was read then, retried, does not go out twice', async () => {
  const reader = failing(2)
  await using t = await bench(reader)
  const [one] = published(valid(documentText()))
  assert.ok(one)
  await t.take(one.item.xml, one.item.id)
  await t.take(one.item.xml, 'another id')
  await t.deliver()
  assert.equal(t.sent.length, 1)
  assert.equal((await t.retry()).kind, 'withhold')
  assert.equal(t.sent.length, 1)
})
