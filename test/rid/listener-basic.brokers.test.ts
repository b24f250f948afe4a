import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { hashPassword } from '../../src/password-hash.ts'
import { basicHeader } from '../../src/rid/basic-header.ts'
import { eventually } from '../support/eventually.ts'
import type { Certificate } from '../support/pki.ts'
import { readUntilClose } from '../support/rid-client.ts'
import { type BenchOptions, csirtA, peerConfig, pki, root, startBench } from './setup.ts'
import { post } from './wire.ts'

after(() => pki.dispose())

const PASSWORD = 'correct horse battery'
const hash = await hashPassword(PASSWORD)
const other = await pki.ca('other')
const gone = await root.issue({ cn: 'gone', dns: ['gone.example'] })
const stranger = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })

const user = (name: string, readHash = () => hash) => peerConfig(name, { basic: { user: name, readHash } })
const PEERS = [peerConfig('csirt-a', { dns: 'csirt-a.example' }), user('csirt-b'), user('csirt-c')]
const as = (name: string, password = PASSWORD) => ({ authorization: basicHeader(name, password) })
const start = (options: BenchOptions = {}) => startBench({ basic: true, peers: PEERS, ...options })
const refusals = (lines: readonly Record<string, unknown>[]) =>
  lines.filter(({ event }) => event === 'rid-login-refused').map(({ peer, reason }) => `${peer} ${reason}`)

test('a report of a peer without a certificate is taken with its user and password, as that of the peer', async () => {
  await using bench = await start()
  await using client = bench.client(null)
  assert.equal((await client.post('<a/>', as('csirt-b'))).status, 200)
  assert.deepEqual(
    bench.taken.map(({ peer }) => peer.name),
    ['csirt-b'],
  )
  const told = bench.lines.find(({ event }) => event === 'rid-request')
  assert.equal(told?.peer, 'csirt-b')
  assert.doesNotMatch(JSON.stringify(bench.lines), /correct horse|Y29ycmVjd/)
})

test('without rid.basic there is no TLS session without a certificate, whatever the peers have', async () => {
  await using bench = await start({ basic: false })
  await using client = bench.client(null)
  await assert.rejects(client.post('<a/>', as('csirt-b')))
  assert.equal(bench.taken.length, 0)
})

for (const [what, headers, reason] of [
  ['no credentials', {}, undefined],
  ['a wrong password', as('csirt-b', 'wrong'), 'csirt-b wrong-password'],
  ['a user that nobody is', as('csirt-x'), 'undefined unknown-user'],
  ['the user of a peer that has none', as('csirt-a'), 'undefined unknown-user'],
  ['an empty password', as('csirt-b', ''), 'undefined malformed'],
  ['another scheme', { authorization: 'Bearer abc' }, 'undefined malformed'],
] as const) {
  test(`${what}: 401 with a challenge, and nothing is read`, async () => {
    await using bench = await start()
    for (const method of ['POST', 'GET', 'HEAD', 'OPTIONS', 'DELETE']) {
      for (const path of ['/', '/elsewhere']) {
        await using one = bench.client(null)
        const response = await one.send({ method, path, headers, ...(method === 'POST' && { body: '<a/>' }) })
        assert.equal(response.status, 401, `${method} ${path}`)
        assert.equal(response.headers['www-authenticate'], 'Basic realm="gateway.example", charset="UTF-8"')
      }
    }
    assert.equal(bench.taken.length, 0)
    assert.equal(refusals(bench.lines)[0], reason)
  })
}

