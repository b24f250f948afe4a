import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { startFakeController } from './fake-controller.ts'
import { createPki } from './pki.ts'

test('a Controller of tests to whom somebody comes who means another is there for its own', async () => {
  await using pki = await createPki()
  const certificate = await (await pki.ca('fake')).issue({ cn: 'grid.example', dns: ['grid.example'] })
  await using fake = await startFakeController({ certificate })
  const port = Number(new URL(fake.service).port)
  const own = connect({ host: '127.0.0.1', port })
  await once(own, 'connect')
  own.write("<stream:stream to='grid.example' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
  await once(own, 'data')
  // ports are given again: a gateway elsewhere looks for what was there before
  const stranger = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await assert.rejects(once(stranger, 'secureConnect'))
  const said = once(own, 'data')
  await fake.send('<here/>')
  assert.match(String((await said)[0]), /<here\/>/)
  own.destroy()
})
