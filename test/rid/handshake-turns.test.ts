import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { HandshakeTurns, HEAVY } from '../../src/rid/handshake-turns.ts'

/** A connection, which has sent something unless it is `silent`. */
function connection(silent = false) {
  const socket = Object.assign(new EventEmitter(), {
    readableLength: silent ? 0 : 1,
    bytesRead: silent ? 0 : 1,
    destroy: () => socket.emit('close'),
  })
  return socket
}

function waiting(turns: HandshakeTurns, ms = 60_000) {
  const begun: string[] = []
  const sockets: Record<string, ReturnType<typeof connection>> = {}
  return {
    begun,
    sockets,
    add(name: string, network: string, silent = false) {
      const socket = connection(silent)
      sockets[name] = socket
      turns.wait(
        socket as unknown as Socket,
        network,
        ms,
        () => begun.push(name),
        () => socket.destroy(),
      )
    },
    end: (name: string) => turns.over(sockets[name] as unknown as Socket),
  }
}

test('of forty handshakes of one network one is under way, and that of another does not wait behind them', () => {
  const { begun, add, end } = waiting(new HandshakeTurns())
  for (let n = 0; n < 40; n += 1) add(`a${n}`, 'a')
  assert.deepEqual(begun, ['a0'])
  add('b0', 'b')
  assert.deepEqual(begun.slice(1), ['b0'])
  end('a0')
  assert.deepEqual(begun.slice(2), ['a1'])
})

test('of forty networks at once four have a handshake under way', () => {
  const { begun, add } = waiting(new HandshakeTurns())
  for (let n = 0; n < 40; n += 1) for (const which of ['x', 'y']) add(`${which}${n}`, `${n}`)
  assert.deepEqual(begun, ['x0', 'x1', 'x2', 'x3'])
})

test('behind a heavy handshake nobody but those of known networks has a turn for a while', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { begun, add, sockets, end } = waiting(new HandshakeTurns())
  for (let n = 0; n < 6; n += 1) add(`${n}`, `${n}`)
  Object.assign(sockets[0] ?? {}, { bytesRead: HEAVY })
  end('0')
  end('1')
  assert.equal(begun.length, 4)
  t.mock.timers.tick(300)
  assert.equal(begun.length, 6)
})

test('those who wait beside a peer wait no longer once it is known', () => {
  const turns = new HandshakeTurns()
  const { begun, add } = waiting(turns)
  for (const name of ['a0', 'a1', 'a2']) add(name, 'a')
  turns.welcome('a')
  assert.deepEqual(begun, ['a0', 'a1', 'a2'])
})

test('whoever says nothing has no turn, and no one behind him waits', () => {
  const { begun, add, sockets } = waiting(new HandshakeTurns())
  for (let n = 0; n < 300; n += 1) add(`silent${n}`, 'a', true)
  add('speaks', 'a')
  assert.deepEqual(begun, ['speaks'])
  sockets.speaks?.destroy()
  Object.assign(sockets.silent7 ?? {}, { readableLength: 1 })
  sockets.silent7?.emit('readable')
  assert.deepEqual(begun, ['speaks', 'silent7'])
})

test('one that was closed while it waited is forgotten, as is one that was closed under way', () => {
  const { begun, add, sockets } = waiting(new HandshakeTurns())
  for (const name of ['a0', 'a1', 'a2']) add(name, 'a')
  sockets.a1?.destroy()
  sockets.a0?.destroy()
  assert.deepEqual(begun, ['a0', 'a2'])
})

test('one that is slow holds up nobody, and one that never has its turn is ended', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { begun, add, sockets } = waiting(new HandshakeTurns(), 10_000)
  for (const name of ['a0', 'a1', 'a2']) add(name, 'a')
  add('silent', 'a', true)
  let ended = false
  sockets.silent?.once('close', () => {
    ended = true
  })
  assert.deepEqual(begun, ['a0'])
  t.mock.timers.tick(300)
  t.mock.timers.tick(300)
  assert.deepEqual(begun, ['a0', 'a1', 'a2'])
  t.mock.timers.tick(10_000)
  assert.equal(ended, true)
})