describe('with rid.basic on', () => {
  async function assertRefused(certificate: Certificate, reason: RegExp, options: BenchOptions = {}): Promise<void> {
    await using bench = await start(options)
    await using client = bench.client(certificate)
    await assert.rejects(client.post('<a/>', as('csirt-b')))
    const socket = await client.raw().catch(() => undefined)
    // what comes with the last message of the handshake
    socket?.write(post('<a/>', `Authorization: ${as('csirt-b').authorization}\r\n`))
    if (socket !== undefined) assert.equal(await readUntilClose(socket), '')
    assert.equal(bench.taken.length, 0)
    const told = bench.lines.filter(({ event }) => event === 'tls-refused')
    assert.match(String(told[0]?.reason), reason)
    assert.equal(
      bench.lines.some(({ event }) => event === 'rid-request'),
      false,
    )
  }

  test('a certificate of another CA gets no session, also with a good password', async () => {
    await assertRefused(await other.issue({ cn: 'csirt-b' }), /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/)
  })

  test('an expired certificate gets no session, also with a good password', async () => {
    await assertRefused(await root.issue({ cn: 'csirt-a', expired: true }), /CERT_HAS_EXPIRED/)
  })

  test('a certificate for servers only gets no session, also with a good password', async () => {
    await assertRefused(await root.issue({ cn: 'csirt-a', server: true }), /INVALID_PURPOSE/)
  })

  test('a revoked certificate gets no session, also with a good password', async () => {
    await assertRefused(gone, /CERT_REVOKED/, { tls: { crl: await root.crl([gone]) } })
  })

  test('a certificate is all that its peer needs, and a header field of no user changes nothing', async () => {
    await using bench = await start()
    await using client = bench.client()
    assert.equal((await client.post('<a/>')).status, 200)
    assert.equal((await client.post('<a/>', as('somebody'))).status, 200)
    assert.equal((await client.post('<a/>', { authorization: 'Bearer x' })).status, 200)
    assert.deepEqual([...new Set(bench.taken.map(({ peer }) => peer.name))], ['csirt-a'])
  })

  test('the password of one peer on a connection with the certificate of another is refused', async () => {
    await using bench = await start()
    await using client = bench.client(csirtA)
    assert.equal((await client.post('<a/>', as('csirt-b'))).status, 403)
    await using nobody = bench.client(stranger)
    assert.equal((await nobody.post('<a/>', as('csirt-b'))).status, 403)
    assert.equal((await nobody.post('<a/>')).status, 403)
    assert.equal(bench.taken.length, 0)
    assert.deepEqual(refusals(bench.lines)[0], 'csirt-b another-peer')
  })

  test('a peer with both is known by either, and its certificate with a wrong password of its own is refused', async () => {
    const both = peerConfig('csirt-a', { dns: 'csirt-a.example', basic: { user: 'a', readHash: () => hash } })
    await using bench = await start({ peers: [both] })
    await using shown = bench.client()
    await using bare = bench.client(null)
    assert.equal((await shown.post('<a/>', as('a'))).status, 200)
    assert.equal((await bare.post('<a/>', as('a'))).status, 200)
    assert.equal((await shown.post('<a/>', as('a', 'wrong'))).status, 401)
    assert.equal((await shown.post('<a/>')).status, 200)
  })

  test('requests of several users on one connection are each of its own', async () => {
    await using bench = await start()
    await using client = bench.client(null)
    const socket = await client.raw()
    const of = (name: string, password?: string) =>
      post(`<${name}/>`, `Authorization: ${as(name, password).authorization}\r\n`)
    const last = post('<last/>', 'Connection: close\r\n')
    socket.write([of('csirt-b'), of('csirt-c'), of('csirt-b', 'wrong'), of('csirt-b'), last].join(''))
    const text = await readUntilClose(socket)
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
    assert.deepEqual(statuses, [200, 200, 401, 200, 401])
    const taken = bench.taken.map(({ peer, body }) => `${peer.name} ${Buffer.from(body)}`)
    assert.deepEqual(taken, ['csirt-b <csirt-b/>', 'csirt-c <csirt-c/>', 'csirt-b <csirt-b/>'])
  })

  test('what one peer sends over its limit is answered 429, and not what another sends from the same address', async () => {
    const [a, b, c] = PEERS
    assert.ok(a && b && c)
    await using bench = await start({ peers: [a, { ...b, limits: { requests: 2 } }, c] })
    const statuses: number[] = []
    for (const name of ['csirt-b', 'csirt-b', 'csirt-b', 'csirt-c']) {
      await using client = bench.client(null)
      statuses.push((await client.post('<a/>', as(name))).status)
    }
    assert.deepEqual(statuses, [200, 200, 429, 200])
    const told = bench.lines.filter(({ event }) => event === 'rid-limited')
    assert.deepEqual(
      told.map(({ peer }) => peer),
      ['csirt-b'],
    )
  })

  test('a password is looked at once, not for each report', async () => {
    await using bench = await start()
    for (let n = 0; n < 40; n += 1) {
      await using client = bench.client(null)
      assert.equal((await client.post('<a/>', as('csirt-b'))).status, 200)
    }
  })

  test('who guesses is answered 429 after so many, and a peer that is known from there is not', async () => {
    await using bench = await start()
    await using peer = bench.client(null)
    assert.equal((await peer.post('<a/>', as('csirt-b'))).status, 200)
    const statuses: number[] = []
    // two a second run off
    for (let n = 0; n < 60 && statuses.at(-1) !== 429; n += 1) {
      await using client = bench.client(null)
      const { status, headers } = await client.post('<a/>', as('csirt-b', `guess ${n}`))
      statuses.push(status)
      if (status === 429) assert.ok(Number(headers['retry-after']) > 0)
    }
    assert.ok(statuses.filter((status) => status === 401).length >= 29)
    assert.equal(statuses.at(-1), 429)
    assert.equal((await peer.post('<a/>', as('csirt-b'))).status, 200)
  })

  test('a connection ends behind the third password that is wrong', async () => {
    await using bench = await start()
    await using client = bench.client(null, { keepAlive: true })
    const ends: (string | undefined)[] = []
    for (const guess of ['one', 'two', 'three']) {
      const { status, headers } = await client.post('<a/>', as('csirt-b', guess))
      assert.equal(status, 401)
      ends.push(headers.connection)
    }
    assert.deepEqual(ends, ['keep-alive', 'keep-alive', 'close'])
  })

  test('a client that shows neither certificate nor password is ended in time', async () => {
    await using bench = await start({ limits: { login: 200 } })
    await using client = bench.client(null)
    const began = performance.now()
    assert.equal(await readUntilClose(await client.raw()), '')
    assert.ok(performance.now() - began < 8_000, 'not only at the deadline for header fields')
  })

  test('clients that show nothing take the places of one another, and none of a peer', async () => {
    await using bench = await start({ limits: { namelessPerNetwork: 3 } })
    await using peer = bench.client(null, { keepAlive: true })
    assert.equal((await peer.post('<a/>', as('csirt-b'))).status, 200)
    await using client = bench.client(null)
    const sockets: TLSSocket[] = []
    for (let n = 0; n < 6; n += 1) sockets.push((await client.raw()).resume())
    await eventually('three are left', () => sockets.filter(({ destroyed }) => !destroyed).length === 3)
    assert.equal((await peer.post('<a/>', as('csirt-b'))).status, 200)
    for (const socket of sockets) socket.destroy()
  })

  test('another hash is in force for the next request, and connections of a user that is gone end', async () => {
    await using bench = await start()
    await using b = bench.client(null, { keepAlive: true })
    await using c = bench.client(null, { keepAlive: true })
    assert.equal((await b.post('<a/>', as('csirt-b'))).status, 200)
    assert.equal((await c.post('<a/>', as('csirt-c'))).status, 200)
    const next = await hashPassword('another password')
    bench.take(bench.rid, [user('csirt-b', () => next)])
    await eventually('both connections are over', () => bench.listener.connections() === 0)
    assert.equal((await b.post('<a/>', as('csirt-b'))).status, 401)
    assert.equal((await b.post('<a/>', as('csirt-b', 'another password'))).status, 200)
    assert.equal((await c.post('<a/>', as('csirt-c'))).status, 401)
  })
})
