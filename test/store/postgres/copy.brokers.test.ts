import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { copyRows } from '../../../src/store/copy-store.ts'
import { openForCopy as openTarget } from '../../../src/store/postgres/copy-target.ts'
import { openBeside, openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { openForCopy as openSource } from '../../../src/store/sqlite/copy-source.ts'
import { untold } from '../../../src/tell.ts'
import { FIRST, INCIDENT, putEach, told } from '../copied.ts'
import { createBench as createSqliteBench, delivery, envelope, MEMORY, request, sha } from '../support.ts'
import { createPostgresBench } from './bench.ts'

test('a store in SQLite that is copied to PostgreSQL says all that it said, and goes on', async () => {
  await using from = await createSqliteBench(MEMORY)
  await using to = await createPostgresBench()
  const { store, clock } = from
  const at = { url: to.server.url, schema: `copied_${randomBytes(4).toString('hex')}` }
  await putEach(store, clock)
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
  for (const most of [8, 26]) await assert.rejects(copy(most), /stopped/)
  await assert.rejects(openGatewayStore({ at, tell: untold, clock }), /not finished/, 'half a store is none')
  assert.ok((await copy()) > 20, 'begun again it comes to its end')
  await assert.rejects(copy(), /holds a store already/)

  await using beside = await openBeside({ at, tell: untold, clock })
  assert.deepEqual(await told(beside), before)
  await using after = await openGatewayStore({ at, tell: untold, clock })
  assert.equal((await after.accept(envelope(clock, 'one', FIRST))).outcome, 'duplicate')
  const fresh = await after.accept(envelope(clock, 'fresh', [delivery('new', { incident: INCIDENT })]))
  assert.ok(fresh.outcome === 'accepted' && fresh.deliveries[0]! > before.list.at(-1)!.id, 'keys go on behind those')
  const [first] = await after.claim(request(clock))
  assert.equal(first?.[0]?.item, sha('A'), 'in the order in which they stood')
})
