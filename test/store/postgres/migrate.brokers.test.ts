import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { migrate } from '../../../src/store/postgres/migrate.ts'
import { MIGRATIONS } from '../../../src/store/postgres/schema.ts'
import { eventually } from '../../support/eventually.ts'
import { delivery, envelope } from '../support.ts'
import { createPostgresBench } from './bench.ts'

const known = MIGRATIONS as string[]
const ours = known.length
after(() => known.splice(ours))

test('tables are brought to the next version though a gateway of the version before is in the way, and it goes on', async () => {
  await using bench = await createPostgresBench()
  const { server, schema, sql, store, clock } = bench
  const at = (table: string) => `${schema}.${table}`
  const tx = await sql.reserve()
  await tx.unsafe(
    `BEGIN; UPDATE ${at('destination')} SET held = held; LOCK TABLE ${at('delivery')} IN ROW EXCLUSIVE MODE`,
  )
  known.push('ALTER TABLE envelope ADD COLUMN next text; ALTER TABLE delivery ADD COLUMN next text')
  const found = migrate({ url: server.url, schema }, { create: true })
  const waits = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'iodef-gateway migrations'`
  await eventually('the migration to wait', async () => (await server.psql(waits)) === '1')
  // what each of the two has, the other one waits for
  const written = tx.unsafe(`UPDATE ${at('envelope')} SET seq = seq; COMMIT`).then(
    () => 'written',
    () => tx.unsafe('ROLLBACK').then(() => 'to be tried again'),
  )
  const [brought] = await Promise.allSettled([found, written])
  tx.release()
  assert.deepEqual(brought, { status: 'fulfilled', value: { version: ours + 1, ours: ours + 1 } })
  const message = envelope(clock, 'of the version before', [delivery('A')])
  assert.equal((await store.accept(message)).outcome, 'accepted')
})
