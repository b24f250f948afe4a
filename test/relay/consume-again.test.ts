import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { GatewayError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createConsumer, readAgain } from '../../src/relay/consume.ts'
import { createIntake, type Intake } from '../../src/relay/intake.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { peer, valid } from './journey.ts'

const real = createIntake({ threads: 1 })
after(() => real[Symbol.asyncDispose]())

/** Fails `times`, then reads. */
function failing(times: number): Intake {
  let left = times
  return {
    ...real,
    inspect: async (...args) => {
      if (left-- > 0) throw new GatewayError('intake-timeout')
      return real.inspect(...args)
    },
  }
}

async function bench(intake: Intake, xml: string) {
  const own = await createBench(MEMORY)
  const { store, clock } = own
  const events = createEvents({ log, metrics: createMetrics(), clock })
  const consume = createConsumer({ config: { peers: [peer()] }, intake, store, events, clock, wake: () => {} })
  await consume('incident', [{ topic: 'incident', id: 'x', xml, retained: false }])
  const sent: string[] = []
  const sink = createPeerSink({
    config: { rid: { name: 'gateway.example' } as Config['rid'] },
    peer: peer(),
    sender: {
      send: async (message) => {
        sent.push(message)
        return { kind: 'delivered', status: 200 }
      },
      [Symbol.asyncDispose]: async () => {},
    },
    store,
    reread: (item) => readAgain(real, item),
  })
  return {
    ...own,
    sent,
    row: () => store.list()[0],
    async retry() {
      assert.ok(await store.retry(store.list()[0]?.id ?? '', clock.now()))
      const [unit] = await store.claim({ kind: 'peer', destination: 'csirt-a', limit: 1, now: clock.now(), leaseMs: 9 })
      return sink.send(unit ?? [], AbortSignal.timeout(60_000))
    },
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

test('an item is not held as invalid because the machine stood still for a moment', async () => {
  await using t = await bench(failing(1), documentText())
  assert.equal(t.row()?.state, 'pending')
})

test('an item that could not be read in time is held with all that it says, and goes out when an operator retries', async () => {
  const text = documentText()
  await using t = await bench(failing(9), text)
  assert.equal(t.row()?.state, 'held')
  assert.match(t.row()?.reason ?? '', /took too long/)
  assert.equal((await t.retry()).kind, 'delivered')
  assert.equal(valid(t.sent[0] ?? '').document.xml, valid(text).document.xml)
})

test('an item that is not valid is shown to the operator, and held again with its errors', async () => {
  const text = documentText([incidentText({ purpose: 'boasting' })])
  await using t = await bench(real, text)
  const { payload } = t.store.show(t.row()?.id ?? '') ?? { payload: '' }
  assert.equal((JSON.parse(payload) as { item: string }).item, text)
  const reason = t.row()?.reason ?? ''
  assert.deepEqual(await t.retry(), { kind: 'hold', reason })
  assert.deepEqual(t.sent, [])
})

test('an item that an operator retries is still for nobody who may not have it', async () => {
  await using t = await bench(failing(9), documentText([incidentText({ attributes: ' restriction="red"' })]))
  await t.store.retry(t.row()?.id ?? '', t.clock.now())
  const [unit] = await t.store.claim({
    ...{ kind: 'peer', destination: 'csirt-a', limit: 1, now: t.clock.now(), leaseMs: 9 },
  })
  const sink = createPeerSink({
    config: { rid: { name: 'gateway.example' } as Config['rid'] },
    peer: peer({ restrictions: ['public'] }),
    sender: { send: () => assert.fail('sent'), [Symbol.asyncDispose]: async () => {} },
    store: t.store,
    reread: (item) => readAgain(real, item),
  })
  assert.equal((await sink.send(unit ?? [], AbortSignal.timeout(60_000))).kind, 'withhold')
})
