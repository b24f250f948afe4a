import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Config, PeerConfig, TopicConfig } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { createReader } from '../../src/reading/reader.ts'
import { createAccept } from '../../src/relay/accept.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { documentText, IODEF1, incidentText, ridText, schemas } from '../support/documents.ts'
import { XEP_0268 } from '../support/xep-0268.ts'
import { consume, grid, peer, published, sent } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const ODD = documentText().replace('version="2.00"', 'lang="en" version="v2"')
const ODD_1 =
  `<IODEF-Document version="1" xml:lang="en" xmlns="${IODEF1}"><Incident purpose="reporting">` +
  '<IncidentID name="csirt.example">1</IncidentID><ReportTime>2026-01-01 00:00:00+0000</ReportTime>' +
  '<Assessment><Impact type="admin"/></Assessment><Contact role="creator" type="organization">' +
  '<ContactName>A</ContactName></Contact></Incident></IODEF-Document>'

const read = (xml: string) => readDocument(schemas(), Buffer.from(xml), { lenient: true })

/** What a lenient peer's document is published as. */
function publish(xml: string, config = grid()) {
  const posted = read(xml)
  const document = posted.document?.upgraded ?? posted.document
  assert.ok(document !== null && !('invalid' in document))
  return { posted, document, items: published({ ...posted, document }, config) }
}

describe('what a lenient peer sends', () => {
  test('is published as it was repaired, with the document as it came beside it', () => {
    const [made] = publish(ODD).items
    const [, base64 = ''] = /<original reason="repaired">([^<]*)</.exec(made?.item.xml ?? '') ?? []
    assert.equal(Buffer.from(base64, 'base64').toString(), ODD)
    assert.match(made?.item.xml ?? '', /<report xmlns="urn:xmpp:incident:2"><Incident /)
  })

  for (const [what, xml] of Object.entries({ 'IODEF 2': ODD, 'IODEF 1': ODD_1, 'RID around it': ridText(ODD) })) {
    test(`comes back from the Topic as it was repaired, known for what it is: ${what}`, async () => {
      const { posted, items } = publish(xml)
      const [made] = items
      const back = consume(made?.item.xml ?? '')
      assert.deepEqual([back.item, back.variant], [made?.item.id, made?.variant])
      const message = readDocument(schemas(), Buffer.from(await sent([back])))
      assert.equal(message.document?.xml, posted.document?.xml)
    })
  }

  test('goes without the document as it came where its Incidents go to several Topics', () => {
    const two = documentText([incidentText({ id: '1' }), incidentText({ id: '2', purpose: 'watch' })])
    const config = {
      grid: { ...grid().grid, topics: [...grid().grid.topics, ...grid({ name: 'other' }).grid.topics] },
      routes: [
        { match: { purpose: ['watch'] }, topic: 'other' },
        { match: {}, topic: 'incident' },
      ],
    }
    const { items } = publish(two.replace('version=', 'lang="en" version='), config)
    assert.equal(items.length, 2)
    for (const { item } of items) assert.doesNotMatch(item.xml, /<original/)
  })
})

describe('lenient at the two doors', () => {
  async function bench(from: Partial<PeerConfig>, topic: Partial<TopicConfig> = {}) {
    const own = await createBench(MEMORY)
    const events = createEvents({ log, clock: own.clock })
    const config = {
      ...grid(topic),
      peers: [peer({ name: 'csirt-b' })],
      rid: { name: 'rid.example' },
      delivery: { maxAge: 1, concurrency: 1, maxQueue: 10 },
    } as unknown as Config
    const parts = { config, reader, store: own.store, events, clock: own.clock, wake: () => undefined }
    const accept = createAccept(parts)
    return {
      ...own,
      post: (body: string) => accept({ id: 'm1', peer: peer(from), body: Buffer.from(body), receivedAt: 1 }),
      take: (xml: string) =>
        createConsumer(parts)('incident', [{ topic: 'incident', id: xml.slice(1, 9), xml, retained: false }]),
      traced: async (incident: string) =>
        (await own.store.trace(incident)).map(({ event, fields }) => ({
          event,
          note: fields.note,
          reason: fields.reason,
        })),
      [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
    }
  }

  test('a peer with it is answered Approved, and the trace names each repair', async () => {
    await using t = await bench({ lenient: true })
    const answer = await t.post(ODD)
    assert.match(answer.kind === 'reply' ? answer.xml : '', /Approved/)
    const [accepted] = await t.traced('csirt.example 1')
    assert.equal(accepted?.event, 'accepted')
    assert.equal(accepted?.note, 'Repaired: version, lang.')
  })

  test('without it the refusal in the trace says what it would repair, and the sender is told nothing of it', async () => {
    await using t = await bench({})
    const answer = await t.post(ODD)
    assert.equal(answer.kind === 'problem' && answer.problem.status, 400)
    assert.doesNotMatch(JSON.stringify(answer), /lenient/)
    const [refused] = await t.traced('csirt.example 1')
    assert.match(String(refused?.reason), / \(lenient: true would repair it: version, lang\)$/)
    const denied = await t.post(ridText(documentText().replace('xmlns=', 'xmlns="" xmlns:x=')))
    assert.match(denied.kind === 'reply' ? denied.xml : '', /UnrecognizedFormat/)
  })

  test('items as XEP-0268 shows them are taken from a Topic with it, and held without', async () => {
    for (const xml of Object.values(XEP_0268)) {
      await using t = await bench({}, { lenient: true })
      await t.take(xml)
      const key = 'chat.example room-flood-7'
      assert.deepEqual(
        (await t.store.list()).map(({ state, incident }) => [state, incident]),
        [['pending', key]],
      )
      assert.match(String((await t.traced(key))[0]?.note), /^Repaired: /)
      await using strict = await bench({})
      await strict.take(xml)
      const [held] = await strict.store.list()
      assert.equal(held?.state, 'held')
      assert.match(held?.reason ?? '', /\(lenient: true would repair it: /)
    }
  })
})
