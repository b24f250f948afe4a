import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHosts } from '../../src/upload/hosts.ts'

const hosts = createHosts(['upload.grid.example', 'files.grid.example:5281', '10.1.0.0/16', '127.0.0.1', 'fd00::5'])
const admitted = (url: string) => {
  const found = hosts.admit(url)
  return typeof found === 'string' ? found : found.href
}

test('files are at listed hosts and their ports, over HTTPS', () => {
  assert.equal(admitted('https://upload.grid.example/a/b?c'), 'https://upload.grid.example/a/b?c')
  assert.equal(admitted('https://UPLOAD.grid.example:443/'), 'https://upload.grid.example/')
  assert.equal(admitted('https://files.grid.example:5281/x'), 'https://files.grid.example:5281/x')
  assert.equal(admitted('https://127.0.0.1/x'), 'https://127.0.0.1/x')
})

test('no other host, port or scheme is asked, and no password sent', () => {
  const unlisted = (host: string) => `The file is at ${host}, which grid.upload.hosts does not list.`
  assert.equal(admitted('https://upload.grid.example:8443/'), unlisted('upload.grid.example:8443'))
  assert.equal(admitted('https://files.grid.example/'), unlisted('files.grid.example'))
  assert.equal(admitted('https://upload.grid.example.evil.example/'), unlisted('upload.grid.example.evil.example'))
  assert.equal(admitted('https://upload.grid.example@evil.example/'), 'The URL of the file holds a user or a password.')
  assert.equal(admitted('https://10.1.2.3/'), unlisted('10.1.2.3'))
  assert.equal(admitted('http://upload.grid.example/'), 'The URL of the file is http://, not https://.')
  assert.equal(admitted('file:///etc/passwd'), 'The URL of the file is file://, not https://.')
  assert.equal(admitted('upload.grid.example/x'), 'The URL of the file is none.')
})

test('no private address is connected to, however it is written, unless it is listed', () => {
  const refused = ['10.0.0.1', '192.168.1.1', '172.31.255.1', '127.0.0.2', '169.254.169.254', '100.64.0.1', '0.0.0.0']
  const others = ['224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00::6', 'ff02::1']
  const disguised = [
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '::10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:0:1::',
    '::ffff:0:a00:1',
  ]
  for (const address of [...refused, ...others, ...disguised]) assert.equal(hosts.allows(address), false, address)
  const permitted = ['10.1.2.3', '127.0.0.1', '::ffff:127.0.0.1', 'fd00::5']
  const open = ['8.8.8.8', '2a00:1450:4001::1', '::ffff:8.8.8.8']
  for (const address of [...permitted, ...open]) assert.equal(hosts.allows(address), true, address)
})
