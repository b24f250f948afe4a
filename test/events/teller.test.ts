import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { DELIVERIES } from '../../src/events/deliveries.ts'
import { ENGINE } from '../../src/events/engine.ts'
import { EXCHANGES } from '../../src/events/exchanges.ts'
import { GRID } from '../../src/events/grid.ts'
import { MESSAGES } from '../../src/events/messages.ts'
import { PROCESS } from '../../src/events/process.ts'
import { createRecent } from '../../src/events/recent.ts'
import { RID } from '../../src/events/rid.ts'
import { EVENTS, type News } from '../../src/events/table.ts'
import { createTeller } from '../../src/events/teller.ts'
import { type Levels, leastOf } from '../../src/events/wanted.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Tell } from '../../src/tell.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

function setup() {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const metrics = createMetrics()
  const recent = createRecent()
  const clock = { now: () => NOW }
  const tell: Tell<News> = createTeller({ log: createLog('debug', stream), clock, metrics, recent })
  const counted = async (name: string) =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(`iodef_gateway_${name}{`))
  return { lines, tell, counted, recent }
}

const request = { request: 'r', peer: 'csirt-a', method: 'POST', status: 200, bytes: 10, ms: 30 }

test('a subject with a level of its own is told from that on, and all others from the level on', () => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line).event) }
  const levels: Levels = { level: 'warn', levels: { rid: 'debug', grid: 'silent' } }
  assert.equal(leastOf(levels), 'debug')
  assert.equal(leastOf({ level: 'warn', levels: { grid: 'error' } }), 'warn')
  const tell: Tell<News> = createTeller({
    log: createLog(leastOf(levels), stream),
    levels: () => levels,
    clock: { now: () => NOW },
  })
  tell('rid-request', request)
  tell('serving', { rid: 1, ops: 2, peers: 1, topics: 1 })
  tell('gap', { topic: 'incident' } as News['gap'])
  tell('configuration-refused', { reason: 'no' })
  assert.deepEqual(lines, ['rid-request', 'configuration-refused'])
})

test('no name stands for two events', () => {
  const tables = [MESSAGES, DELIVERIES, EXCHANGES, ENGINE, RID, GRID, PROCESS]
  assert.equal(tables.flatMap((table) => Object.keys(table)).length, Object.keys(EVENTS).length)
})

test('an event is a log line with its name, its level and its sentence', () => {
  const { lines, tell } = setup()
  tell('topic-created', { topic: 'incident', access: 'whitelist' })
  const [{ time: _, ...line } = {}] = lines
  const fields = { event: 'topic-created', topic: 'incident', access: 'whitelist' }
  assert.deepEqual(line, { level: 'info', ...fields, msg: 'Topic created.' })
})

test('an event of several levels has the gravest unless it is told at another', () => {
  const { lines, tell } = setup()
  const about = { request: 'r', peer: 'csirt-a', err: new Error('no') }
  tell('rid-not-taken', about)
  tell('rid-not-taken', about, 'warn')
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['error', 'warn'],
  )
})

test('a stranger chooses no label of a metric', async () => {
  const { tell, counted } = setup()
  tell('tls-refused', { remote: '192.0.2.1', reason: 'CERT_REVOKED' })
  tell('tls-refused', { remote: '192.0.2.1', reason: 'x'.repeat(100) }, 'debug')
  tell('rid-connections-peer', { remote: '192.0.2.1' })
  tell('rid-connections-total', { remote: '192.0.2.1' })
  tell('rid-no-request', { peer: undefined, request: 'r', reason: 'HPE_INVALID_METHOD' })
  assert.deepEqual(
    await counted('rid_connections_refused_total'),
    ['CERT_REVOKED', 'handshake', 'limit-peer', 'limit-total', 'client-error'].map(
      (reason) => `iodef_gateway_rid_connections_refused_total{reason="${reason}"} 1`,
    ),
  )
})

test('a request is counted by peer and status, and timed', async () => {
  const { tell, counted } = setup()
  tell('rid-request', request)
  tell('rid-request', { ...request, peer: undefined, status: 0 })
  assert.deepEqual(await counted('rid_requests_total'), [
    'iodef_gateway_rid_requests_total{peer="csirt-a",status="200"} 1',
    'iodef_gateway_rid_requests_total{peer="unknown",status="0"} 1',
  ])
  const timed = await counted('rid_request_seconds_bucket')
  assert.ok(timed.includes('iodef_gateway_rid_request_seconds_bucket{le="0.05"} 2'), timed.join('\n'))
})

test('what clients can make happen at will is not on the status page, nor what is debug', () => {
  const { tell, recent } = setup()
  tell('rid-request', request)
  tell('rid-pipelining', { peer: 'csirt-a' })
  tell('store-opened', { path: 'gateway.db' })
  tell('peer-away', { peer: 'csirt-b', reason: 'Nothing listens there', code: 'ECONNREFUSED' })
  assert.deepEqual(recent.list(), [
    { at: NOW, level: 'warn', event: 'peer-away', text: 'RID peer cannot be reached (csirt-b): Nothing listens there' },
  ])
})

test('a gauge shows the last that was told', async () => {
  const { tell, counted } = setup()
  for (const state of ['ok', 'failed'] as const) tell('state', { part: 'grid', state, reason: null })
  assert.deepEqual(await counted('part_up'), ['iodef_gateway_part_up{part="grid"} 0'])
})

test('addresses of whoever comes are not remembered without end', () => {
  const { lines, tell } = setup()
  const refused = (remote: string) => tell('page-sign-in-refused', { remote, reason: 'It is not the token.' })
  const ofFirst = () => lines.filter(({ remote }) => remote === '192.0.2.1').length
  for (let i = 0; i < 3; i += 1) refused('192.0.2.1')
  assert.equal(ofFirst(), 1, 'told once within a second')
  for (let i = 0; i < 2_000; i += 1) refused(`2001:db8::${i.toString(16)}`)
  refused('192.0.2.1')
  assert.equal(ofFirst(), 2)
})
