import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { hashPassword } from '../../src/password-hash.ts'
import { createBasicLogins } from '../../src/rid/basic.ts'
import { basicHeader } from '../../src/rid/basic-header.ts'
import type { Connection } from '../../src/rid/connections.ts'

const PASSWORD = 'correct horse battery'
const HASH = await hashPassword(PASSWORD)
const peer = (name: string, readHash = () => HASH) =>
  ({ name, identity: { basic: { user: name, readHash } } }) as unknown as PeerConfig
const connection = (address = '192.0.2.1') =>
  ({ address, refusedLogins: 0, closing: false, login: undefined }) as unknown as Connection
const header = (user: string, password = PASSWORD) => ['Authorization', basicHeader(user, password)]

/** `looks`: how many passwords were held against a hash, or waited for that. */
function bench(peers = [peer('csirt-b')]) {
  const told: string[] = []
  let [looks, clock] = [0, 0]
  const logins = createBasicLogins({
    rid: () => ({ name: 'gateway.example' }),
    peers,
    tell: (...[, fields]) => void told.push(String((fields as { reason?: string }).reason)),
    isKnown() {
      looks += 1
      return false
    },
    now: () => clock,
  })
  return {
    logins,
    told,
    looks: () => looks,
    wait(ms: number) {
      clock += ms
    },
    async status(to: Connection, rawHeaders: readonly string[]) {
      const checked = await logins.check(to, rawHeaders)
      if (checked.kind === 'refused') return checked.problem.status
      to.login = checked.login
      return checked.peer.name
    },
  }
}

describe('a password', () => {
  test('that was right is not looked at again, on any connection, until it did not come for five minutes', async () => {
    const { status, looks, wait } = bench()
    for (let n = 0; n < 4; n += 1) {
      assert.equal(await status(connection(), header('csirt-b')), 'csirt-b')
      wait(200_000)
    }
    assert.equal(looks(), 1)
    wait(301_000)
    assert.equal(await status(connection(), header('csirt-b')), 'csirt-b')
    assert.equal(looks(), 2)
  })

  test('that was right stays so on its connection, unless the hash is another', async () => {
    const { status, looks, wait, logins } = bench()
    const one = connection()
    assert.equal(await status(one, header('csirt-b')), 'csirt-b')
    wait(3_000_000)
    assert.equal(await status(one, header('csirt-b')), 'csirt-b')
    assert.equal(looks(), 1)
    const other = await hashPassword('another password')
    logins.use([peer('csirt-b', () => other)])
    assert.equal(await status(one, header('csirt-b')), 401)
  })

  test('that comes on many connections at once is looked at once', async () => {
    const { status, looks } = bench()
    const all = Array.from({ length: 8 }, () => status(connection(), header('csirt-b')))
    assert.deepEqual(new Set(await Promise.all(all)), new Set(['csirt-b']))
    assert.equal(looks(), 1)
  })

  test('that comes on forty connections of a peer at once is one try of its thirty, and lets all of them in', async () => {
    const { status, looks } = bench()
    const all = Array.from({ length: 40 }, () => status(connection(), header('csirt-b')))
    assert.deepEqual(new Set(await Promise.all(all)), new Set(['csirt-b']))
    assert.equal(looks(), 1)
  })

  test('of a user that there is not is looked at as any other', async () => {
    const { status, looks, told } = bench()
    const time = async (user: string) => {
      const began = performance.now()
      assert.equal(await status(connection(), header(user, 'wrong password')), 401)
      return performance.now() - began
    }
    const [there, nowhere] = [await time('csirt-b'), await time('nobody')]
    assert.equal(looks(), 2)
    assert.deepEqual(told, ['wrong-password', 'unknown-user'])
    assert.ok(nowhere > there / 10, `${nowhere} ms, not ${there} ms`)
  })

  test('is looked at thirty times a minute for one network, and then 429, also where it is right', async () => {
    const { status, wait } = bench()
    const statuses: unknown[] = []
    for (let n = 0; n < 31; n += 1) statuses.push(await status(connection(), header('csirt-b', `guess ${n}`)))
    assert.deepEqual(new Set(statuses.slice(0, 30)), new Set([401]))
    assert.equal(statuses[30], 429)
    assert.equal(await status(connection(), header('csirt-b')), 429)
    assert.equal(await status(connection('192.0.2.2'), header('csirt-b')), 'csirt-b', 'elsewhere it is')
    assert.equal(await status(connection(), header('csirt-b')), 'csirt-b', 'what is known already is not looked at')
    wait(60_000)
    assert.equal(await status(connection(), header('csirt-b', 'guess')), 401)
  })

  test('is answered 429 where too many wait', async () => {
    const { status, told } = bench()
    const all = Array.from({ length: 12 }, (_, n) => status(connection(), header('csirt-b', `guess ${n}`)))
    const statuses = await Promise.all(all)
    assert.equal(statuses.filter((one) => one === 429).length, 3, 'one is looked at, eight wait')
    assert.equal(told.filter((one) => one === 'busy').length, 3)
  })
})
