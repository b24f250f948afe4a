import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import { createPki, type Pki } from '../../support/pki.ts'

const exec = promisify(execFile)
const TLS = new URL('../../../src/grid/xmpp/tls.ts', import.meta.url).href
const NOWHERE = '/nonexistent'

describe('the CAs of a Controller', () => {
  let pki: Pki
  let server: Server
  let own = ''
  let other = ''

  before(async () => {
    pki = await createPki()
    const ca = await pki.ca('grid')
    own = ca.cert
    other = (await pki.ca('other')).cert
    const { cert, key } = await ca.issue({ cn: 'grid.example', dns: ['grid.example'] })
    server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (socket) => socket.end())
    server.on('tlsClientError', () => undefined)
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  after(async () => {
    server.close()
    await pki.dispose()
  })

  /** What a connection comes to in a process with these variables: 'trusted', or the code of the error. */
  async function connect(variables: Readonly<Record<string, string>>, ca?: string): Promise<string> {
    const { port } = server.address() as AddressInfo
    const config = JSON.stringify({ minVersion: 'TLSv1.2', ca })
    const program = `
      import { connect } from 'node:tls'
      const { tlsOptions } = await import('${TLS}')
      const socket = connect({ host: '127.0.0.1', port: ${port}, ...tlsOptions(${config}, 'grid.example', true) })
      socket.on('secureConnect', () => { console.log('trusted'); socket.destroy() })
      socket.on('error', (error) => console.log(error.code))`
    const env = { SSL_CERT_FILE: NOWHERE, SSL_CERT_DIR: NOWHERE, ...variables }
    const { stdout } = await exec(process.execPath, ['--input-type=module', '--eval', program], { env })
    return stdout.trim()
  }

  test('are those of the system, when grid.tls.ca names none: its file, its folder', async () => {
    assert.equal(await connect({ SSL_CERT_FILE: own }), 'trusted')
    const folder = join(pki.dir, 'certs')
    await mkdir(folder)
    await copyFile(own, join(folder, 'own.pem'))
    assert.equal(await connect({ SSL_CERT_DIR: folder }), 'trusted')
    assert.notEqual(await connect({ SSL_CERT_FILE: other }), 'trusted')
  })

  test("are the system's, and no list of Node.js beside it", async () => {
    const program = `
      const { tlsOptions } = await import('${TLS}')
      console.log(JSON.stringify(tlsOptions({ minVersion: 'TLSv1.2' }, 'grid.example', true).ca))`
    const listed = async (variables: Readonly<Record<string, string>>) => {
      const env = { SSL_CERT_DIR: NOWHERE, ...variables }
      const { stdout } = await exec(process.execPath, ['--input-type=module', '--eval', program], { env })
      return stdout.trim() === 'undefined' ? undefined : (JSON.parse(stdout) as string[])
    }
    assert.equal((await listed({ SSL_CERT_FILE: own }))?.length, 1)
    assert.equal((await listed({ SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: other }))?.length, 2)
    // a machine without a store of its own
    assert.equal(await listed({ SSL_CERT_FILE: NOWHERE }), undefined)
  })

  test('are also what NODE_EXTRA_CA_CERTS names, with and without a store of the system', async () => {
    assert.equal(await connect({ NODE_EXTRA_CA_CERTS: own }), 'trusted')
    assert.equal(await connect({ NODE_EXTRA_CA_CERTS: own, SSL_CERT_FILE: other }), 'trusted')
  })

  test('are only those of grid.tls.ca, when it names some', async () => {
    assert.equal(await connect({}, own), 'trusted')
    assert.notEqual(await connect({ SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: own }, other), 'trusted')
  })
})
