import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { createEvents } from '../../src/events.ts'
import { recordOf } from '../../src/exchange/record.ts'
import type { GridItem } from '../../src/grid/contract.ts'
import { renderFileSharing, type SharedFile } from '../../src/profile/file-sharing.ts'
import { stubOf } from '../../src/profile/stub.ts'
import { createReader } from '../../src/reading/reader.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import { createFileSink } from '../../src/relay/file-sink.ts'
import { readAgain } from '../../src/relay/look-at-item.ts'
import type { ConsumeOptions } from '../../src/relay/understand.ts'
import { encrypt } from '../../src/upload/cipher.ts'
import { createFiles } from '../../src/upload/files.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { grid, peer, published, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())
const { signal } = new AbortController()

const LANGUAGE = ' xml:lang="en"'
const itemOf = (options: Parameters<typeof incidentText>[0] = {}) => {
  const [made] = published(valid(documentText([incidentText({ id: '7', ...options })], LANGUAGE)))
  assert.ok(made !== undefined)
  return made.item
}
const WHOLE = itemOf()

/** A stub of WHOLE, and what is at its URL: by default what should be. */
function stub(plain: string | Uint8Array = WHOLE.xml, change: Partial<SharedFile> = {}) {
  const { bytes, ...said } = encrypt(Buffer.from(plain))
  const file = { ...said, name: 'x.xml', url: 'https://upload.example/x', ...change }
  const item: GridItem = { topic: 'incident', id: WHOLE.id, xml: stubOf(WHOLE.xml, file) ?? '', retained: false }
  return { bytes, item }
}

