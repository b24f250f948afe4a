import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { createBasicUsers } from '../../src/rid/basic-users.ts'

const hash = (ln: number) => `$scrypt$ln=${ln},r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
const peer = (name: string, readHash: () => string) =>
  ({ name, identity: { basic: { user: `${name} user`, readHash } } }) as unknown as PeerConfig

describe('users', () => {
  test('are the peers that have one', () => {
    const users = createBasicUsers([{ name: 'csirt-a', identity: {} } as PeerConfig, peer('b', () => `${hash(15)}\n`)])
    assert.equal(users.find('b user')?.peer.name, 'b')
    assert.equal(users.find('b user')?.hash, hash(15))
    assert.equal(users.find('b user')?.parsed?.cost.ln, 15)
    assert.equal(users.find('b'), undefined)
    assert.equal(users.find('toString'), undefined)
  })

  test('whose hash cannot be read, or is none, have no password that fits', () => {
    const unread = () => {
      throw new Error('no such file')
    }
    const users = createBasicUsers([peer('b', unread), peer('c', () => 'hunter2')])
    assert.deepEqual(
      ['b user', 'c user'].map((user) => users.find(user)?.parsed),
      [undefined, undefined],
    )
  })

  test('that there are not have a decoy, each always the same one, of whatever cost there is', () => {
    const users = createBasicUsers([peer('b', () => hash(14)), peer('c', () => hash(15))])
    const costs = Array.from({ length: 200 }, (_, n) => users.decoy(`nobody ${n}`)?.cost.ln)
    assert.deepEqual(new Set(costs), new Set([14, 15]))
    assert.deepEqual(
      costs,
      costs.map((_, n) => users.decoy(`nobody ${n}`)?.cost.ln),
    )
    assert.equal(createBasicUsers([]).decoy('nobody'), undefined)
  })
})
