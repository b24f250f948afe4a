import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInstance, DEAD_AFTER } from '../../../src/store/postgres/instances.ts'
import type { Db, Rows } from '../../../src/store/postgres/sql.ts'
import { eventually } from '../../support/eventually.ts'

test('a gateway goes on showing that it lives while the dead cannot be buried, since the standby died with them', async () => {
  let beats = 0
  let buried: readonly string[] = []
  const { promise: standbyIsBack, resolve: comeBack } = Promise.withResolvers<void>()
  const db: Db = {
    async query<Row>(text: string) {
      if (text.includes('INSERT')) beats += 1
      const rows = text.includes('INSERT') ? [{ fresh: false }] : [{ id: 'dead', beat: 'long ago' }]
      return Object.assign(rows, { count: rows.length }) as unknown as Rows<Row>
    },
  }
  const bury = async (ids: readonly string[]) => {
    buried = [...buried, ...ids]
    await standbyIsBack
  }
  const signs = { db, read: <T>(query: () => Promise<T>) => query() }
  await using instance = createInstance({ signs, owner: 'us', version: '', bury })
  try {
    await instance.start()
    await eventually('the dead to be buried', () => buried.length > 0)
    const before = beats
    // else others bury us
    await eventually('more signs of life', () => beats >= before + 2, { ms: DEAD_AFTER + 4_000 })
    assert.deepEqual(buried, ['dead'], 'once at a time')
  } finally {
    comeBack()
  }
})
