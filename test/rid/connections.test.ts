import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { PeerConfig } from '../../src/config/types.ts'
import { type Connection, Connections } from '../../src/rid/connections.ts'
import { DEFAULT_LIMITS, type ListenerLimits } from '../../src/rid/limits.ts'
import type { TlsMaterial } from '../../src/rid/tls.ts'
import { eventually } from '../support/eventually.ts'

const EXPIRES = new Date('2027-01-01T00:00:00Z')

/** A socket from a port, whose client shows that certificate once TLS stands. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress = '192.0.2.1'
  readonly remotePort: number
  readonly #certificate: string | undefined
  destroyed = false

  constructor(port: number, certificate?: string) {
    super()
    this.remotePort = port
    this.#certificate = certificate
  }

  getPeerX509Certificate() {
    return this.#certificate && { fingerprint256: this.#certificate, validToDate: EXPIRES }
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

const raw = (socket: FakeSocket) => socket as unknown as Socket
const tls = (socket: FakeSocket) => socket as unknown as TLSSocket
/** Each peer's certificate has its name; others are strangers'. */
const create = (connectionsPerPeer = 2, limits: Partial<ListenerLimits> = {}) =>
  new Connections(
    ({ fingerprint256: name }) => (name.startsWith('csirt') ? ({ name, identity: {} } as PeerConfig) : undefined),
    {
      ...DEFAULT_LIMITS,
      connectionsPerStranger: connectionsPerPeer,
      age: Number.MAX_SAFE_INTEGER,
      ...limits,
    },
    () => connectionsPerPeer,
  )

const MATERIAL = { authorities: [], crls: [] } as unknown as TlsMaterial

/** Opened, and secured: the TLS socket is another object than the one below it. */
function connect(connections: Connections, port: number, certificate: string | undefined) {
  connections.handshakes.begun(raw(new FakeSocket(port)))
  const socket = new FakeSocket(port, certificate)
  const secured = connections.secured(tls(socket), MATERIAL)
  return { socket, secured, connection: typeof secured === 'object' ? secured : undefined }
}

describe('the connections of the listener', () => {
  test('are counted from TCP accept on, once each, until they close', () => {
    const connections = create()
    const early = new FakeSocket(1)
    connections.handshakes.begun(raw(early))
    assert.equal(connections.count, 1)
    const { socket, connection } = connect(connections, 2, 'csirt-a')
    assert.equal(connections.count, 2)
    assert.deepEqual([...connections.sockets()], [connection?.socket])
    early.emit('close')
    socket.emit('close')
    assert.equal(connections.count, 0)
    assert.deepEqual([...connections.sockets()], [])
  })

  test('know their peer and when its certificate runs out', () => {
    const connections = create()
    const { socket, connection } = connect(connections, 1, 'csirt-a')
    assert.equal(connection?.peer?.name, 'csirt-a')
    assert.equal(connection?.expires, EXPIRES.getTime())
    assert.equal(connections.of(raw(socket)), connection)
    assert.equal(connections.of(raw(new FakeSocket(9))), undefined)
    assert.equal(connect(connections, 2, 'stranger').connection?.peer, undefined)
  })

  test('are so many for each peer, and none is taken from another', () => {
    const connections = create(2)
    const [first] = [1, 2].map((port) => connect(connections, port, 'csirt-a').socket)
    const more = [3, 4, 5, 6].map((port) => connect(connections, port, 'csirt-a'))
    assert.deepEqual(
      more.map(({ connection }) => connection?.crowded),
      [true, true, true, true],
      'they are told why they are not served',
    )
    assert.equal(connect(connections, 7, 'csirt-a').secured, 'each')
    assert.equal(connect(connections, 8, 'csirt-b').connection?.crowded, false)
    for (const { socket } of more) socket.emit('close')
    first?.emit('close')
    assert.equal(connect(connections, 9, 'csirt-a').connection?.crowded, false)
    assert.equal(connect(connections, 10, 'csirt-a').connection?.crowded, true)
  })

  test('of strangers are counted by their certificate', () => {
    const connections = create(1)
    assert.ok(connect(connections, 1, 'one').connection)
    assert.equal(connect(connections, 2, 'one').connection, undefined)
    assert.ok(connect(connections, 3, 'two').connection)
  })

  test('without a certificate are none', () => {
    const connections = create()
    assert.equal(connect(connections, 1, undefined).connection, undefined)
    assert.equal(connections.count, 0)
  })

  describe('without a certificate, where that is allowed,', () => {
    const nameless = (limits: Partial<ListenerLimits> = {}) =>
      new Connections(
        () => undefined,
        { ...DEFAULT_LIMITS, ...limits },
        () => 2,
        true,
      )
    const csirtB = { name: 'csirt-b', identity: {} } as PeerConfig

    test('are ended after a while, unless they show in time whose they are', async () => {
      const connections = nameless({ login: 50 })
      const [known, unknown] = [1, 2].map((port) => connect(connections, port, undefined))
      if (known?.connection) connections.named(known.connection, csirtB)
      await eventually('the other is ended', () => unknown?.socket.destroyed === true)
      assert.equal(known?.socket.destroyed, false)
    })

    test('give way to those that come later, and never one that has asked something', () => {
      const connections = nameless({ namelessPerNetwork: 2 })
      const [first, second] = [1, 2].map((port) => connect(connections, port, undefined))
      owe(first?.connection, false)
      assert.ok(connect(connections, 3, undefined).connection)
      assert.deepEqual([first?.socket.destroyed, second?.socket.destroyed], [false, true])
    })

    test('are ended by other peers, but for those whose login is good by these, and what is owed', () => {
      const connections = nameless()
      const [idle, good, gone, owed] = [1, 2, 3, 4].map((port) => connect(connections, port, undefined))
      for (const [one, user] of [
        [good, 'good'],
        [gone, 'gone'],
      ] as const) {
        if (one?.connection) one.connection.login = { user, hash: '', digest: '' }
      }
      owe(owed?.connection)
      connections.know(
        () => undefined,
        ({ user }) => user === 'good',
      )
      assert.deepEqual(
        [idle, good, gone, owed].map((one) => one?.socket.destroyed),
        [true, false, true, false],
      )
      assert.equal(owed?.connection?.closing, true)
    })

    test('have places of their peer once they are known, and are crowded as others of it', () => {
      const connections = nameless()
      const all = [1, 2, 3].map((port) => connect(connections, port, undefined).connection)
      for (const connection of all) if (connection) assert.equal(connections.named(connection, csirtB), undefined)
      assert.deepEqual(
        all.map((connection) => connection?.crowded),
        [false, false, true],
      )
    })
  })

  test('that come from a port that was used before are not forgotten when the old one closes', () => {
    const connections = create()
    const [old, next] = [new FakeSocket(1), new FakeSocket(1)]
    connections.handshakes.begun(raw(old))
    connections.handshakes.begun(raw(next))
    old.emit('close')
    assert.equal(connections.count, 1)
    next.emit('close')
    assert.equal(connections.count, 0)
  })
})

