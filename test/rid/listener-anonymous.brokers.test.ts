import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { hashPassword } from '../../src/password-hash.ts'
import { basicHeader } from '../../src/rid/basic-header.ts'
import { type BenchOptions, peerConfig, pki, root, startBench } from './setup.ts'

after(() => pki.dispose())

const PASSWORD = 'correct horse battery'
const hash = await hashPassword(PASSWORD)
const basic = { user: 'csirt-b', readHash: () => hash }
const ANYBODY = peerConfig('caa', { anonymous: true })
const PEERS = [
  ANYBODY,
  peerConfig('csirt-a', { dns: 'csirt-a.example' }),
  peerConfig('csirt-b', { dns: 'csirt-b.example', basic }),
]
const start = (options: BenchOptions = {}) => startBench({ anonymous: true, peers: PEERS, ...options })
const limited = (limits: object) => [{ ...ANYBODY, limits }, ...PEERS.slice(1)]

describe('with rid.anonymous on', () => {
  test('whoever shows nothing is the peer that is anybody, and where it comes from is logged', async () => {
    await using bench = await start()
    await using client = bench.client(null)
    const { status, headers } = await client.post('<a/>')
    assert.deepEqual([status, headers.connection], [200, 'close'])
    assert.deepEqual(
      bench.taken.map(({ peer }) => peer.name),
      ['caa'],
    )
    const told = bench.lines.find(({ event }) => event === 'rid-anonymous')
    assert.deepEqual([told?.peer, told?.remote], ['caa', '127.0.0.1'])
  })

  test('whoever shows something is not anybody: a certificate of nobody, a password that is wrong, or malformed', async () => {
    const stranger = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })
    await using bench = await start({ basic: true })
    await using known = bench.client()
    await using nobody = bench.client(stranger)
    await using bare = bench.client(null)
    assert.equal((await known.post('<a/>')).status, 200)
    assert.equal((await nobody.post('<a/>')).status, 403)
    assert.equal((await bare.post('<a/>', { authorization: basicHeader('csirt-b', PASSWORD) })).status, 200)
    assert.equal((await bare.post('<a/>', { authorization: basicHeader('csirt-b', 'wrong') })).status, 401)
    assert.equal((await bare.post('<a/>', { authorization: '' })).status, 401)
    assert.deepEqual(
      bench.taken.map(({ peer }) => peer.name),
      ['csirt-a', 'csirt-b'],
    )
  })

  test('without it, or without such a peer, whoever shows nothing is nobody', async () => {
    await using off = await start({ anonymous: false })
    await using refused = off.client(null)
    await assert.rejects(refused.post('<a/>'))
    await using none = await start({ peers: PEERS.slice(1) })
    await using client = none.client(null)
    assert.equal((await client.post('<a/>')).status, 401)
    assert.equal(off.taken.length + none.taken.length, 0)
  })

  test('what is over its limits is answered 429, and nobody else is', async () => {
    await using bench = await start({ basic: true, peers: limited({ requests: 3 }) })
    const statuses: number[] = []
    for (let n = 0; n < 5; n += 1) {
      await using client = bench.client(null)
      statuses.push((await client.post('<a/>')).status)
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429])
    await using known = bench.client()
    await using bare = bench.client(null)
    assert.equal((await known.post('<a/>')).status, 200)
    assert.equal((await bare.post('<a/>', { authorization: basicHeader('csirt-b', PASSWORD) })).status, 200)
  })

  test('a reload that takes the peer away is in force for the next request', async () => {
    await using bench = await start()
    await using client = bench.client(null)
    assert.equal((await client.post('<a/>')).status, 200)
    bench.take(bench.rid, PEERS.slice(1))
    assert.equal((await client.post('<a/>')).status, 401)
  })
})
