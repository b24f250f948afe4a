import assert from 'node:assert/strict'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSenders } from '../../src/gateway/senders.ts'
import { csirtA, peerConfig, pki, root } from '../rid/setup.ts'

after(() => pki.dispose())

const [a, b] = ['csirt-a', 'csirt-b'].map((name) => peerConfig(name, { dns: `${name}.example` }))

function senders(key = csirtA.key) {
  const rid = { maxMessage: 65_536, tls: { cert: csirtA.cert, key, ca: root.cert } }
  const config = { rid, peers: [a, b], delivery: { concurrency: 1 } }
  const parts = { config, events: { tell: () => undefined }, reader: {} }
  return createSenders(parts as unknown as Parameters<typeof createSenders>[0])
}

test('a peer that asks from very many addresses ends no connection to another', async () => {
  await using made = senders()
  assert.ok(a !== undefined && b !== undefined)
  const before = made.at(b, '192.0.2.1')
  for (let i = 0; i < 200; i++) made.at(a, `2001:db8::${i.toString(16)}`)
  assert.equal(made.at(b, '192.0.2.1'), before)
  assert.ok(made.all().length <= 20, 'and few are kept of it')
})

test('the address that a peer asks from again has the same connections', async () => {
  await using made = senders()
  assert.ok(a !== undefined)
  const before = made.at(a, '::ffff:192.0.2.1')
  for (let i = 0; i < 10; i++) made.at(a, `2001:db8::${i}%eth0`)
  assert.equal(made.at(a, '192.0.2.1'), before)
})

test('a peer that asks from a new address is answered with the certificate in force, whatever its files hold by now', async () => {
  assert.ok(a !== undefined)
  const key = join(pki.dir, 'replaced.key')
  await copyFile(csirtA.key, key)
  await using made = senders(key)
  await writeFile(key, 'half of a key')
  assert.ok(made.at(a, '192.0.2.7'))
})