/** A request that came whole is on it. */
function owe(connection: Connection | undefined, complete = true): void {
  connection?.inFlight.set({ complete } as IncomingMessage, {} as ServerResponse)
}

describe('the places of the listener', () => {
  test('are taken from who has most for who has none: one that is idle, else one that owes no answer', () => {
    const connections = create(64, { connections: 3 })
    const [owed, busy, idle] = [1, 2, 3].map((port) => connect(connections, port, 'csirt-a'))
    owe(owed?.connection)
    owe(busy?.connection, false)
    assert.ok(connect(connections, 4, 'csirt-b').connection)
    assert.deepEqual(
      [owed, busy, idle].map((one) => one?.socket.destroyed),
      [false, false, true],
    )
    assert.ok(connect(connections, 5, 'csirt-c').connection)
    assert.deepEqual(
      [owed, busy].map((one) => one?.socket.destroyed),
      [false, true],
    )
    assert.equal(connect(connections, 6, 'csirt-d').secured, 'all')
  })

  test('are not taken from who has no more than the newcomer would', () => {
    const connections = create(64, { connections: 2 })
    connect(connections, 1, 'csirt-a')
    connect(connections, 2, 'csirt-b')
    assert.equal(connect(connections, 3, 'csirt-a').secured, 'all')
    assert.equal(connect(connections, 4, 'csirt-c').secured, 'all')
  })

  test('of strangers are others than those of peers', () => {
    const connections = create(64, { connections: 1, strangers: 1, connectionsPerStranger: 1 })
    assert.ok(connect(connections, 1, 'stranger').connection)
    assert.equal(connect(connections, 2, 'stranger').secured, 'each')
    assert.equal(connect(connections, 3, 'other').secured, 'all')
    assert.ok(connect(connections, 4, 'csirt-a').connection)
  })
})

describe('the end of connections', () => {
  test('comes at once to those that owe no answer, and after it to the others', () => {
    const connections = create(9)
    const handshaking = new FakeSocket(1)
    connections.handshakes.begun(raw(handshaking))
    const idle = connect(connections, 2, 'csirt-a')
    const busy = connect(connections, 3, 'csirt-a')
    busy.connection?.inFlight.set({} as IncomingMessage, {} as ServerResponse)
    connections.closeIdle()
    assert.deepEqual([handshaking.destroyed, idle.socket.destroyed, busy.socket.destroyed], [true, true, false])
    assert.equal(busy.connection?.closing, true)
    connections.destroyAll()
    assert.equal(busy.socket.destroyed, true)
    assert.equal(connections.count, 0)
  })

  test('comes to handshakes alone where the files they began with are no longer those', () => {
    const connections = create()
    const handshaking = new FakeSocket(1)
    connections.handshakes.begun(raw(handshaking))
    const { socket } = connect(connections, 2, 'csirt-a')
    connections.handshakes.endAll()
    assert.deepEqual([handshaking.destroyed, socket.destroyed], [true, false])
  })
})
