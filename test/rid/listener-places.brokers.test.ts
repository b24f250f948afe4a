import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { type TLSSocket, connect as tls } from 'node:tls'
import { readUntilClose } from '../support/rid-client.ts'
import { type Bench, type BenchOptions, csirtA, peerConfig, pki, root, startBench } from './setup.ts'
import { HEAD, pause, post, wire } from './wire.ts'

after(() => pki.dispose())

const b = await root.issue({ cn: 'csirt-b', dns: ['csirt-b.example'] })
const PEERS = [peerConfig('csirt-a', { dns: 'csirt-a.example' }), peerConfig('csirt-b', { dns: 'csirt-b.example' })]

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what() && tries < 500; tries += 1) await pause(10)
  assert.ok(what(), String(what))
}

/** TCP connections that never say anything; each is opened anew when it is ended. */
function silent(port: number, count: number): Disposable & { readonly opened: () => number } {
  let opened = 0
  let over = false
  const sockets = new Set<Socket>()
  const open = () => {
    if (over) return
    opened += 1
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      setTimeout(open, 5)
    })
  }
  for (let i = 0; i < count; i += 1) open()
  return {
    opened: () => opened,
    [Symbol.dispose]() {
      over = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

test('connections that say nothing keep no peer out, however many they are', async () => {
  await using bench = await startBench()
  using flood = silent(bench.port, 600)
  await until(() => bench.lines.some(({ event }) => event === 'rid-handshake-ended'))
  await using client = bench.client()
  for (let i = 0; i < 20; i += 1) assert.equal((await client.post('<a/>')).status, 200)
  assert.ok(flood.opened() >= 600)
})

test('the oldest unfinished handshake is ended for a new one, and one that said nothing before one that did', async () => {
  await using bench = await startBench({ limits: { handshakes: 3 } })
  const open = async (bytes?: Buffer) => {
    const before = bench.listener.connections()
    const socket = connect(bench.port, '127.0.0.1').on('error', () => {})
    await until(() => bench.listener.connections() > before || socket.closed)
    if (bytes !== undefined) await new Promise((resolve) => socket.write(bytes, resolve))
    await pause(50)
    return socket
  }
  // the head of a TLS record
  const begun = await open(Buffer.from([22, 3, 1, 2]))
  const [oldest, younger] = [await open(), await open()]
  const fourth = connect(bench.port, '127.0.0.1').on('error', () => {})
  await closed(oldest)
  assert.deepEqual(
    [begun, younger, fourth].map((socket) => socket.closed),
    [false, false, false],
  )
  for (const socket of [begun, younger, fourth]) socket.destroy()
})

async function strangers(bench: Bench, count: number, each: number): Promise<TLSSocket[]> {
  const sockets: TLSSocket[] = []
  for (let i = 0; i < count; i += 1) {
    const certificate = await root.issue({ cn: `s${i}`, dns: [`s${i}.example`] })
    await using client = bench.client(certificate)
    for (let j = 0; j < each; j += 1) {
      const socket = await client.raw()
      socket.on('error', () => {})
      sockets.push(socket)
    }
  }
  return sockets
}

test('certificates that are no peers fill places of their own: no peer is kept out', async () => {
  await using bench = await startBench({ limits: { connections: 4, strangers: 3, connectionsPerStranger: 2 } })
  const sockets = await strangers(bench, 3, 3)
  await until(() => sockets.filter((socket) => socket.closed).length >= 6)
  assert.equal(bench.listener.connections(), 3)
  await using client = bench.client()
  const mine = await Promise.all([client.raw(), client.raw(), client.raw()])
  assert.equal((await client.post('<a/>')).status, 200)
  for (const socket of [...sockets, ...mine]) socket.destroy()
})

test('a stranger gets its 403 while another holds many places', async () => {
  await using bench = await startBench({ limits: { strangers: 4, connectionsPerStranger: 4 } })
  const sockets = await strangers(bench, 1, 4)
  const certificate = await root.issue({ cn: 'new', dns: ['new.example'] })
  await using client = bench.client(certificate)
  assert.equal((await client.post('<a/>')).status, 403)
  for (const socket of sockets) socket.destroy()
})

test('a peer that has all places gives one up to a peer that has none, unless it is owed an answer', async () => {
  const options: BenchOptions = { peers: PEERS, limits: { connections: 3, answer: 2_000 } }
  await using bench = await startBench({ ...options, accept: () => new Promise(() => {}) })
  await using client = bench.client(csirtA)
  const owed = [await client.raw(), await client.raw()]
  const idle = await client.raw()
  const answers = owed.map((socket) => readUntilClose(socket))
  for (const socket of [...owed, idle]) socket.on('error', () => {})
  for (const socket of owed) socket.write(post('<a/>', 'Connection: close\r\n'))
  await until(() => bench.taken.length === 2)
  await using other = bench.client(b)
  const newcomer = await other.raw()
  await closed(idle)
  newcomer.on('error', () => {})
  const late = readUntilClose(await other.raw())
  assert.equal(await late, '', 'of those that are owed an answer none is ended')
  assert.ok(bench.lines.some(({ event }) => event === 'rid-connections-total'))
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 503 /)
  newcomer.destroy()
})

test('a client that does not take its answers loses its connection', async () => {
  const xml = `<a>${'x'.repeat(2_000_000)}</a>`
  await using w = await wire({ limits: { write: 1_000 }, accept: async () => ({ kind: 'reply', xml }) })
  w.socket.pause()
  w.socket.write(Array.from({ length: 12 }, () => post('<a/>')).join(''))
  await until(() => w.bench.taken.length > 0)
  await until(() => w.bench.listener.connections() === 0)
})

test('a client that takes its answers slowly keeps its connection', async () => {
  const xml = `<a>${'x'.repeat(3_000_000)}</a>`
  await using w = await wire({ limits: { write: 1_000 }, accept: async () => ({ kind: 'reply', xml }) })
  let length = 0
  w.socket.on('data', (chunk: Buffer) => {
    length += chunk.length
    w.socket.pause()
    setTimeout(() => w.socket.resume(), 10)
  })
  w.socket.write(`${HEAD}Connection: close\r\nContent-Length: 4\r\n\r\n<a/>`)
  await until(() => length > 3_000_000)
})

test('a stranger whose handshakes are heavy and lead nowhere has to wait, and no peer does', async () => {
  await using bench = await startBench()
  // any signature of a chain is checked, whoever made it: the size tells
  const names = Array.from({ length: 800 }, (_, n) => `${'heavy'.repeat(4)}${n}.example`)
  const own = await pki.ca('nobody')
  const heavy = await own.issue({ cn: 'heavy', dns: names })
  const knock = (localAddress: string) =>
    new Promise<boolean>((resolve) => {
      const [cert, key] = [readFileSync(heavy.cert), readFileSync(heavy.key)]
      const from = { host: '127.0.0.1', port: bench.port, localAddress, cert, key, rejectUnauthorized: false }
      const socket = tls(from)
      let shaken = false
      socket.on('secureConnect', () => {
        shaken = true
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(shaken))
    })
  const shaken: boolean[] = []
  for (let n = 0; n < 8; n += 1) shaken.push(await knock('127.0.0.2'))
  assert.deepEqual(shaken.slice(0, 4), [true, true, true, true])
  assert.deepEqual(shaken.slice(5), [false, false, false], 'it is not even listened to')
  await using client = bench.client()
  assert.equal((await client.post('<a/>')).status, 200)
  // whoever comes from where a peer comes from does not wait for him, nor he for it
  for (let n = 0; n < 6; n += 1) await knock('127.0.0.1')
  await using again = bench.client()
  assert.equal((await again.post('<a/>')).status, 200)
})

test('forty handshakes at once from where no peer is known are taken a few at a time, and all are heard', async () => {
  await using bench = await startBench({ limits: { connectionsPerStranger: 64, strangers: 64 } })
  const nobody = await (await pki.ca('rid')).issue({ cn: 'nobody', dns: ['nobody.example'] })
  const [cert, key] = [readFileSync(nobody.cert), readFileSync(nobody.key)]
  const from = { host: '127.0.0.1', port: bench.port, localAddress: '127.0.0.3', rejectUnauthorized: false }
  const sockets = Array.from({ length: 40 }, () => tls({ ...from, cert, key }).on('error', () => {}))
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('secureConnect', resolve))))
  for (const socket of sockets) socket.destroy()
})

test('one who connects from where no peer is known and resets the connection does no harm', async () => {
  await using bench = await startBench()
  for (let n = 0; n < 20; n += 1) {
    const socket = connect({ host: '127.0.0.1', port: bench.port, localAddress: '127.0.0.4' }).on('error', () => {})
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    socket.resetAndDestroy()
  }
  await pause(50)
  await using client = bench.client()
  assert.equal((await client.post('<a/>')).status, 200)
})
