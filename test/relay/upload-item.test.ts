import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendOutcome } from '../../src/outcome.ts'
import type { SharedFile } from '../../src/profile/file-sharing.ts'
import { createTopicSink } from '../../src/relay/topic-sink.ts'
import { createUploads } from '../../src/relay/upload-item.ts'
import type { Delivery } from '../../src/store/contract.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { published, read, valid } from './journey.ts'

type Put = Parameters<typeof createUploads>[1]

const { signal } = new AbortController()
const FILE: Omit<SharedFile, 'name'> = {
  ...{ size: 500_000, url: 'https://upload.example/a' },
  ...{ hash: Buffer.alloc(32, 1).toString('base64'), encryptedHash: Buffer.alloc(32, 2).toString('base64') },
  ...{ key: Buffer.alloc(32, 3).toString('base64'), iv: Buffer.alloc(12, 4).toString('base64') },
}
const SLOT = { kind: 'slot', put: 'https://upload.example/put', get: 'https://upload.example/a', fields: [] } as const
const delivery = (id = '1'): Delivery => {
  const [made] = published(valid(documentText([incidentText({ id })])))
  const more = { id, destination: 'incident', attempts: 0, createdAt: 0 }
  return { ...more, item: made?.item.id, payload: made?.item.xml } as unknown as Delivery
}

/** A Topic whose items are all large, and what happened to it in order. */
function topic(put: Put, publish: () => Promise<SendOutcome> = async () => ({ kind: 'delivered' })) {
  const log: string[] = []
  const grid = {
    async uploadSlot(name: string, size: number) {
      log.push(`slot ${name} ${size}`)
      return SLOT
    },
    async publish(_topic: string, id: string, xml: string) {
      log.push(`publish ${id}`)
      sent.push(xml)
      return publish()
    },
  }
  const sent: string[] = []
  const told: Put = async (plain, slot, ended) => {
    log.push('put')
    return put(plain, slot, ended)
  }
  const sink = createTopicSink(grid, 0, { isLarge: () => true, uploads: createUploads(grid, told) })
  return { log, sent, send: (one = delivery()) => sink.send([one], signal) }
}

const works: Put = async (_, slot) => {
  const given = await slot(500_016)
  return given.kind === 'slot' ? FILE : given
}

test('delivered is what has both: the file in its place, and the stub under the item id', async () => {
  const { log, sent, send } = topic(works)
  const { item, payload } = delivery()
  assert.deepEqual(await send(), {
    kind: 'delivered',
    note: { code: 'by-upload', text: `by upload, a file of ${payload.length} bytes` },
  })
  assert.deepEqual(log, ['put', `slot ${item}.xml 500016`, `publish ${item}`])
  assert.deepEqual(read(sent[0] ?? '').item?.file, { ...FILE, name: `${item}.xml` })
})

test('nothing is published of a file that is not in its place', async () => {
  for (const outcome of [
    { kind: 'retry', reason: '503', destinationDown: false, othersPass: true },
    { kind: 'hold', reason: 'too large' },
  ] as const) {
    const { log, send } = topic(async () => ({ kind: 'failed', outcome }))
    assert.deepEqual(await send(), outcome)
    assert.deepEqual(log, ['put'])
  }
})

test('while the publication is tried again the file is put once, and the stub is the same', async () => {
  let times = 0
  const publish = async (): Promise<SendOutcome> => {
    times += 1
    return times < 3 ? { kind: 'retry', reason: 'away', destinationDown: true } : { kind: 'delivered' }
  }
  const { log, sent, send } = topic(works, publish)
  for (const kind of ['retry', 'retry', 'delivered']) assert.equal((await send()).kind, kind)
  assert.equal(log.filter((line) => line === 'put').length, 1)
  assert.equal(new Set(sent).size, 1)
  // what an operator sends once more is another life
  await send()
  assert.equal(log.filter((line) => line === 'put').length, 2)
})

test('an upload service that hangs does not take all places of a Topic', async () => {
  const hung = Promise.withResolvers<typeof FILE>()
  const { log, send } = topic(() => hung.promise)
  const all = Array.from({ length: 40 }, (_, i) => send(delivery(`${i}`)))
  const first = await Promise.race(all)
  assert.deepEqual([first.kind, first.kind === 'retry' && first.destinationDown], ['retry', false])
  assert.equal(log.filter((line) => line === 'put').length, 4)
  hung.resolve(FILE)
  const kinds = (await Promise.all(all)).map(({ kind }) => kind)
  assert.deepEqual([kinds.filter((kind) => kind === 'delivered').length, kinds.length], [36, 40])
})
