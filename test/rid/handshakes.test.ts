import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { Handshakes, networkOf } from '../../src/rid/handshakes.ts'

class FakeSocket extends EventEmitter {
  static ports = 0
  readonly remoteAddress: string
  readonly remotePort = ++FakeSocket.ports
  bytesRead: number
  destroyed = false

  constructor(remoteAddress: string, bytesRead = 0) {
    super()
    this.remoteAddress = remoteAddress
    this.bytesRead = bytesRead
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

const socket = (address: string, bytesRead = 0) => new FakeSocket(address, bytesRead) as FakeSocket & Socket

test('an address gives up its own oldest, not that of another', () => {
  const handshakes = new Handshakes({ handshake: 10_000, handshakes: 100, handshakesPerAddress: 2 })
  const other = socket('192.0.2.1')
  handshakes.begun(other)
  const own = [socket('192.0.2.2'), socket('192.0.2.2'), socket('192.0.2.2')]
  const ended = own.map((one) => handshakes.begun(one))
  assert.deepEqual(ended, [undefined, undefined, own[0]])
  assert.equal(own[0]?.destroyed, true)
  assert.equal(other.destroyed, false)
  assert.equal(handshakes.count, 3)
})

test('where all places are taken, whoever has the most gives one up', () => {
  const handshakes = new Handshakes({ handshake: 10_000, handshakes: 4, handshakesPerAddress: 4 })
  const alone = socket('192.0.2.1')
  handshakes.begun(alone)
  const many = [1, 2, 3].map(() => socket('192.0.2.2'))
  for (const one of many) handshakes.begun(one)
  assert.equal(handshakes.begun(socket('192.0.2.3')), many[0])
  assert.equal(alone.destroyed, false)
})

test('one that has begun its handshake outlives one that said nothing', () => {
  const handshakes = new Handshakes({ handshake: 10_000, handshakes: 2, handshakesPerAddress: 2 })
  const [begun, mute] = [socket('192.0.2.1', 300), socket('192.0.2.1')]
  handshakes.begun(begun)
  handshakes.begun(mute)
  assert.equal(handshakes.begun(socket('192.0.2.1')), mute)
})

test('a finished handshake, and one that was given up, leave their place', () => {
  const handshakes = new Handshakes({ handshake: 10_000, handshakes: 1, handshakesPerAddress: 1 })
  const first = socket('192.0.2.1')
  handshakes.begun(first)
  handshakes.finished(first)
  assert.equal(handshakes.count, 0)
  const second = socket('192.0.2.1')
  assert.equal(handshakes.begun(second), undefined)
  second.destroy()
  assert.equal(handshakes.begun(socket('192.0.2.1')), undefined)
  assert.equal(first.destroyed, false)
})

test('a network is an IPv4 address, or the half of an IPv6 address that is given to one', () => {
  const networks: Record<string, string> = {
    '192.0.2.1': '192.0.2.1',
    '::ffff:192.0.2.1': '192.0.2.1',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2',
    '2001:db8::6': '2001:db8:0:0',
    '::1': '0:0:0:0',
    'fe80::1%eth0': 'fe80:0:0:0',
    '2001:db8:1:2::': '2001:db8:1:2',
    '': '',
  }
  for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network, address)
})

test('one that ends by itself without a session is told of, one that was finished or ended is not', () => {
  const failed: string[] = []
  const handshakes = new Handshakes({ handshake: 10_000, handshakes: 9, handshakesPerAddress: 9 }, (address, bytes) =>
    failed.push(`${address} ${bytes}`),
  )
  const [own, finished, ...others] = [1, 2, 3, 4].map((n) => socket('192.0.2.1', n))
  const stranger = socket('192.0.2.2', 7)
  for (const one of [own, finished, ...others, stranger]) if (one !== undefined) handshakes.begun(one)
  own?.emit('close')
  if (finished !== undefined) handshakes.finished(finished)
  finished?.emit('close')
  assert.deepEqual(handshakes.endOf('192.0.2.1'), [3, 4])
  assert.deepEqual(
    others.map(({ destroyed }) => destroyed),
    [true, true],
  )
  assert.equal(stranger.destroyed, false)
  assert.deepEqual(failed, ['192.0.2.1 1'])
  assert.equal(handshakes.count, 1)
})
