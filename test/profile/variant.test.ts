import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Config, PeerConfig } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader } from '../../src/reading/reader.ts'
import { createAccept } from '../../src/relay/accept.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import type { Part } from '../../src/relay/part.ts'
import type { Delivery } from '../../src/store/contract.ts'
import { EVERYTHING, grid, peer } from '../relay/journey.ts'
import { createBench, log, MEMORY, request } from '../store/support.ts'
import { additionalData, documentText, IODEF1, incidentText, RID, ridText } from '../support/documents.ts'
import { createSigner } from '../support/signed.ts'

/** The same Incident can be part of different reports: each that was approved must reach the Topic, and from there the peers. */
const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

async function bench(peers: PeerConfig[] = [peer({ name: 'reader' })]) {
  const own = await createBench(MEMORY)
  const { store, clock } = own
  const events = createEvents({ log, metrics: createMetrics(), clock })
  const config = {
    ...grid({ restrictions: EVERYTHING }, 250_000),
    peers,
    rid: { name: 'gateway.example' },
    delivery: { maxAge: 1, concurrency: 1, maxQueue: 100 },
  } as unknown as Config
  const accept = createAccept({ config, reader, store, events, wake: () => {} })
  const consume = createConsumer({ config, reader, store, events, clock, wake: () => {} })
  /** claims and settles all there is */
  async function carryOut(kind: 'topic' | 'peer', destination: string): Promise<Delivery[]> {
    const all: Delivery[] = []
    for (;;) {
      const units = (await store.claim(request(clock, { kind, destination, limit: 99 }))).flat()
      if (units.length === 0) return all
      await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
      all.push(...units)
    }
  }
  return {
    ...own,
    async post(body: string, from: Partial<PeerConfig> = {}) {
      const answer = await accept({ id: 'm', peer: peer(from), body: Buffer.from(body), receivedAt: clock.now() })
      assert.ok(answer.kind === 'reply' && /^$|"Approved"/.test(answer.xml), JSON.stringify(answer))
    },
    consume: (items: readonly Delivery[]) =>
      consume(
        'incident',
        items.map(({ item, payload }) => ({ topic: 'incident', id: item, xml: payload, retained: false })),
      ),
    published: () => carryOut('topic', 'incident'),
    sent: async (name = 'reader') =>
      (await carryOut('peer', name)).map(({ payload }): Part => JSON.parse(payload) as Part),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

const signer = createSigner('ec')
const plain = documentText()
const signed = signer.sign(documentText(undefined, '', additionalData('@SIGNATURE@')))
const result = (source: string) =>
  ridText(plain, {
    msgType: 'Result',
    behind: `<IncidentSource xmlns="${RID}"><SourceFound>${source}</SourceFound><Node xmlns="${IODEF1}"><NodeName>x</NodeName></Node></IncidentSource>`,
  })

const PAIRS: readonly [name: string, first: string, second: string][] = [
  ['with AdditionalData', plain, documentText(undefined, '', additionalData('more', ' dtype="string"'))],
  ['in another language', plain, documentText(undefined, ' xml:lang="ja"')],
  ['as TraceRequest', ridText(plain, { msgType: 'InvestigationRequest' }), ridText(plain, { msgType: 'TraceRequest' })],
  ['signed', plain, signed],
  ['signed anew', signed, signer.sign(documentText(undefined, '', additionalData('@SIGNATURE@')))],
  ['signed with other white space', signed, signed.replace('<Incident ', '\n<Incident ')],
  ['with another IncidentSource', result('false'), result('true')],
  ['with a looser RIDPolicy', ridText(plain, { policyAttributes: ' restriction="private"' }), ridText(plain)],
]

for (const [name, first, second] of PAIRS) {
  test(`an Incident that was published before is published again ${name}, and reaches the peers`, async () => {
    await using t = await bench()
    await t.post(first)
    const [before] = await t.published()
    await t.post(second)
    await t.post(second)
    const [after, ...more] = await t.published()
    assert.ok(before && after && more.length === 0, 'approved, and never published')
    assert.equal(after.item, before.item, 'one item id')
    assert.notEqual(after.payload, before.payload)
    await t.consume([before, after, after])
    assert.equal((await t.sent()).length, 2)
  })

  test(`both reports of an Incident, the second ${name}, go out in order when the Broker was away`, async () => {
    await using t = await bench()
    await t.post(first)
    await t.post(second)
    const items = await t.published()
    assert.equal(items.length, 2)
    await t.consume(items)
    assert.equal((await t.sent()).length, 2)
  })
}

test('the same report of another peer, with its own RIDPolicy, is published once and sent to neither', async () => {
  await using t = await bench(['a', 'b', 'reader'].map((name) => peer({ name })))
  await t.post(ridText(plain), { name: 'a' })
  await t.post(ridText(plain).replace('rid.example', 'b.example'), { name: 'b' })
  const items = await t.published()
  assert.equal(items.length, 1)
  await t.consume(items)
  assert.deepEqual(await Promise.all(['a', 'b', 'reader'].map(async (name) => (await t.sent(name)).length)), [0, 0, 1])
})

test('who reported an Incident gets what others report of it', async () => {
  await using t = await bench(['a', 'b'].map((name) => peer({ name })))
  await t.post(plain, { name: 'a' })
  await t.post(documentText(undefined, '', additionalData('more', ' dtype="string"')), { name: 'b' })
  await t.consume(await t.published())
  assert.match((await t.sent('a'))[0]?.shell ?? '', /more/)
  assert.equal((await t.sent('b'))[0]?.shell.includes('more'), false)
})

test('a document of several Incidents that comes again with more goes out whole and once, without waiting', async () => {
  await using t = await bench()
  const incidents = ['1', '2', '3'].map((id) => incidentText({ id }))
  for (const more of ['', additionalData('more', ' dtype="string"')]) {
    await t.post(documentText(incidents, '', more))
    for (const [i, item] of (await t.published()).entries()) {
      assert.equal((await t.sent()).length, 0, `before item ${i}`)
      await t.consume([item])
    }
    assert.equal((await t.sent()).length, 3)
  }
})

test('what was withheld goes out when it comes again and may', async () => {
  await using t = await bench([peer({ name: 'reader', restrictions: ['public'] })])
  const secret = additionalData('x', ' dtype="string" restriction="private"')
  await t.post(documentText([incidentText()], '', secret))
  await t.post(documentText([incidentText(), incidentText({ id: '2' })]))
  await t.consume(await t.published())
  assert.deepEqual(
    (await t.sent()).map((part) => part.id.id),
    ['1', '2'],
  )
})
