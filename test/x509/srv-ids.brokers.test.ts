import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { srvIds } from '../../src/x509/srv-ids.ts'
import { type Authority, type CertificateRequest, createPki, type Pki } from '../support/pki.ts'

describe('the SRV-IDs of a certificate', () => {
  let pki: Pki
  let ca: Authority
  before(async () => {
    pki = await createPki()
    ca = await pki.ca('grid')
  })
  after(() => pki.dispose())

  const of = async (request: CertificateRequest) =>
    srvIds(new X509Certificate(await readFile((await ca.issue(request)).cert)))

  test('are all that it has, beside names of other kinds', async () => {
    const srv = ['_xmpp-client.grid.example', '_XMPP-server.Grid.example']
    const xmpp = ['_xmpp-client.evil.example']
    const found = await of({ cn: 'x', dns: ['_xmpp-client.other.example'], xmpp, srv, ip: ['127.0.0.1'] })
    assert.deepEqual(found, ['_xmpp-client.grid.example', '_xmpp-server.grid.example'])
  })

  test('are none where it has none', async () => {
    assert.deepEqual(await of({ cn: '_xmpp-client.grid.example' }), [])
    assert.deepEqual(srvIds({ raw: Buffer.from('3003020101', 'hex') } as X509Certificate), [])
  })
})
