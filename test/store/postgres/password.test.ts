import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { openBeside } from '../../../src/store/postgres/postgres-store.ts'
import { untold } from '../../../src/tell.ts'

/** AuthenticationCleartextPassword, and an ErrorResponse (PostgreSQL, "Message Formats"). */
const ASKED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])
const FIELDS = Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0')
const REFUSED = Buffer.concat([Buffer.from([0x45, 0, 0, 0, FIELDS.length + 4]), FIELDS])

test('a password that cannot be read at a login is a store that is not there, and does not end the process', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(ASKED)
      socket.once('data', () => socket.end(REFUSED))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const password = () => {
    throw new Error('store.password: there is no such file')
  }
  const at = { url: `postgres://gw@127.0.0.1:${port}/gw`, schema: 's', password }
  await assert.rejects(openBeside({ at, tell: untold, clock: systemClock }), {
    code: 'store-unavailable',
    detail: 'store.password: there is no such file',
  })
  server.close()
})
