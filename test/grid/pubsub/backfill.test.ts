import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xml } from '@xmpp/client'
import { BackfillError, fetchRetained, listRetained, type Retained } from '../../../src/grid/pubsub/backfill.ts'
import { DISCO_ITEMS, PUBSUB, RSM } from '../../../src/grid/pubsub/protocol.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'

interface Script {
  /** ids that have gone */
  readonly gone?: readonly string[]
  /** ids over the usual limit; those in `huge` are over every limit */
  readonly large?: readonly string[]
  readonly huge?: readonly string[]
  /** the id at which the session is lost */
  readonly lostAt?: string
}

/** A Broker that answers the later question sooner. */
function broker({ gone = [], large = [], huge = [], lostAt }: Script = {}) {
  const requests: string[][] = []
  let open = 0
  let most = 0
  const session = {
    async request({ payload, size }: { payload: string; size?: number }) {
      const ids = [...payload.matchAll(/<item id="([^"]*)"/g)].map((match) => match[1] ?? '')
      requests.push(ids)
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 10 - (requests.length % 10)))
      open -= 1
      const id = ids[0] ?? ''
      if (id === lostAt) return { kind: 'away' }
      if (gone.includes(id)) return { kind: 'error', error: { type: 'cancel', condition: 'item-not-found' } }
      if (huge.includes(id) || (large.includes(id) && size === undefined)) return { kind: 'oversized' }
      const items = xml('items', {}, xml('item', { id }, xml('a', { xmlns: 'urn:a' })))
      return { kind: 'result', stanza: xml('iq', { type: 'result' }, xml('pubsub', { xmlns: PUBSUB }, items)) }
    },
  }
  const oversized: string[] = []
  const from: Retained = {
    session: session as unknown as Session,
    broker: 'pubsub.example',
    node: 'incident',
    signal: new AbortController().signal,
    subid: undefined,
    flawed: new Set(),
    oversized: (id) => oversized.push(id),
  }
  return { from, oversized, requests, most: () => most }
}

const IDS = Array.from({ length: 100 }, (_, i) => `item ${i}`)

async function read(from: Retained): Promise<string[]> {
  const ids: string[] = []
  for await (const items of fetchRetained(from, IDS)) ids.push(...items.map(({ id }) => id))
  return ids
}

test('asks for one item at a time, many at once, and keeps their order', async () => {
  const { from, requests, most } = broker()
  assert.deepEqual(await read(from), IDS)
  // a Broker may read its whole Topic to answer for two
  assert.ok(requests.every((ids) => ids.length === 1))
  assert.equal(requests.length, IDS.length)
  assert.ok(most() > 8 && most() <= 32, `${most()} at once`)
})

test('leaves out what has gone, and what is over every limit', async () => {
  const { from, oversized } = broker({ gone: ['item 0', 'item 50'], large: ['item 7'], huge: ['item 99'] })
  const left = IDS.filter((id) => !['item 0', 'item 50', 'item 99'].includes(id))
  assert.deepEqual(await read(from), left)
  assert.deepEqual(oversized, ['item 99'])
})

test('hands on what came before the session was lost, and no more', async () => {
  const { from } = broker({ lostAt: 'item 40' })
  const ids: string[] = []
  await assert.rejects(async () => {
    for await (const items of fetchRetained(from, IDS)) ids.push(...items.map(({ id }) => id))
  }, BackfillError)
  assert.deepEqual(ids, IDS.slice(0, 40))
})

test('lets go when nobody wants more', async () => {
  const { from, requests } = broker({ lostAt: 'item 20' })
  for await (const items of fetchRetained(from, IDS)) {
    assert.ok(items.length > 0)
    break
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  // those that it took, and as many as may wait behind them
  assert.ok(requests.length <= 96)
})

/** A Broker whose list of ids has a next page for ever, and that gives its newest items as well. */
function endless(newest: readonly string[]): Session {
  let pages = 0
  const session = {
    async request({ payload }: { payload: string }) {
      if (!payload.includes('disco#items')) {
        const items = xml('items', {}, ...newest.map((id) => xml('item', { id }, xml('a', { xmlns: 'urn:a' }))))
        return { kind: 'result', stanza: xml('iq', { type: 'result' }, xml('pubsub', { xmlns: PUBSUB }, items)) }
      }
      pages += 1
      assert.ok(pages < 100, `${pages} pages of a megabyte`)
      const ids = Array.from({ length: 500 }, (_, i) => `${'x'.repeat(2_000)} ${pages} ${i}`)
      const set = xml('set', { xmlns: RSM }, xml('last', {}, ids.at(-1) ?? ''), xml('count', {}, '1000000000'))
      const query = xml('query', { xmlns: DISCO_ITEMS }, ...ids.map((name) => xml('item', { name })), set)
      return { kind: 'result', stanza: xml('iq', { type: 'result' }, query) }
    },
  }
  return session as unknown as Session
}

test('goes by the newest items where a list of ids has no end', async () => {
  const { from } = broker()
  assert.deepEqual(await listRetained({ ...from, session: endless(['a', 'b']) }), ['a', 'b'])
})
