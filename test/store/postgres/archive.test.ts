import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createArchive } from '../../../src/store/postgres/archive.ts'
import type { Db, Rows } from '../../../src/store/postgres/sql.ts'

test('a hundred retractions that come at the same time are two statements, and not two hundred', async () => {
  const asked: string[] = []
  const db: Db = {
    async query<Row>(text: string) {
      asked.push(text)
      return Object.assign([], { count: 0 }) as unknown as Rows<Row>
    },
  }
  const keys = { next: async () => 1, ready: async () => {}, forget() {} }
  const { forgetEach } = createArchive(db, keys)
  const retracted = Array.from({ length: 100 }, (_, n) => ({ topic: 'incident', items: [`${n}`] }))
  assert.deepEqual(
    await forgetEach(retracted),
    Array.from({ length: 100 }, () => 0),
  )
  assert.equal(asked.length, 2)
})
