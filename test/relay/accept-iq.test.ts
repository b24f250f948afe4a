import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config, PeerConfig } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createAcceptIq } from '../../src/relay/accept-iq.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import type { OutgoingMessage } from '../../src/rid/contract.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { IODEF1, IODEF2, incidentText } from '../support/documents.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { grid, peer, read } from './journey.ts'

const WHO = 'soc@grid.example'
const FORBIDDEN = { kind: 'error', type: 'auth', condition: 'forbidden' }
const NOBODY_ELSE = { match: { jid: [WHO] } }

function report({ id = '7', purpose = 'reporting', restriction = 'public', content = '' } = {}): string {
  const attributes = ` xmlns="${IODEF2}" restriction="${restriction}"`
  return `<report xmlns="urn:xmpp:incident:2">${incidentText({ id, purpose, attributes, content })}</report>`
}

async function bench(config: Partial<Config> = {}, maxItem = 250_000) {
  const own = await createBench(MEMORY)
  const woken: string[] = []
  const whole = {
    ...grid({ restrictions: ['public', 'partner'] }, maxItem),
    peers: [peer({ name: 'csirt-b', topics: [], restrictions: ['public'] })],
    delivery: { maxAge: 1, concurrency: 1, maxQueue: 2 },
    routes: [{ ...NOBODY_ELSE, topic: 'incident' }],
    ...config,
  } as Config
  const accept = createAcceptIq({
    config: whole,
    store: own.store,
    events: createEvents({ log, metrics: createMetrics(), clock: own.clock }),
    clock: own.clock,
    wake: (kind, destination) => woken.push(`${kind} ${destination}`),
  })
  return {
    ...own,
    woken,
    send: (xml: string) => accept({ jid: WHO }, read(xml)),
    queue: async () => (await own.store.list()).map((d) => `${d.kind} ${d.destination} ${d.incident} ${d.source}`),
    codes: async (id: string) =>
      (await own.store.trace(id)).map(({ event, fields }) => `${event} ${fields.code ?? ''}`),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

test('a report goes to the Topic of the first route that names its sender', async () => {
  await using t = await bench({
    routes: [
      { match: {}, topic: 'other' },
      { match: { jid: ['SOC@grid.example'], purpose: ['reporting'] }, topic: 'incident' },
    ],
  })
  assert.deepEqual(await t.send(report()), { kind: 'result' })
  assert.deepEqual(await t.queue(), [`topic incident csirt.example 7 jid ${WHO}`])
  assert.deepEqual(t.woken, ['topic incident'])
  assert.deepEqual(await t.codes('7'), ['accepted '])
  assert.deepEqual(await t.send(report()), { kind: 'result' }, 'the same again')
  assert.equal((await t.queue()).length, 1)
})

test('a report without a route for its sender, or stricter than its Topic, is forbidden, and nothing is kept', async () => {
  await using t = await bench()
  assert.deepEqual(await t.send(report({ restriction: 'private' })), FORBIDDEN)
  assert.deepEqual(await t.codes('7'), ['denied restriction'])
  await using other = await bench({ routes: [{ match: {}, topic: 'incident' }] })
  assert.deepEqual(await other.send(report()), FORBIDDEN)
  assert.deepEqual(await other.codes('7'), ['denied no-route'])
  assert.deepEqual([await t.queue(), await other.queue()], [[], []])
})

test('a report goes to the peers of its route, and is sent there though no Topic is listed for them', async () => {
  const csirtB: PeerConfig = peer({ name: 'csirt-b', topics: [], restrictions: ['public'] })
  await using t = await bench({ routes: [{ ...NOBODY_ELSE, peers: ['csirt-b'] }] })
  assert.deepEqual(await t.send(report()), { kind: 'result' })
  assert.deepEqual(await t.queue(), [`peer csirt-b csirt.example 7 jid ${WHO}`])
  const [unit = []] = await t.store.claim({
    ...{ kind: 'peer', destination: 'csirt-b', limit: 1, now: t.clock.now(), leaseMs: 1000 },
  })
  const sent: string[] = []
  const sender = {
    async send({ write }: OutgoingMessage) {
      sent.push(write(TO_PEER))
      return { kind: 'delivered' } as const
    },
  }
  const sink = (to: PeerConfig) =>
    createPeerSink({ peer: to, sender, store: t.store, keepAnswer: async () => {} } as unknown as Parameters<
      typeof createPeerSink
    >[0])
  assert.equal((await sink(csirtB).send(unit, AbortSignal.timeout(1000))).kind, 'delivered')
  const { valid, rid, document } = read(sent[0] ?? '')
  assert.ok(valid)
  assert.deepEqual([rid?.msgType, document?.incidents[0]?.key], ['Report', 'csirt.example 7'])
  const narrowed = await sink({ ...csirtB, restrictions: [] }).send(unit, AbortSignal.timeout(1000))
  assert.equal(narrowed.kind, 'withhold', 'policy is asked again')
})

test('a report that one of several may not have goes to none', async () => {
  await using t = await bench({ routes: [{ ...NOBODY_ELSE, topic: 'incident', peers: ['csirt-b'] }] })
  assert.deepEqual(await t.send(report({ restriction: 'partner' })), FORBIDDEN)
  assert.deepEqual(await t.queue(), [])
  assert.deepEqual(await t.send(report()), { kind: 'result' })
  assert.equal((await t.queue()).length, 2)
})

test('a report that would be too large an item is not acceptable', async () => {
  await using t = await bench({}, 300)
  const reply = await t.send(report())
  assert.ok(reply.kind === 'error')
  assert.deepEqual([reply.type, reply.condition], ['modify', 'not-acceptable'])
  assert.match(reply.text ?? '', /takes 300/)
})

test('an IODEF 1 report is published as IODEF 2, as one of a peer is', async () => {
  await using t = await bench()
  const incident =
    `<Incident xmlns="${IODEF1}" purpose="reporting" restriction="public"><IncidentID name="csirt.example">7</IncidentID>` +
    '<ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact lang="en" type="unknown">x</Impact></Assessment>' +
    '<Contact role="creator" type="organization"><ContactName>A</ContactName></Contact></Incident>'
  assert.deepEqual(await t.send(`<report xmlns="urn:xmpp:incident:2">${incident}</report>`), { kind: 'result' })
  const [delivery] = await t.store.list()
  assert.match((await t.store.show(delivery?.id ?? ''))?.payload ?? '', /iodef-2\.0/)
})

test('a participant that fills the queue waits, until there is room', async () => {
  await using t = await bench()
  for (const id of ['1', '2']) assert.deepEqual(await t.send(report({ id })), { kind: 'result' })
  const third = await t.send(report({ id: '3' }))
  assert.deepEqual(third, { kind: 'error', type: 'wait', condition: 'resource-constraint' })
  assert.deepEqual(await t.send(report({ id: '1' })), { kind: 'result' }, 'what is kept already needs no room')
})

test('a participant has as much room in bytes as a reload gave the queue', async () => {
  const delivery = { maxAge: 1, concurrency: 1, maxQueue: 10 }
  await using t = await bench({ delivery: delivery as Config['delivery'] })
  const large = `<AdditionalData dtype="string">${'x'.repeat(200_000)}</AdditionalData>`
  assert.deepEqual(await t.send(report({ id: '1', content: large })), { kind: 'result' })
  assert.equal((await t.send(report({ id: '2', content: large }))).kind, 'error')
  delivery.maxQueue = 100
  assert.deepEqual(await t.send(report({ id: '2', content: large })), { kind: 'result' })
})

test('few large reports of one participant do not fill the disk', async () => {
  // so many of them are few, and each may be as large as an item
  await using t = await bench({ delivery: { maxAge: 1, concurrency: 1, maxQueue: 30 } as Config['delivery'] })
  const large = `<AdditionalData dtype="string">${'x'.repeat(200_000)}</AdditionalData>`
  const kinds: string[] = []
  for (let id = 1; id <= 4; id++) {
    const reply = await t.send(report({ id: String(id), content: large }))
    kinds.push(reply.kind === 'error' ? `${reply.type} ${reply.condition}` : reply.kind)
  }
  assert.deepEqual(kinds, ['result', 'result', 'wait resource-constraint', 'wait resource-constraint'])
  assert.equal((await t.queue()).length, 2)
  assert.deepEqual(
    await t.send(report({ id: '1', content: large })),
    { kind: 'result' },
    'the same again needs no room',
  )
})
