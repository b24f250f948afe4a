import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { loadTls } from '../../src/rid/tls.ts'
import { eventually, within } from '../support/eventually.ts'
import type { Certificate } from '../support/pki.ts'
import { proxyHeader } from '../support/proxy-header.ts'
import { readUntilClose } from '../support/rid-client.ts'
import { type Bench, csirtA, peerConfig, root, startBench } from './setup.ts'
import { LAST, post } from './wire.ts'

const REFUSED = 'RID connection refused: its PROXY header is not taken'

/** How a header and what follows it leave. */
type Manner = 'one segment' | 'byte by byte' | 'apart'

/** A line to `port` on which `header` goes before everything else. */
async function through(port: number, header: Buffer, manner: Manner): Promise<Duplex & { readonly below: Socket }> {
  const below = connect({ host: '127.0.0.1', port, noDelay: true })
  below.on('error', () => {})
  await new Promise((resolve) => below.once('connect', resolve))
  let before = header
  if (manner !== 'one segment') {
    const size = manner === 'apart' ? header.length : 1
    for (let at = 0; at < header.length; at += size) {
      below.write(header.subarray(at, at + size))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    before = Buffer.alloc(0)
  }
  const line = new Duplex({
    read: () => void below.resume(),
    write(bytes: Buffer, _encoding, done) {
      below.write(Buffer.concat([before, bytes]), () => done())
      before = Buffer.alloc(0)
    },
    final: (done) => void below.end(done),
    destroy(error, done) {
      below.destroy()
      done(error)
    },
  })
  below.on('data', (bytes) => line.push(bytes))
  below.on('end', () => line.push(null))
  below.on('close', () => line.destroy())
  return Object.assign(line, { below })
}

describe('behind a proxy that says whose each connection is', () => {
  let bench: Bench
  before(async () => {
    bench = await startBench({ proxies: ['127.0.0.1'], limits: { proxyHeader: 400, handshake: 400 } })
  })
  after(() => bench[Symbol.asyncDispose]())

  const refusals = (one: Bench) => one.lines.filter(({ msg }) => msg === REFUSED)
  const line = (one: Bench, msg: string) => one.lines.findLast((entry) => entry.msg === msg)

  const ended = ({ below }: { readonly below: Socket }) =>
    eventually('the end of the connection', () => below.destroyed, { ms: 10_000 })

  async function secured(to: Bench, header: Buffer, manner: Manner = 'one segment', who: Certificate | null = csirtA) {
    const socket = await through(to.port, header, manner)
    const identity = who === null ? {} : { cert: readFileSync(who.cert), key: readFileSync(who.key) }
    const session = new Promise<TLSSocket>((resolve, reject) => {
      const tls = connectTls({ socket, ca: readFileSync(root.cert), servername: 'localhost', ...identity })
      tls.once('secureConnect', () => resolve(tls)).on('error', reject)
    })
    return within(10_000, 'a TLS session', session)
  }

  async function posted(to: Bench, header: Buffer, manner?: Manner, who?: Certificate | null): Promise<string> {
    const socket = await secured(to, header, manner, who)
    const received = readUntilClose(socket)
    socket.write(post('<RID/>', LAST))
    return received
  }

  for (const manner of ['one segment', 'byte by byte', 'apart'] as const) {
    for (const [source, seen] of [
      ['192.0.2.7', '192.0.2.7'],
      ['2001:db8::7', '2001:db8::7'],
    ] as const) {
      test(`a message from ${source}, header and ClientHello ${manner}, is taken as from there`, async () => {
        const tlvs = Buffer.alloc(40, 4)
        assert.match(await posted(bench, proxyHeader({ source, tlvs }), manner), /^HTTP\/1\.1 200 /)
        assert.equal(bench.taken.at(-1)?.address, seen)
      })
    }
  }

  test("the proxy's own connection is taken as from the proxy", async () => {
    assert.match(await posted(bench, proxyHeader({ command: 'LOCAL' }), 'byte by byte'), /^HTTP\/1\.1 200 /)
    assert.equal(bench.taken.at(-1)?.address, '127.0.0.1')
  })

  test('log lines of handshakes and of strangers have the address of the client', async () => {
    const stranger = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })
    assert.match(await posted(bench, proxyHeader({ source: '198.51.100.9' }), 'apart', stranger), /^HTTP\/1\.1 403 /)
    assert.equal(line(bench, 'RID client has a certificate that is no peer.')?.remote, '198.51.100.9')
    assert.equal(bench.listener.refused()[0]?.remote, '198.51.100.9')
    // without a certificate
    await secured(bench, proxyHeader({ source: '198.51.100.10' }), 'one segment', null).then(readUntilClose, () => '')
    await eventually('the refusal', () => line(bench, 'TLS handshake refused')?.remote === '198.51.100.10')
    // one that never ends its handshake
    await through(bench.port, proxyHeader({ source: '198.51.100.11' }), 'apart')
    await eventually('the end of it', () => line(bench, 'TLS handshake refused')?.remote === '198.51.100.11')
  })

  test('clients without a certificate have limits, and log lines, by the address that the proxy says', async () => {
    const caa = { ...peerConfig('caa', { anonymous: true }), limits: { requests: 1 } }
    await using open = await startBench({ proxies: ['127.0.0.1'], anonymous: true, peers: [caa] })
    const statuses: (string | undefined)[] = []
    for (const source of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) {
      const answer = await posted(open, proxyHeader({ source }), 'one segment', null)
      statuses.push(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
    }
    assert.deepEqual(statuses, ['200', '429', '200'])
    assert.equal(open.lines.find(({ event }) => event === 'rid-limited')?.remote, '192.0.2.1')
    // refused by hand, since TLS lets in who shows none
    const expired = await root.issue({ cn: 'csirt-a', expired: true })
    await posted(open, proxyHeader({ source: '192.0.2.3' }), 'apart', expired).catch(() => '')
    await eventually('the refusal', () => line(open, 'TLS handshake refused')?.remote === '192.0.2.3')
  })

  for (const [what, bytes, reason] of [
    ['a ClientHello without a header', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 1, 2, 3, 4, 5]), 'signature'],
    ['version 1', Buffer.from('PROXY TCP4 192.0.2.7 127.0.0.1 5 6\r\n'), 'signature'],
    ['a header that says that it is endless', Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex'), 'length'],
    ['half of a header, and no more', proxyHeader({ source: '192.0.2.7' }).subarray(0, 20), 'late'],
    ['nothing at all', Buffer.alloc(0), 'late'],
  ] as const) {
    test(`${what} ends the connection, which is told`, async () => {
      await using other = await startBench({ proxies: ['127.0.0.1'], limits: { proxyHeader: 400 } })
      await ended(await through(other.port, bytes, 'apart'))
      await eventually('the line', () => refusals(other).length > 0)
      const { remote, reason: why } = refusals(other)[0] ?? {}
      assert.deepEqual({ remote, why }, { remote: '127.0.0.1', why: reason })
    })
  }

  test('a header that breaks off is told, and a connection that opens and closes is not', async () => {
    await using other = await startBench({ proxies: ['127.0.0.1'] })
    const silent = await through(other.port, Buffer.alloc(0), 'apart')
    silent.below.end()
    await ended(silent)
    const broken = await through(other.port, proxyHeader({ source: '192.0.2.7' }).subarray(0, 27), 'apart')
    broken.below.end()
    await eventually('the line', () => refusals(other).length > 0)
    assert.deepEqual(
      refusals(other).map(({ reason }) => reason),
      ['truncated'],
    )
  })

  test('nobody else may connect, with a header or without one', async () => {
    await using other = await startBench({ proxies: ['192.0.2.1', '2001:db8::/32'] })
    await assert.rejects(posted(other, proxyHeader({ source: '192.0.2.7' })))
    await using client = other.client()
    await assert.rejects(client.post('<RID/>'))
    const [told] = refusals(other)
    assert.deepEqual([told?.remote, told?.reason], ['127.0.0.1', 'untrusted'])
    assert.equal(other.taken.length, 0)
  })

  test('limits count the client, not the proxy', async () => {
    await using other = await startBench({ proxies: ['127.0.0.0/8'], limits: { handshakesPerAddress: 1 } })
    const header = proxyHeader({ source: '192.0.2.7' })
    const first = await through(other.port, header, 'apart')
    const elsewhere = await through(other.port, proxyHeader({ source: '192.0.2.8' }), 'apart')
    await through(other.port, header, 'apart')
    await ended(first)
    assert.equal(elsewhere.below.destroyed, false)
    elsewhere.destroy()
  })

  test('one that said nothing behind its header goes before one that did', async () => {
    await using other = await startBench({ proxies: ['127.0.0.1'], limits: { handshakesPerAddress: 2 } })
    const header = proxyHeader({ source: '192.0.2.7', tlvs: Buffer.alloc(100) })
    const begun = await through(other.port, Buffer.concat([header, Buffer.from([22, 3, 1, 2, 0, 1])]), 'apart')
    const mute = await through(other.port, header, 'apart')
    await through(other.port, header, 'apart')
    await ended(mute)
    assert.equal(begun.below.destroyed, false)
    begun.destroy()
  })

  test('requests of strangers are counted by where they come from', async () => {
    await using other = await startBench({ proxies: ['127.0.0.1'], ridLimits: { requests: 1 } })
    const stranger = await root.issue({ cn: 'nobody', dns: ['nobody.example'] })
    const from = (source: string) => posted(other, proxyHeader({ source }), 'apart', stranger)
    assert.match(await from('192.0.2.7'), /^HTTP\/1\.1 403 /)
    assert.match(await from('192.0.2.7'), /^HTTP\/1\.1 429 /)
    assert.match(await from('192.0.2.8'), /^HTTP\/1\.1 403 /)
  })

  test('the end of the listener does not wait for headers', async () => {
    const other = await startBench({ proxies: ['127.0.0.1'], limits: { proxyHeader: 60_000 } })
    const silent = await through(other.port, Buffer.alloc(0), 'apart')
    const half = await through(other.port, proxyHeader({ source: '192.0.2.7' }).subarray(0, 20), 'apart')
    await within(20_000, 'the listener to be closed', other[Symbol.asyncDispose]())
    for (const socket of [silent, half]) await ended(socket)
  })

  test('who is believed is looked up anew after a reload', async () => {
    await using other = await startBench({ proxies: ['127.0.0.1'] })
    const header = proxyHeader({ source: '192.0.2.7' })
    assert.match(await posted(other, header), /^HTTP\/1\.1 200 /)
    other.listener.take({ ...other.rid, proxies: ['192.0.2.1'] }, other.peers, loadTls(other.rid.tls))
    await assert.rejects(posted(other, header))
    other.listener.take({ ...other.rid, proxyProtocol: false }, other.peers, loadTls(other.rid.tls))
    await using client = other.client()
    assert.equal((await client.post('<RID/>')).status, 200)
  })

  test('so many that say nothing cost others nothing: the oldest goes', async () => {
    await using other = await startBench({ proxies: ['127.0.0.1'], limits: { headless: 2 } })
    const [oldest] = [
      await through(other.port, Buffer.alloc(0), 'apart'),
      await through(other.port, Buffer.alloc(0), 'apart'),
    ]
    assert.match(await posted(other, proxyHeader({ source: '192.0.2.7' }), 'byte by byte'), /^HTTP\/1\.1 200 /)
    assert.ok(oldest)
    await ended(oldest)
    assert.equal(refusals(other).length, 0)
  })

  test('without the setting a header is what it is: no TLS', async () => {
    await using plain = await startBench()
    await assert.rejects(posted(plain, proxyHeader({ source: '192.0.2.7' })))
    await using client = plain.client()
    assert.equal((await client.post('<RID/>')).status, 200)
    assert.equal(plain.taken.at(-1)?.address, '127.0.0.1')
  })
})
