import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { namedFiles } from '../../src/config/named-files.ts'
import { parseSource } from '../../src/config/read.ts'
import { FULL } from './example.ts'

describe('the files that a configuration names', () => {
  test('are found with their key paths, absolute, relative ones beside the configuration', () => {
    const files = namedFiles(parseSource(FULL).source?.value, '/etc/gw')
    assert.deepEqual(
      files.map(({ path, file }) => [path, file]),
      [
        ['rid.tls.cert', '/etc/gw/rid.pem'],
        ['rid.tls.key', '/etc/gw/rid.key'],
        ['rid.tls.ca', '/etc/gw/peers-ca.pem'],
        ['rid.tls.crl', '/etc/gw/peers.crl'],
        ['grid.tls.cert', '/etc/gw/gw.pem'],
        ['grid.tls.key', '/etc/gw/gw.key'],
        ['grid.tls.ca', '/etc/gw/grid-ca.pem'],
        ['grid.tls.crl', '/etc/gw/grid.crl'],
        ['grid.upload.ca', '/etc/gw/upload-ca.pem'],
        ['grid.auth.password.file', '/etc/gw/gateway.password'],
        ['ops.token.file', '/etc/gw/ops.token'],
        ['store.path', '/etc/gw/data/gateway.db'],
        ['audit.path', '/etc/gw/audit/audit.jsonl'],
        ['peers[0].identity.basic.password.file', '/etc/gw/csirt-a.hash'],
        ['peers[0].basic.password.file', '/etc/gw/csirt-a.password'],
      ],
    )
    assert.deepEqual(namedFiles({ store: { path: '/var/lib/gw.db' } }, '/etc/gw'), [
      { path: 'store.path', file: '/var/lib/gw.db' },
    ])
  })

  test('carry the DNS name that peers look for and what it is used for, the RID certificate alone', () => {
    const purposes = { server: 'needed', client: 'unused' }
    const tls = { cert: 'a.pem', key: 'a.key' }
    assert.deepEqual(namedFiles({ rid: { name: 'gateway.example', tls } }, '/'), [
      { path: 'rid.tls.cert', file: '/a.pem', name: 'gateway.example', purposes },
      { path: 'rid.tls.key', file: '/a.key' },
    ])
    assert.deepEqual(namedFiles({ rid: { name: 'not a name', tls: { cert: 'a.pem' } } }, '/'), [
      { path: 'rid.tls.cert', file: '/a.pem', purposes },
    ])
  })

  test('are found in what is otherwise no configuration, and nothing else is', () => {
    assert.deepEqual(namedFiles({ rid: 7, grid: { tls: { ca: 'ca.pem' } }, peers: 'x' }, '/etc'), [
      { path: 'grid.tls.ca', file: '/etc/ca.pem' },
    ])
    for (const tree of [undefined, null, 'x', [], { store: { path: '' } }, { store: { path: 7 } }, { store: null }])
      assert.deepEqual(namedFiles(tree, '/'), [])
  })
})
