import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { ClientAddresses } from '../../src/rid/client-addresses.ts'

/** A socket from a port of the proxy: the TLS socket is another object with the same ends. */
function fakeSocket(port: number, bytesRead = 0) {
  return Object.assign(new EventEmitter(), {
    remoteAddress: '192.0.2.1',
    remotePort: port,
    bytesRead,
  }) as unknown as Socket
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('where clients come from', () => {
  test('is the other end, until a proxy says where', () => {
    const addresses = new ClientAddresses()
    const socket = fakeSocket(1, 300)
    assert.deepEqual([addresses.of(socket), addresses.heard(socket)], ['192.0.2.1', 300])
    addresses.say(socket, '198.51.100.7', 28)
    assert.deepEqual([addresses.of(socket), addresses.heard(socket)], ['198.51.100.7', 272])
    assert.equal(addresses.of(fakeSocket(1)), '198.51.100.7', 'also of the socket inside TLS')
    assert.equal(addresses.of(fakeSocket(2)), '192.0.2.1', 'not of another connection of that proxy')
  })

  test('is forgotten with the connection, a moment later, and not for one that has its ends by then', async () => {
    const addresses = new ClientAddresses()
    const [first, second] = [fakeSocket(1), fakeSocket(1)]
    addresses.say(first, '198.51.100.7', 28)
    first.emit('close')
    assert.equal(addresses.of(first), '198.51.100.7', 'its end is still told')
    addresses.say(second, '198.51.100.8', 28)
    await turn()
    await turn()
    assert.equal(addresses.of(second), '198.51.100.8')
    second.emit('close')
    await turn()
    await turn()
    assert.equal(addresses.of(second), '192.0.2.1')
  })
})
