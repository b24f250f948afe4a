import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeAt } from '../../src/config/store-at.ts'

const FILE = { path: 'here.db' }

test('takes a file for a store in SQLite, and a URL for one in PostgreSQL', () => {
  assert.deepEqual(storeAt('./x.db', FILE), { path: './x.db' })
  const local = storeAt('postgresql://gw@127.0.0.1:5433/gw', FILE)
  assert.deepEqual(local, {
    path: 'here.db',
    postgres: { url: 'postgres://gw@127.0.0.1:5433/gw', schema: 'iodef_gateway' },
  })
})

test('verifies by TLS what is elsewhere, by what the configuration says of it', () => {
  assert.deepEqual(storeAt('postgres://gw@db.example/gw', FILE).postgres?.tls, {})
  const readPassword = () => 'p'
  const tls = { ca: '/ca.pem' }
  const known = { path: 'none', postgres: { url: 'postgres://gw@127.0.0.1/gw', schema: 's', readPassword, tls } }
  const url = 'postgres://gw@db.example/gw'
  assert.deepEqual(storeAt(url, known).postgres, { url, schema: 's', readPassword, tls })
})

test('says of a URL what it should be, and nothing that stands in it', () => {
  assert.throws(
    () => storeAt('postgres://gw:hidden@db.example/gw', FILE),
    (error: Error) => {
      assert.match(error.message, /without a password/)
      return !error.message.includes('hidden')
    },
  )
})