async function bench(
  peers: readonly PeerConfig[],
  status: () => number,
  body: () => Uint8Array,
  more: Partial<Pick<ConsumeOptions, 'config' | 'converse' | 'record'>> = {},
) {
  const own = await createBench(MEMORY)
  const woken: string[] = []
  const asked: string[] = []
  const files = createFiles(
    { hosts: ['upload.example'] },
    {
      largest: 1_000_000,
      ca: undefined,
      https: async ({ url }) => {
        asked.push(url.href)
        return { kind: 'answer', status: status(), body: body(), retryAfter: undefined }
      },
    },
  )
  const options = {
    config: { peers },
    reader,
    store: own.store,
    events: createEvents({ log, clock: own.clock }),
    clock: own.clock,
    placeOf: files.placeOf,
    wake: (destination: string, kind: string) => void woken.push(`${kind} ${destination}`),
    ...more,
  }
  const sink = createFileSink(options, files.fetch)
  const consume = createConsumer(options)
  return {
    ...own,
    woken,
    asked,
    consume: (...items: GridItem[]) => consume('incident', items),
    rows: async () => (await own.store.list()).map((d) => `${d.kind} ${d.destination} ${d.state} ${d.incident}`),
    /** What an attempt says of the file that is awaited. */
    async attempt(destination = 'upload.example') {
      const now = own.clock.now()
      const [unit = []] = await own.store.claim({ kind: 'file', destination, limit: 1, now, leaseMs: 1_000 })
      assert.equal(unit.length, 1)
      const outcome = await sink.send(unit, signal)
      return 'reason' in outcome ? `${outcome.kind}: ${outcome.reason}` : outcome.kind
    },
    again: (unit: Parameters<typeof sink.send>[0]) => sink.send(unit, signal),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

const good = (item: ReturnType<typeof stub>) => [() => 200, () => item.bytes] as const

test('a stub moves the cursor and reaches nobody; once its file came, its document goes to each peer, as it was', async () => {
  const made = stub()
  await using t = await bench([peer(), peer({ name: 'csirt-b' })], ...good(made))
  await t.consume(made.item)
  assert.equal((await t.store.cursor('incident'))?.itemId, WHOLE.id)
  assert.deepEqual(await t.rows(), ['file upload.example pending csirt.example 7'])
  assert.deepEqual(t.woken, ['file upload.example'])
  assert.equal(await t.attempt(), 'delivered')
  assert.deepEqual(t.asked, ['https://upload.example/x'])
  assert.deepEqual((await t.rows()).slice(1), [
    'peer csirt-a pending csirt.example 7',
    'peer csirt-b pending csirt.example 7',
  ])
  const { payload, item } = (await t.store.show((await t.store.list())[1]?.id ?? ''))!
  assert.equal(item, WHOLE.id)
  assert.match(payload, /xml:lang=\\"en\\"/)
})

test('an item behind a stub does not wait for its file', async () => {
  const made = stub()
  await using t = await bench(
    [peer()],
    () => 404,
    () => made.bytes,
  )
  const next = published(valid(documentText([incidentText({ id: '8' })])))[0]?.item
  await t.consume(made.item, { topic: 'incident', id: next?.id ?? '', xml: next?.xml ?? '', retained: false })
  assert.deepEqual(await t.rows(), [
    'file upload.example pending csirt.example 7',
    'peer csirt-a pending csirt.example 8',
  ])
  assert.equal((await t.store.cursor('incident'))?.itemId, next?.id)
  assert.match(await t.attempt(), /^retry: The file: upload\.example answers 404/)
})

test('a kill between what a file brought and its settlement changes nothing: it is fetched again, and is a repeat', async () => {
  const made = stub()
  await using t = await bench([peer()], ...good(made))
  await t.consume(made.item)
  const [unit = []] = await t.store.claim({
    ...{ kind: 'file', destination: 'upload.example', limit: 1, now: t.clock.now(), leaseMs: 1_000 },
  })
  for (let times = 0; times < 2; times += 1) assert.equal((await t.again(unit)).kind, 'delivered')
  assert.equal((await t.rows()).length, 2)
  assert.equal((await t.store.cursor('incident'))?.itemId, WHOLE.id)
})

test('the document does not go back to the peer that sent it in', async () => {
  const made = stub()
  await using t = await bench([peer(), peer({ name: 'csirt-b' })], ...good(made))
  const variant = published(valid(documentText([incidentText({ id: '7' })], LANGUAGE)))[0]?.variant ?? ''
  await t.store.accept({
    ...{ direction: 'rid-to-grid', source: 'csirt-a', digest: 'd', msgType: 'Report', incidents: [], receivedAt: 0 },
    deliveries: [
      {
        ...{ kind: 'topic', destination: 'incident', incident: 'csirt.example 7', item: WHOLE.id, variant },
        ...{ payload: WHOLE.xml, state: 'pending' },
      },
    ],
  })
  await t.consume(made.item)
  assert.equal(await t.attempt(), 'delivered')
  assert.deepEqual(
    (await t.rows()).filter((row) => row.startsWith('peer')),
    ['peer csirt-b pending csirt.example 7'],
  )
})

test('what is not what the item shows is held, and goes to nobody', async () => {
  const refused: readonly (readonly [string | Uint8Array, RegExp])[] = [
    [itemOf({ id: '8' }).xml, /^hold: invalid item: its file has another IncidentID than the item shows$/],
    [itemOf({ purpose: 'watch' }).xml, /has another purpose/],
    [itemOf({ attributes: ' restriction="white"' }).xml, /has another restriction/],
    [itemOf({ attributes: '' }).xml, /has another restriction/],
    ['<report>', /^hold: invalid item: its file is not valid: line 1: /],
    ['<x/>', /its file is not valid: line 1: The root element "x"/],
    [ridText(documentText([incidentText({ id: '7' })])), /its file is not valid: it is RID/],
    [Buffer.from([0xff, 0xfe, 0xfd]), /its file is not UTF-8/],
    [stub().item.xml, /its file names another file/],
  ]
  for (const [plain, why] of refused) {
    const made = stub(plain)
    await using t = await bench([peer()], ...good(made))
    await t.consume(made.item)
    assert.match(await t.attempt(), why)
    assert.equal((await t.rows()).length, 1)
  }
})

test('a bare document is an item, too, and its file may be one', async () => {
  const made = stub(documentText([incidentText({ id: '7' })]))
  await using t = await bench([peer()], ...good(made))
  await t.consume(made.item)
  assert.equal(await t.attempt(), 'delivered')
  assert.equal((await t.rows()).length, 2)
})

test('what is at a host that is not listed is held at once under one name, and as much as may be, and never asked for', async () => {
  await using t = await bench([peer()], ...good(stub()))
  const elsewhere = (i: number) => stub(WHOLE.xml, { url: `https://evil-${i}.example/x` }).item
  for (let i = 0; i < 60; i += 1) await t.consume(elsewhere(i))
  assert.deepEqual(await t.rows(), Array(50).fill('file elsewhere held csirt.example 7'))
  assert.equal(
    (await t.store.list())[0]?.reason,
    'The file is at evil-0.example, which grid.upload.hosts does not list.',
  )
  // an operator who only says "again" changes nothing
  await t.store.retry((await t.store.list())[0]?.id ?? '', t.clock.now())
  assert.match(await t.attempt('elsewhere'), /^hold: The file is at evil-0\.example/)
  assert.deepEqual(t.asked, [])
  assert.deepEqual(t.woken, [])
})

test('an element that names no file is no report, and says what is wrong with it', async () => {
  const made = stub()
  await using t = await bench([peer()], ...good(made))
  await t.consume({ ...made.item, xml: made.item.xml.replace('urn:xmpp:esfs:0', 'urn:x') })
  const [held] = await t.store.list()
  assert.equal(held?.reason, 'invalid item: its file cannot be had: it has no encrypted source')
  assert.deepEqual(await t.rows(), ['file elsewhere held csirt.example 7'])
})

test('nothing is fetched that nobody wants', async () => {
  const made = stub()
  await using t = await bench([peer({ topics: ['other'] })], ...good(made))
  await t.consume(made.item)
  assert.deepEqual(await t.rows(), [])
  assert.equal((await t.store.cursor('incident'))?.itemId, WHOLE.id)
})

test('a stub is never taken for a report that became valid since', async () => {
  assert.equal(await readAgain(reader, stub().item.xml), undefined)
  assert.ok((await readAgain(reader, WHOLE.xml)) !== undefined)
})

test('what the store has of an awaited file is an item, or held', async () => {
  await using t = await bench([peer()], ...good(stub()))
  const sink = (payload: string) => t.again([{ payload }] as unknown as Parameters<typeof t.again>[0])
  for (const payload of ['', '{}', '{"format":2,"topic":"a","id":"b","xml":"<x/>"}', 'null', '[]'])
    assert.equal((await sink(payload)).kind, 'hold', payload)
  const plain = JSON.stringify({ format: 1, topic: 'incident', id: WHOLE.id, xml: WHOLE.xml })
  assert.deepEqual(await sink(plain), { kind: 'hold', reason: 'invalid item: it names no file' })
})

test('hashes of the file element are of what is encrypted and of what is at the URL', () => {
  const { bytes, ...said } = encrypt(Buffer.from(WHOLE.xml))
  const xml = renderFileSharing({ ...said, name: 'x', url: 'https://upload.example/' })
  for (const part of [Buffer.from(WHOLE.xml), bytes]) {
    assert.ok(xml.includes(`>${createHash('sha256').update(part).digest('base64')}</hash>`))
  }
})

test('a file that comes late does not move the cursor back', async () => {
  const made = stub()
  await using t = await bench([peer()], ...good(made))
  const next = published(valid(documentText([incidentText({ id: '8' })])))[0]?.item
  await t.consume(made.item)
  await t.consume({ topic: 'incident', id: next?.id ?? '', xml: next?.xml ?? '', retained: false })
  assert.equal(await t.attempt(), 'delivered')
  assert.equal((await t.rows()).filter((row) => row.startsWith('peer')).length, 2)
  assert.equal((await t.store.cursor('incident'))?.itemId, next?.id)
})

test('a stub asks and answers nothing; what its file says does, once, and is no item for whom that is', async () => {
  const made = stub()
  const said: string[] = []
  const converse: NonNullable<ConsumeOptions['converse']> = async ({ item, inspection }) => {
    said.push(`${item.id === WHOLE.id} ${inspection.item?.file === undefined}`)
    return ['csirt-b']
  }
  await using t = await bench([peer(), peer({ name: 'csirt-b' })], ...good(made), { converse })
  await t.consume(made.item)
  assert.deepEqual(said, [])
  assert.equal(await t.attempt(), 'delivered')
  assert.deepEqual(said, ['true true'])
  assert.deepEqual((await t.rows()).slice(1), ['peer csirt-a pending csirt.example 7'])
})

test('a file is fetched for a question that is asked on the Topic, where no peer gets its items', async () => {
  const made = stub()
  await using t = await bench([peer({ topics: ['other'] })], ...good(made), { converse: async () => [] })
  await t.consume(made.item)
  assert.equal(await t.attempt(), 'delivered')
})

/** Items of which questions would be answered. */
const found = async (t: Awaited<ReturnType<typeof bench>>) => {
  const records = await t.store.find({ topics: ['incident'], needed: [['public'], []], terms: [], limit: 9, most: 9 })
  assert.ok(records !== 'too-many')
  return records.map(({ item }) => item)
}

test('questions are answered from a stub once its file came, in the place that it has on its Topic', async () => {
  const made = stub()
  await using t = await bench([peer()], ...good(made), { record: recordOf })
  const [next] = published(valid(documentText([incidentText({ id: '8' })])))
  await t.consume(made.item, { topic: 'incident', id: 'next', xml: next?.item.xml ?? '', retained: false })
  assert.deepEqual(await found(t), ['next'])
  assert.equal(await t.attempt(), 'delivered')
  assert.deepEqual(await found(t), [WHOLE.id, 'next'])
})

test('no question is answered from a stub that was retracted before its file came', async () => {
  for (const items of [[WHOLE.id], undefined]) {
    const made = stub()
    await using t = await bench([peer()], ...good(made), { record: recordOf })
    await t.consume(made.item)
    await t.store.forget('incident', items)
    assert.equal(await t.attempt(), 'delivered')
    assert.deepEqual(await found(t), [])
  }
})

test('the file of an item takes nothing from what is under its id since', async () => {
  const made = stub()
  await using t = await bench([peer()], ...good(made), { record: recordOf })
  await t.consume(made.item)
  const [next] = published(valid(documentText([incidentText({ id: '8' })])))
  await t.consume({ topic: 'incident', id: WHOLE.id, xml: next?.item.xml ?? '', retained: false })
  const query = { topics: ['incident'], needed: [['public'], []], terms: [], limit: 9, most: 9 }
  const before = await t.store.find(query)
  assert.equal(await t.attempt(), 'delivered')
  assert.deepEqual(await t.store.find(query), before)
})

test('a stub and its file are repaired where their Topic is lenient, and nowhere else', async () => {
  const odd = (xml: string) => xml.replace('restriction="public"', 'restriction="Public"')
  for (const lenient of [true, false]) {
    const made = stub(odd(WHOLE.xml))
    assert.notEqual(odd(WHOLE.xml), WHOLE.xml)
    const config = { ...grid({ lenient }), peers: [peer()] }
    await using t = await bench([], ...good(made), { config })
    await t.consume({ ...made.item, xml: lenient ? odd(made.item.xml) : made.item.xml })
    const outcome = await t.attempt()
    if (lenient) assert.equal(outcome, 'delivered')
    else assert.match(outcome, /^hold: invalid item: its file is not valid: line 1: /)
    assert.equal((await t.rows()).length, lenient ? 2 : 1)
  }
})
