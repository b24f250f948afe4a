import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { GatewayError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import type { GridItem } from '../../src/grid/contract.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader, type Reader } from '../../src/reading/reader.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import type { Part } from '../../src/relay/part.ts'
import type { Store } from '../../src/store/contract.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { peer, published, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const itemsOf = (text: string): GridItem[] => published(valid(text)).map(({ item }) => gridItem(item.xml, item.id))
const one = (id: string, more: Parameters<typeof incidentText>[0] = {}) =>
  itemsOf(documentText([incidentText({ id, ...more })]))[0] ?? gridItem('')
const gridItem = (xml: string, id = 'some id'): GridItem => ({ topic: 'incident', id, xml, retained: false })

async function bench(peers: readonly PeerConfig[], faults: { reader?: Reader; store?: (store: Store) => Store } = {}) {
  const own = await createBench(MEMORY)
  const woken: string[] = []
  const metrics = createMetrics()
  const consumer = (store: Store) =>
    createConsumer({
      config: { peers },
      reader: faults.reader ?? reader,
      store: faults.store?.(store) ?? store,
      events: createEvents({ log, metrics, clock: own.clock }),
      clock: own.clock,
      wake: (name) => woken.push(name),
    })
  return {
    ...own,
    woken,
    consume: (items: readonly GridItem[]) => consumer(own.store)('incident', items),
    rows: async () => (await own.store.list()).map((d) => [d.destination, d.state, d.incident] as const),
    foreign: async () =>
      /items_ignored_total\{topic="incident",reason="foreign"\} (\d+)/.exec(await metrics.registry.metrics())?.[1],
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

const failing =
  (method: 'accept', on: (call: number) => boolean) =>
  (store: Store): Store => {
    let calls = 0
    return new Proxy(store, {
      get(target, key, receiver) {
        if (key !== method) return Reflect.get(target, key, receiver)
        return (...args: Parameters<Store['accept']>) => {
          calls += 1
          return on(calls) ? Promise.reject(new GatewayError('store-unavailable')) : target.accept(...args)
        }
      },
    })
  }

test('an item becomes a delivery to each peer of its Topic that has a url, and the cursor moves', async () => {
  const { url: _, ...silent } = peer({ name: 'csirt-c' })
  await using t = await bench([peer(), peer({ name: 'csirt-b' }), silent, peer({ name: 'd', topics: ['other'] })])
  const item = one('1')
  await t.consume([item])
  assert.deepEqual(await t.rows(), [
    ['csirt-a', 'pending', 'csirt.example 1'],
    ['csirt-b', 'pending', 'csirt.example 1'],
  ])
  assert.deepEqual(t.woken, ['csirt-a', 'csirt-b'])
  assert.equal((await t.store.cursor('incident'))?.itemId, item.id)
})

test('the same item again, under its id or another, is not delivered twice', async () => {
  await using t = await bench([peer()])
  const item = one('1')
  await t.consume([item, item])
  await t.consume([item])
  await t.consume([{ ...item, id: 'another' }])
  assert.equal((await t.rows()).length, 1)
  assert.equal((await t.store.cursor('incident'))?.itemId, 'another')
})

test('an item under an old id that says something new is delivered', async () => {
  await using t = await bench([peer()])
  await t.consume([one('1')])
  await t.consume([{ ...one('2'), id: one('1').id }])
  assert.equal((await t.rows()).length, 2)
})

test("a peer's item does not wait behind those of others under its IncidentID", async () => {
  await using t = await bench([peer({ name: 'csirt-b' })])
  const worded = (purpose: string, publisher?: string): GridItem => ({
    ...one('V-1', { purpose }),
    ...(publisher !== undefined && { publisher }),
  })
  const from = (source: string, { id, xml }: GridItem) =>
    t.store.accept({
      ...{ direction: 'rid-to-grid', source, digest: id, msgType: 'Report', incidents: [], receivedAt: 0 },
      deliveries: [
        ...[{ kind: 'topic', destination: 'incident', incident: 'csirt.example V-1', item: id, payload: xml } as const],
      ].map((row) => ({ ...row, state: 'pending' as const })),
    })
  const stranger = worded('other')
  const own = worded('reporting')
  await from('csirt-c', stranger)
  await from('csirt-a', own)
  await t.consume([stranger, own, worded('mitigation', 'x@example/1'), worded('traceback', 'x@example/2')])
  const now = t.clock.now()
  const units = await t.store.claim({ kind: 'peer', destination: 'csirt-b', limit: 10, now, leaseMs: 1000 })
  assert.equal(units.length, 3, 'one of each peer, and the first of the publisher, whatever connection he has')
})

test('an item does not go back to the peer it came from', async () => {
  await using t = await bench([peer(), peer({ name: 'csirt-b' })])
  const item = one('1')
  await t.store.accept({
    direction: 'rid-to-grid',
    source: 'csirt-a',
    digest: 'a'.repeat(64),
    msgType: 'Report',
    incidents: ['csirt.example 1'],
    receivedAt: 0,
    deliveries: [
      {
        kind: 'topic',
        destination: 'incident',
        incident: 'csirt.example 1',
        item: item.id,
        payload: item.xml,
        state: 'pending',
      },
    ],
  })
  await t.consume([item])
  assert.deepEqual((await t.rows()).map(([to]) => to).sort(), ['csirt-b', 'incident'])
  assert.ok((await t.store.trace('1')).some(({ event }) => event === 'loop-stopped'))
})

test("what somebody else put under the id of a peer's item goes to that peer, too", async () => {
  await using t = await bench([peer(), peer({ name: 'csirt-b' })])
  const [item, allClear] = [one('1'), one('1', { purpose: 'other' })]
  await t.store.accept({
    direction: 'rid-to-grid',
    source: 'csirt-a',
    digest: 'a'.repeat(64),
    msgType: 'Report',
    incidents: ['csirt.example 1'],
    receivedAt: 0,
    deliveries: [
      {
        kind: 'topic',
        destination: 'incident',
        incident: 'csirt.example 1',
        item: item.id,
        payload: item.xml,
        state: 'pending',
      },
    ],
  })
  await t.consume([{ ...allClear, id: item.id }])
  const told = (await t.rows()).map(([to]) => to)
  assert.deepEqual(told.sort(), ['csirt-a', 'csirt-b', 'incident'])
})

test('what a peer may not have is withheld, with the reason, and not woken for', async () => {
  await using t = await bench([peer({ restrictions: ['public'] }), peer({ name: 'csirt-b' })])
  await t.consume([one('1', { attributes: ' restriction="amber"' })])
  const held = (await t.store.list()).find((d) => d.state === 'withheld')
  assert.equal(held?.destination, 'csirt-a')
  assert.match(held?.reason ?? '', /need-to-know/)
  assert.deepEqual(t.woken, ['csirt-b'])
})

test('items are committed in the order of their Topic, however long the store takes to say where each came from', async () => {
  let asked = 0
  // the first is answered last
  const slow = (store: Store): Store => ({
    ...store,
    async sourcesOf(...args) {
      const turns = 20 - asked++
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      return store.sourcesOf(...args)
    },
  })
  await using t = await bench([peer()], { store: slow })
  const update = (n: number) => one('1', { content: additionalData(`update ${n}`, ' dtype="string"') })
  const items = [1, 2, 3].map(update)
  await t.consume([...items, gridItem('<weather xmlns="urn:x"/>', 'foreign')])
  const payloads = await Promise.all((await t.store.list()).map(async ({ id }) => (await t.store.show(id))?.payload))
  assert.deepEqual(
    payloads.map((payload) => /update \d/.exec(payload ?? '')?.[0]),
    ['update 1', 'update 2', 'update 3'],
  )
  assert.equal((await t.store.cursor('incident'))?.itemId, 'foreign')
})

test('an item that is not IODEF is left alone, and the cursor moves past it', async () => {
  await using t = await bench([peer()])
  for (const [i, xml] of [
    '<weather xmlns="urn:x"/>',
    ridText(documentText()),
    'no xml',
    '<!DOCTYPE a><a/>',
    '',
  ].entries()) {
    await t.consume([gridItem(xml, `foreign ${i}`)])
    assert.equal((await t.store.cursor('incident'))?.itemId, `foreign ${i}`)
  }
  assert.deepEqual(await t.rows(), [])
  assert.equal(await t.foreign(), '5')
})

test('an IODEF item that is not valid is held for its peers with its errors', async () => {
  await using t = await bench([peer()])
  await t.consume([gridItem(documentText([incidentText({ purpose: 'boasting' })]), 'bad')])
  const [row] = await t.store.list()
  assert.equal(row?.state, 'held')
  assert.match(row?.reason ?? '', /^invalid item: line 1: .*boasting/)
  assert.equal((await t.store.cursor('incident'))?.itemId, 'bad')
})

test('a bare document is one delivery for all its Incidents', async () => {
  await using t = await bench([peer()])
  await t.consume([gridItem(documentText([incidentText({ id: '1' }), incidentText({ id: '2' })]))])
  const [row] = await t.store.list()
  const part = JSON.parse((await t.store.show(row?.id ?? ''))?.payload ?? '') as Part
  assert.equal(part.incidents.length, 2)
  assert.ok((await t.store.trace('2')).some(({ event }) => event === 'consumed'))
})

test('the parts of one document share a group, which waits for the others', async () => {
  await using t = await bench([peer()])
  const [first, second] = itemsOf(documentText([incidentText({ id: '1' }), incidentText({ id: '2' })]))
  assert.ok(first && second)
  const claim = () =>
    t.store.claim({ kind: 'peer', destination: 'csirt-a', limit: 9, now: t.clock.now(), leaseMs: 1000 })
  await t.consume([second])
  assert.deepEqual(await claim(), [])
  await t.consume([first])
  assert.deepEqual(
    (await claim()).map((unit) => unit.length),
    [2],
  )
})

test('while the store fails nothing is taken, and nothing behind it', async () => {
  await using t = await bench([peer()], { store: failing('accept', (call) => call === 2) })
  const items = Array.from({ length: 40 }, (_, i) => one(String(i)))
  await assert.rejects(t.consume(items), (e) => e instanceof GatewayError && e.code === 'store-unavailable')
  const known = await t.store.seenIds(
    'incident',
    items.map(({ id }) => id),
  )
  assert.ok(known.has(items[0]?.id ?? '') && !known.has(items[1]?.id ?? ''))
  assert.ok(!known.has(items[39]?.id ?? ''), 'the next window was not begun')
})

test('readers that fail one behind the other reject once, and leave no rejection unhandled', async () => {
  let calls = 0
  const broken: Reader = {
    ...reader,
    inspect: async (bytes, options) => {
      calls += 1
      if (calls === 1) await new Promise((resolve) => setTimeout(resolve, 20))
      if (calls > 1) throw new GatewayError('intake-busy')
      return reader.inspect(bytes, options)
    },
  }
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  await using t = await bench([peer()], { reader: broken })
  await assert.rejects(
    t.consume([one('1'), one('2'), one('3')]),
    (e) => e instanceof GatewayError && e.code === 'intake-busy',
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.off('unhandledRejection', listener)
  assert.deepEqual(unhandled, [])
})

test('an item over the limits of reading is its own fault: held, not tried for ever', async () => {
  const slow: Reader = { ...reader, inspect: () => Promise.reject(new GatewayError('intake-timeout')) }
  await using t = await bench([peer()], { reader: slow })
  await t.consume([one('1')])
  assert.deepEqual(
    (await t.rows()).map(([, state]) => state),
    ['held'],
  )
})

test('an item that the gateway itself throws at is held, and those behind it go on', async () => {
  const odd = { format: 'IODEF 2', valid: true, errors: [], more: 0, warnings: [], rid: null, item: null, document: {} }
  let calls = 0
  const failing: Reader = {
    ...reader,
    async inspect(bytes, options, from) {
      calls += 1
      if (calls === 1) return odd as never
      if (calls === 2) throw new GatewayError('intake-failed', 'unexpected')
      return reader.inspect(bytes, options, from)
    },
  }
  await using t = await bench([peer()], { reader: failing })
  await t.consume([one('1'), one('2'), one('3')])
  assert.deepEqual(
    (await t.rows()).map(([, state]) => state),
    ['held', 'held', 'pending'],
  )
})

test('items are read in the name of their Topic: one Topic waits for no more than its turn among others', async () => {
  const asked: unknown[] = []
  const noting: Reader = {
    ...reader,
    inspect(bytes, options, from) {
      asked.push(from)
      return reader.inspect(bytes, options, from)
    },
  }
  await using t = await bench([peer()], { reader: noting })
  await t.consume([one('1')])
  assert.deepEqual(asked, [{ topic: 'incident' }])
})

test('a Topic with very many items asks for few readings at once', async () => {
  let now = 0
  let most = 0
  const counting: Reader = {
    ...reader,
    async inspect(bytes, options) {
      now += 1
      most = Math.max(most, now)
      return reader.inspect(bytes, options).finally(() => (now -= 1))
    },
  }
  await using t = await bench([peer()], { reader: counting })
  const item = one('1')
  await t.consume(Array.from({ length: 600 }, (_, i) => ({ ...item, id: `copy ${i}` })))
  assert.ok(most <= 64, `${most} at once`)
  assert.equal((await t.store.cursor('incident'))?.itemId, 'copy 599')
})

test('documents of the same Incidents that say something else are groups of their own', async () => {
  await using t = await bench([peer()])
  const both = documentText([incidentText({ id: '1' }), incidentText({ id: '2' })])
  const items = (msgType: 'InvestigationRequest' | 'TraceRequest') =>
    published(valid(ridText(both, { msgType })), undefined, msgType).map(({ item }) => gridItem(item.xml, item.id))
  await t.consume([...items('InvestigationRequest'), ...items('TraceRequest')])
  const claimed = await t.store.claim({
    kind: 'peer',
    destination: 'csirt-a',
    limit: 9,
    now: t.clock.now(),
    leaseMs: 1,
  })
  assert.deepEqual(claimed.map((unit) => unit.length).sort(), [2])
  assert.equal((await t.rows()).length, 4)
})

test('a report that is over a limit of its readers is held, and what is no report is left alone', async () => {
  await using t = await bench([peer()])
  const long = `<a xmlns="urn:${'x'.repeat(1_000)}"/>`
  const deep = `<x xmlns="urn:x">${'<y>'.repeat(300)}${'</y>'.repeat(300)}</x>`
  for (const [name, content] of Object.entries({ long, deep, prefix: '<p:a/>', control: '\u0001' })) {
    const xml = documentText([incidentText({ id: name, content: additionalData(content) })])
    await t.consume([gridItem(xml, name)])
  }
  await t.consume([gridItem(`<entry xmlns="urn:x">${long}</entry>`, 'foreign')])
  assert.deepEqual(
    await t.rows(),
    ['long', 'deep', 'prefix', 'control'].map((name) => ['csirt-a', 'held', `item ${name}`]),
  )
  assert.equal(await t.foreign(), '1')
})

test('an invalid item that its Broker writes another way is held once', async () => {
  await using t = await bench([peer()])
  const xml = documentText([incidentText({ purpose: 'boasting', attributes: ' restriction="public"' })])
  const other = xml.replace(/<Incident (\S+) (\S+?)>/, '<Incident $2 $1>')
  assert.notEqual(other, xml)
  for (const spelling of [xml, other, xml.replaceAll('"', "'")]) await t.consume([gridItem(spelling, 'one')])
  assert.equal((await t.rows()).length, 1)
})

test('every Incident of a bare document is found in queue and trace', async () => {
  await using t = await bench([peer()])
  const xml = documentText([incidentText({ id: '1' }), incidentText({ id: '2' }), incidentText({ id: '3' })])
  await t.consume([gridItem(xml)])
  const [row] = await t.store.list()
  assert.deepEqual([row?.incident, row?.also], ['csirt.example 1', ['csirt.example 2', 'csirt.example 3']])
  for (const id of ['1', '2', 'csirt.example 3']) {
    assert.deepEqual(
      (await t.store.list({ incident: id })).map((d) => d.id),
      [row?.id],
      id,
    )
  }
  assert.deepEqual(await t.store.list({ incident: '4' }), [])
})

test('a delivery that policy keeps back is named in the trace by its id', async () => {
  await using t = await bench([peer({ restrictions: ['public'] })])
  await t.consume([one('1', { attributes: ' restriction="red"' })])
  const told = (await t.store.trace('1')).find(({ event }) => event === 'withheld')
  assert.equal(told?.fields.delivery, (await t.store.list())[0]?.id)
})

test('what another delivery stands for is not counted as one', async () => {
  await using t = await bench([peer()])
  const item = one('1')
  await t.consume([item, { ...item, id: 'another id' }])
  const counts = (await t.store.trace('1')).flatMap(({ event, fields }) =>
    event === 'consumed' ? [fields.deliveries] : [],
  )
  assert.deepEqual(counts, [1, 0])
})

test('why an item is withheld from a peer names the element and the cause', async () => {
  await using t = await bench([peer({ name: 'csirt-b', restrictions: ['public'] })])
  const content = additionalData(
    '<Contact xmlns="urn:ietf:params:xml:ns:iodef-2.0" role="creator" type="person" restriction="amber"/>',
  )
  await t.consume([one('1', { content })])
  const [row] = await t.store.list()
  assert.equal(row?.state, 'withheld')
  assert.match(
    row?.reason ?? '',
    /counts as "need-to-know", which csirt-b may not be sent: restriction "amber" \(Contact in line 1\)$/,
  )
})
