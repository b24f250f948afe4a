import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import type { Clock } from '../src/clock.ts'
import { createEvents, type DeliveryOf } from '../src/events.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const clock: Clock = { now: () => NOW, sleep: async () => undefined, random: () => 0.5 }

function setup() {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const metrics = createMetrics()
  return { lines, metrics, events: createEvents({ log: createLog('debug', stream), metrics, clock }) }
}

const intake = { direction: 'rid-to-grid', source: 'csirt-a', incidents: ['c.example 1', 'c.example 2'] } as const
const delivery: DeliveryOf = {
  id: 'd1',
  direction: 'rid-to-grid',
  source: 'csirt-a',
  kind: 'topic',
  destination: 'incident',
  incident: 'c.example 1',
  item: 'ab12',
  attempts: 2,
  createdAt: NOW - 3000,
}

async function value(text: Promise<string>, line: string): Promise<string | undefined> {
  return (await text)
    .split('\n')
    .find((l) => l.startsWith(`iodef_gateway_${line} `))
    ?.split(' ')
    .at(-1)
}

describe('an event', () => {
  test('has a trace row per incident at once, and speaks only when told to', async () => {
    const { lines, metrics, events } = setup()
    const accepted = events.accepted({ ...intake, msgType: 'Report', deliveries: 2 })
    assert.deepEqual(
      accepted.trace.map(({ at, incident, event }) => ({ at, incident, event })),
      intake.incidents.map((incident) => ({ at: NOW, incident, event: 'accepted' })),
    )
    assert.equal(accepted.trace[0]?.fields.source, 'csirt-a')
    assert.equal(lines.length, 0)
    accepted.tell()
    assert.equal(lines[0]?.event, 'accepted')
    assert.equal(lines[0]?.level, 'info')
    const count = 'messages_total{direction="rid-to-grid",source="csirt-a",outcome="accepted",reason=""}'
    assert.equal(await value(metrics.registry.metrics(), count), '1')
  })

  test('carries its reason into log, trace, metric and the list of late events', async () => {
    const { lines, metrics, events } = setup()
    const denied = events.denied(intake, 'no-route', 'no route for purpose watch')
    denied.tell()
    assert.equal(denied.trace[0]?.fields.reason, 'no route for purpose watch')
    assert.equal(lines[0]?.reason, 'no route for purpose watch')
    assert.match(events.recent()[0]?.text ?? '', /^Report denied \(csirt-a.*no route for purpose watch$/)
    const count = 'messages_total{direction="rid-to-grid",source="csirt-a",outcome="denied",reason="no-route"}'
    assert.equal(await value(metrics.registry.metrics(), count), '1')
  })

  test('of a delivery is told of each incident that it carries', () => {
    const { trace } = setup().events.published({ ...delivery, also: ['csirt.example 2', 'csirt.example 3'] })
    assert.deepEqual(
      trace.map(({ incident, event }) => [incident, event]),
      [delivery.incident, 'csirt.example 2', 'csirt.example 3'].map((incident) => [incident, 'published']),
    )
  })

  test('of a delivery is an error where a human is needed, and timed where there is proof', async () => {
    const { lines, metrics, events } = setup()
    events.retried(delivery, 'ECONNREFUSED', NOW + 60_000).tell()
    events.held(delivery, 'item-not-found').tell()
    events.published(delivery).tell()
    assert.deepEqual(
      lines.map(({ level, event }) => `${level} ${event}`),
      ['warn retried', 'error held', 'info published'],
    )
    assert.equal(lines[0]?.nextAttempt, '2026-03-01T12:01:00.000Z')
    const sum = 'delivery_seconds_sum{kind="topic",destination="incident"}'
    assert.equal(await value(metrics.registry.metrics(), sum), '3')
  })

  test('of a certificate speaks in time, and once a day', async () => {
    const { lines, metrics, events } = setup()
    const days = 86_400_000
    events.certificateExpiry({ name: 'rid-certificate', notAfter: NOW + 31 * days }, 30 * days)
    assert.equal(lines.length, 0)
    const soon = { name: 'rid-certificate', notAfter: NOW + days }
    events.certificateExpiry(soon, 30 * days)
    events.certificateExpiry(soon, 30 * days)
    events.certificateExpiry({ name: 'grid-crl', notAfter: NOW + 2 * days }, days)
    events.certificateExpiry({ name: 'rid-crl', notAfter: NOW - 1 }, days)
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn', 'error'],
    )
    const at = 'certificate_expiry_timestamp_seconds{name="rid-crl"}'
    assert.equal(await value(metrics.registry.metrics(), at), String(Math.floor((NOW - 1) / 1000)))
  })

  test('leaves no old destination in the gauges of the queue', async () => {
    const { metrics, events } = setup()
    const row = {
      kind: 'peer',
      destination: 'csirt-b',
      pending: 1,
      sending: 0,
      held: 4,
      withheld: 0,
      due: NOW,
      paused: null,
    } as const
    events.backlog([{ ...row, oldest: NOW - 10_000 }])
    assert.equal(
      await value(metrics.registry.metrics(), 'backlog{kind="peer",destination="csirt-b",state="held"}'),
      '4',
    )
    assert.equal(
      await value(metrics.registry.metrics(), 'backlog_oldest_seconds{kind="peer",destination="csirt-b"}'),
      '10',
    )
    events.backlog([])
    assert.doesNotMatch(await metrics.registry.metrics(), /csirt-b/)
  })

  test('of a part that is no more alerts nobody: its figures are gone with it', async () => {
    const { events, metrics } = setup()
    for (const part of ['peer:csirt-a', 'peer:csirt-b'])
      events.stateChanged({ part, state: 'failed', reason: 'It takes nothing.' }, true)
    events.partGone('peer:csirt-b')
    const text = await metrics.registry.metrics()
    assert.match(text, /part_up\{part="peer:csirt-a"\} 0/)
    assert.doesNotMatch(text, /csirt-b/)
  })

  test('leaves to the trace what a document says at length', () => {
    const { lines, events } = setup()
    const secret = 'the password of our director is swordfish, and that of his cat'
    const reason = `line 3: 'IncidentID': the value '${secret}' isn't allowed, nor "${secret}"; that's all`
    const refused = events.refused(intake, 'invalid', reason)
    refused.tell()
    assert.equal(refused.trace[0]?.fields.reason, reason)
    const cut = 'the password of our director is swordfis…'
    assert.equal(lines[0]?.reason, `line 3: 'IncidentID': the value '${cut}' isn't allowed, nor "${cut}"; that's all`)
    assert.doesNotMatch(events.recent()[0]?.text ?? '', /swordfish/)
  })

  test('that anybody can make happen is counted each time and told now and then', async () => {
    const { lines, metrics, events } = setup()
    for (let i = 0; i < 1000; i += 1) events.tell('dropped-event', { reason: 'forged', from: `x@${'y'.repeat(3000)}` })
    events.tell('dropped-event', { reason: 'malformed', from: 'broker' })
    assert.equal(await value(metrics.registry.metrics(), 'events_dropped_total{reason="forged"}'), '1000')
    assert.equal(lines.length, 2)
    assert.ok(JSON.stringify(lines).length < 1000)
  })

  test('keeps only the latest fifty for the status page, the newest first', () => {
    const { events } = setup()
    for (let i = 0; i < 60; i += 1) events.tell('foreign-item', { topic: 't', item: String(i), reason: `r${i}` })
    assert.equal(events.recent().length, 50)
    assert.match(events.recent()[0]?.text ?? '', /r59/)
  })
})

describe('the log', () => {
  test('never holds secrets or bodies, whoever logs them', () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const log = createLog('info', stream)
    log.info({ password: 's3cret', tls: { key: 's3cret' }, a: { b: { authorization: 's3cret' } }, body: 's3cret' }, 'x')
    log.error({ err: Object.assign(new Error('bad'), { code: 'E', response: 's3cret' }) }, 'y')
    assert.doesNotMatch(lines.join(''), /s3cret/)
    assert.match(lines[1] ?? '', /"code":"E","message":"bad"/)
  })
})
