import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { connect } from '../../../src/store/sqlite/connect.ts'
import { storeFileKind } from '../../../src/store/sqlite/file-header.ts'

const dir = mkdtempSync(join(tmpdir(), 'header-'))
after(() => rmSync(dir, { recursive: true }))

function other(name: string, sql: string): string {
  const path = join(dir, name)
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
  return path
}

test('a store is known as one while it is open, and when it is closed', () => {
  const path = join(dir, 'gateway.db')
  const db = connect({ path, create: true, busyMs: 1000 })
  assert.equal(storeFileKind(path), 'store')
  db.close()
  assert.equal(storeFileKind(path), 'store')
  assert.deepEqual(readdirSync(dir), ['gateway.db'], 'looking leaves nothing beside it')
})

test('an empty file may become one', () => {
  writeFileSync(join(dir, 'empty'), '')
  assert.equal(storeFileKind(join(dir, 'empty')), 'store')
})

test('what is none is told apart', () => {
  writeFileSync(join(dir, 'text'), 'gateway: store\n')
  assert.equal(storeFileKind(join(dir, 'text')), 'no-database')
  assert.equal(storeFileKind(other('a', 'CREATE TABLE t (x)')), 'other-database')
  assert.equal(storeFileKind(other('b', 'PRAGMA application_id = 7; CREATE TABLE t (x)')), 'other-database')
  const newer = 'PRAGMA application_id = 1229931590; PRAGMA user_version = 9999; CREATE TABLE t (x)'
  assert.equal(storeFileKind(other('c', newer)), 'newer-store')
})
