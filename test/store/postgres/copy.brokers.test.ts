import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { copyRows } from '../../../src/store/copy-store.ts'
import { openForCopy as openTarget } from '../../../src/store/postgres/copy.ts'
import { openBeside, openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { openForCopy as openSource } from '../../../src/store/sqlite/copy.ts'
import type { WholeStore } from '../../../src/store/whole-store.ts'
import { untold } from '../../../src/tell.ts'
import { createBench as createSqliteBench, delivery, envelope, request, sha } from '../support.ts'
import { createPostgresBench } from './bench.ts'

/** All that somebody may ask of a store, in which there is something of each kind. */
async function told(store: WholeStore) {
  const list = await store.list()
  return {
    list,
    shown: await Promise.all(list.map(({ id }) => store.show(id))),
    backlog: await store.backlog(),
    trace: await store.trace('7'),
    seen: [await store.cursor('incident'), await store.seenIds('incident', ['1', '2', 'x'.repeat(1000), 'never'])],
    sources: await store.sourcesOf(sha('A')),
    exchanges: await store.exchange('q'),
    counts: await store.exchangeCounts(),
    bytes: await store.unsettledBytes('topic', 'csirt-a'),
  }
}

test('a store in SQLite that is copied to PostgreSQL says all that it said, and goes on', async () => {
  await using from = await createSqliteBench()
  await using to = await createPostgresBench()
  const { store, clock } = from
  const at = { url: to.server.url, schema: `copied_${randomBytes(4).toString('hex')}` }
  const seen = (itemId: string) => ({ topic: 'incident', itemId, digest: 'd', at: clock.now() })
  const incident = 'csirt-a.example 7'
  const trace = [{ at: clock.now(), incident, event: 'accepted', fields: { n: 1, text: '漢"\\{}' } }]
  const group = { id: 'g', items: [sha('A'), sha('missing')] }
  const rows = [
    delivery('A', { incident, group, also: ['x 8'], apart: sha('apart') }),
    delivery('B', { incident, kind: 'peer', destination: 'csirt-b' }),
    delivery('C', { state: 'held', reason: 'as it is', bound: { name: 'b', most: 3, each: 3 } }),
  ]
  await store.accept(envelope(clock, 'one', rows), trace)
  await store.accept(envelope(clock, 'again', [delivery('A', { incident, group })], { source: 'csirt-c' }))
  await store.accept(envelope(clock, 'next', [delivery('D', { incident })]))
  await store.markSeen([seen('1'), seen('x'.repeat(1000)), seen('2')])
  await store.pause('peer', 'csirt-b', { since: 5, by: 'somebody' })
  await store.ask(
    {
      ...{ id: 'q', asker: 'csirt-a', address: null, msgType: 'Query', incident, digest: sha('q'), question: '<q/>' },
      ...{ opened: clock.now(), pendingAt: null, expires: clock.now() + 1000 },
    },
    [{ kind: 'peer', target: 'csirt-b', delivery: delivery('Q', { kind: 'peer', destination: 'csirt-b' }) }],
    { open: 9, all: 9, since: 0 },
    () => ({ change: { answers: [{ leg: 0, msgType: 'Report', digest: 'a', body: '<a/>' }] } }),
  )
  await clock.advance(5)
  const before = await told(store)
  await store[Symbol.asyncDispose]()

  const copy = async (most = Number.POSITIVE_INFINITY) => {
    using source = openSource(from.path)
    await using target = await openTarget(at)
    let pieces = 0
    const count = await copyRows(source, target, () => {
      if (++pieces > most) throw new Error('stopped')
    })
    await target.finish()
    return count
  }
  await assert.rejects(copy(8), /stopped/)
  await assert.rejects(openGatewayStore({ at, tell: untold, clock }), /not finished/, 'half a store is none')
  assert.ok((await copy()) > 20, 'begun again it comes to its end')
  await assert.rejects(copy(), /holds a store already/)

  await using beside = await openBeside({ at, tell: untold, clock })
  assert.deepEqual(await told(beside), before)
  await using after = await openGatewayStore({ at, tell: untold, clock })
  assert.equal((await after.accept(envelope(clock, 'one', rows))).outcome, 'duplicate')
  const fresh = await after.accept(envelope(clock, 'fresh', [delivery('E', { incident })]), trace)
  assert.ok(fresh.outcome === 'accepted' && fresh.deliveries[0]! > before.list.at(-1)!.id, 'keys go on behind those')
  const [first] = await after.claim(request(clock))
  assert.equal(first?.[0]?.item, sha('A'), 'in the order in which they stood')
})
