import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { createDeedTeller } from '../../src/delivery/deeds.ts'
import { createEvents } from '../../src/events.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createBench, delivery, envelope } from '../store/support.ts'

function recorder() {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return { lines, stream }
}

test('an operator who retries and discards beside the gateway is in its log and its figures, each deed once', async () => {
  await using bench = await createBench()
  const { store, clock } = bench
  const { lines, stream } = recorder()
  const metrics = createMetrics()
  const events = createEvents({ log: createLog('info', stream), metrics, clock })
  const rows = [
    delivery('A', { also: ['csirt-a.example also'], state: 'held' }),
    delivery('B', { state: 'held' }),
    delivery('C', { state: 'held' }),
  ]
  await store.accept(envelope(clock, 'one', rows))
  const [a = '', b = '', c = ''] = (await store.list()).map(({ id }) => id)

  // the command, in a process of its own
  const other = await bench.beside()
  const mute = createEvents({ log: createLog('silent'), clock })
  const deed = { by: 'alice', was: 'held' }
  await other.discard(c, clock.now(), (before) => mute.discarded(before, deed).trace)

  const tellDeeds = createDeedTeller(store, events)
  await tellDeeds()
  assert.deepEqual(lines, [], 'what was done before the start is in the trace alone')
  await other.retry(a, clock.now(), (before) => mute.requeued(before, deed).trace)
  await other.discard(b, clock.now(), (before) => mute.discarded(before, deed).trace)
  await tellDeeds()
  await tellDeeds()
  assert.deepEqual(
    lines.map(({ level, event, delivery: id, destination, by, was, msg }) => [
      level,
      event,
      id,
      destination,
      by,
      was,
      msg,
    ]),
    [
      ['info', 'requeued', a, 'incident', 'alice', 'held', 'Delivery put back in the queue'],
      ['warn', 'discarded', b, 'incident', 'alice', 'held', 'Delivery discarded by an operator'],
    ],
  )
  const figures = await metrics.registry.metrics()
  for (const outcome of ['requeued', 'discarded']) {
    assert.match(figures, new RegExp(`deliveries_total{kind="topic",destination="incident",outcome="${outcome}"} 1\n`))
  }
  // the trace has it for each incident that the delivery carries
  assert.deepEqual(
    (await store.trace('csirt-a.example also')).map(({ event, fields }) => [event, fields.by]),
    [['requeued', 'alice']],
  )
})

test('a running gateway tells who paused a destination, and who resumed it', async () => {
  await using bench = await createBench()
  const { store, clock } = bench
  const { lines, stream } = recorder()
  const events = createEvents({ log: createLog('info', stream), clock })
  const tellDeeds = createDeedTeller(store, events)
  await tellDeeds()
  for (const kind of ['topic', 'peer'] as const) {
    await store.record(events.destinationDeed('paused', { kind, destination: `a ${kind}`, by: 'page 127.0.0.1' }).trace)
  }
  await tellDeeds()
  assert.deepEqual(
    lines.map(({ level, event, kind, destination, by }) => [level, event, kind, destination, by]),
    [
      ['warn', 'paused', 'topic', 'a topic', 'page 127.0.0.1'],
      ['warn', 'paused', 'peer', 'a peer', 'page 127.0.0.1'],
    ],
  )
})

test('a store that cannot be read keeps nobody from telling the deeds later', async () => {
  await using bench = await createBench()
  const { store, clock } = bench
  let broken = false
  const told: string[] = []
  const tellDeeds = createDeedTeller(
    {
      async traced(events, position) {
        if (broken) throw new Error('no')
        return store.traced(events, position)
      },
    },
    { deeds: ['requeued'], tellDeeds: (rows) => void told.push(...rows.map(({ event }) => event)) },
  )
  await tellDeeds()
  await store.record([{ at: clock.now(), incident: 'x 1', event: 'requeued', fields: {} }])
  broken = true
  await tellDeeds()
  broken = false
  await tellDeeds()
  assert.deepEqual(told, ['requeued'])
})
