import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { readUntilClose } from '../support/rid-client.ts'
import { type BenchOptions, csirtA, peerConfig, pki, root, startBench } from './setup.ts'
import { pause, post } from './wire.ts'

after(() => pki.dispose())

const csirtB = await root.issue({ cn: 'csirt-b', dns: ['csirt-b.example'] })
const nobody = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })
const A = peerConfig('csirt-a', { dns: 'csirt-a.example' })
const PEERS = [A, peerConfig('csirt-b', { dns: 'csirt-b.example' })]
const LIMITED: BenchOptions = { peers: PEERS, ridLimits: { requests: 60 } }

describe('a peer that sends more than it may', () => {
  test('is answered 429 with Retry-After and a problem document; what was refused was not taken, and is when it comes again', async () => {
    await using bench = await startBench(LIMITED)
    await using client = bench.client(csirtA, { keepAlive: true })
    let ok = 0
    let refused = await client.post('<a/>')
    for (; refused.status === 200 && ok < 200; ok += 1) refused = await client.post('<a/>')
    assert.equal(refused.status, 429)
    assert.ok(ok >= 60, String(ok))
    assert.equal(refused.headers['retry-after'], '1')
    assert.equal(refused.headers['content-type'], 'application/problem+xml')
    assert.match(refused.body, /<title>Too Many Requests<\/title>.*More than 60 requests came within a minute\./s)
    assert.equal(bench.taken.length, ok)
    await pause(1_100)
    assert.equal((await client.post('<b/>')).status, 200)
    assert.equal(bench.taken.length, ok + 1)
  })

  test('costs no other peer anything', async () => {
    await using bench = await startBench({ peers: PEERS, ridLimits: { requests: 3 } })
    await using a = bench.client()
    for (let i = 0; i < 4; i += 1) await a.post('<a/>')
    assert.equal((await a.post('<a/>')).status, 429)
    await using b = bench.client(csirtB)
    assert.equal((await b.post('<a/>')).status, 200)
  })

  test('is told of once a minute, by name', async () => {
    await using bench = await startBench({ peers: PEERS, ridLimits: { requests: 2 } })
    await using a = bench.client()
    for (let i = 0; i < 8; i += 1) await a.post('<a/>')
    const lines = bench.lines.filter(({ event }) => event === 'rid-limited')
    assert.deepEqual(
      lines.map(({ peer, limit }) => [peer, limit]),
      [['csirt-a', 'requests']],
    )
  })

  test('has its own limit instead of that of all', async () => {
    await using bench = await startBench({ ...LIMITED, peers: [{ ...A, limits: { requests: 2 } }] })
    await using client = bench.client()
    const statuses = []
    for (let i = 0; i < 3; i += 1) statuses.push((await client.post('<a/>')).status)
    assert.deepEqual(statuses, [200, 200, 429])
  })

  test('is asked about bytes before they are read, where it says how many', async () => {
    await using bench = await startBench({ peers: PEERS, ridLimits: { bytes: 10_000 } })
    await using client = bench.client()
    const body = `<a>${'x'.repeat(5_500)}</a>`
    assert.equal((await client.post(body)).status, 200)
    const over = await client.post(body, { expect: '100-continue', 'content-length': '5507' })
    assert.equal(over.status, 429)
    assert.match(over.body, /More than 10000 bytes of messages/)
    assert.equal(bench.taken.length, 1)
    assert.equal((await client.post('<a/>')).status, 200)
  })

  test('cannot get round the limit of bytes with chunks', async () => {
    await using bench = await startBench({ peers: PEERS, ridLimits: { bytes: 10_000 } })
    await using client = bench.client()
    const body = [`<a>${'x'.repeat(11_000)}</a>`]
    assert.equal((await client.send({ body })).status, 200)
    assert.equal((await client.send({ body })).status, 429)
    assert.equal((await client.post('<a/>')).status, 429)
  })

  test('is still sent the message that is larger than a minute of them', async () => {
    await using bench = await startBench({ peers: PEERS, ridLimits: { bytes: 1_000 } })
    await using client = bench.client()
    assert.equal((await client.post(`<a>${'x'.repeat(5_000)}</a>`)).status, 200)
  })

  test('with too many connections is answered 429 on those above, and is served on the others', async () => {
    await using bench = await startBench({ peers: PEERS, ridLimits: { connections: 2 } })
    await using client = bench.client()
    const held = [await client.raw(), await client.raw()]
    const third = await client.raw()
    const answer = readUntilClose(third)
    third.write(post('<a/>'))
    assert.match(await answer, /^HTTP\/1\.1 429 .*retry-after: 1\r\n.*More than 2 connections are open/is)
    assert.equal(bench.taken.length, 0)
    const [first] = held
    assert.ok(first)
    const served = readUntilClose(first)
    first.write(post('<a/>', 'Connection: close\r\n'))
    assert.match(await served, /^HTTP\/1\.1 200 /)
    for (const socket of held) socket.destroy()
  })
})

test('certificates that are no peers have the limit of one address together', async () => {
  await using bench = await startBench({ peers: PEERS, ridLimits: { requests: 2 } })
  const statuses = []
  for (const certificate of [nobody, nobody, nobody]) {
    await using client = bench.client(certificate)
    statuses.push((await client.post('<a/>')).status)
  }
  assert.deepEqual(statuses, [403, 403, 429])
  await using client = bench.client()
  assert.equal((await client.post('<a/>')).status, 200)
})

test('without any limit configured a peer sends as fast as it can', async () => {
  await using bench = await startBench()
  await using client = bench.client(csirtA, { keepAlive: true })
  for (let i = 0; i < 500; i += 1) assert.equal((await client.post('<a/>')).status, 200)
})
