import assert from 'node:assert/strict'
import { it } from 'node:test'
import { xml } from '@xmpp/client'
import { fetchRetained } from '../../src/grid/backfill.ts'
import { PUBSUB, RSM } from '../../src/grid/pubsub.ts'
import type { Session } from '../../src/grid/session.ts'

/** A Broker on whose Topic five more items are published each time somebody asks. */
function busyBroker(count: number): { session: Session; requests: () => number } {
  let published = count
  let requests = 0
  const session = {
    async request({ payload }: { payload: string }) {
      requests += 1
      if (requests > 1_000) throw new Error('asked for ever')
      published += 5
      const after = Number(/<after>(\d+)<\/after>/.exec(payload)?.[1] ?? -1)
      const max = Number(/<max>(\d+)<\/max>/.exec(payload)?.[1] ?? published)
      const wanted = [...payload.matchAll(/<item id="(\d+)"/g)].map((match) => Number(match[1]))
      const all = Array.from({ length: published }, (_, i) => i)
      const page =
        wanted.length > 0 ? wanted.filter((n) => n !== 7) : all.filter((n) => n > after && n !== 7).slice(0, max)
      const items = page.map((n) => xml('item', { id: String(n) }, xml('a', { xmlns: 'urn:a' })))
      const set = xml('set', { xmlns: RSM }, xml('last', {}, String(page.at(-1))))
      const stanza = xml('iq', { type: 'result' }, xml('pubsub', { xmlns: PUBSUB }, xml('items', {}, ...items), set))
      return { kind: 'result', stanza }
    },
  }
  return { session: session as unknown as Session, requests: () => requests }
}

for (const [title, ids] of [
  ['what was listed', Array.from({ length: 200 }, (_, i) => i).filter((n) => n !== 7)],
  ['what was listed, one of them retracted since', Array.from({ length: 200 }, (_, i) => i)],
] as const) {
  it(`reads ${title} and does not run after what is published meanwhile`, async () => {
    const { session, requests } = busyBroker(200)
    const { signal } = new AbortController()
    const from = { session, broker: 'pubsub.example', node: 'incident', signal, oversized: () => undefined }
    const read: string[] = []
    for await (const items of fetchRetained(from, ids.map(String), true)) read.push(...items.map(({ id }) => id))
    assert.deepEqual(read, ids.filter((n) => n !== 7).map(String))
    assert.ok(requests() < 20, `${requests()} requests`)
  })
}
