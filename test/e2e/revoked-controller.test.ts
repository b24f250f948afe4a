import assert from 'node:assert/strict'
import type { X509Certificate } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { boot } from '../support/boot.ts'
import { eventually, within } from '../support/eventually.ts'
import { type Certificate, createPki } from '../support/pki.ts'
import { createSite } from '../support/site.ts'
import { START } from '../support/start-broker.ts'

test("a revoked Controller is not logged in to, /ready says why, and the list's date is a metric", async () => {
  await using pki = await createPki()
  await using broker = await START.prosody({ pki })
  await using site = await createSite({ broker, pki })
  const ca = await pki.ca('grid')
  const list = join(site.dir, 'grid.crl')
  await copyFile(await ca.crl([]), list)
  const grid = site.base().grid as { tls: object }
  await site.config({ grid: { ...grid, tls: { ...grid.tls, crl: 'grid.crl' } } })
  {
    await using _ = await boot(site)
    await site.ready()
    const date = await site.metric('iodef_gateway_certificate_expiry_timestamp_seconds', { name: 'grid-crl' })
    assert.ok(Math.abs(date * 1000 - Date.now() - 86_400_000) < 3_600_000, `${date}`)
  }
  await copyFile(await ca.crl([await shownBy(broker.directTls)]), list)
  await using _ = await boot(site)
  await eventually('the reason', async () => {
    const { body } = await site.health()
    return body.parts.grid?.state === 'failed' && /certificate is revoked/.test(body.parts.grid?.reason ?? '')
  })
})

/** What a server of direct TLS shows, as far as a list needs it. */
function shownBy(service: string): Promise<Certificate> {
  const { hostname, port } = new URL(service)
  const shown = Promise.withResolvers<Certificate>()
  const socket = connect({
    host: hostname,
    port: Number(port),
    rejectUnauthorized: false,
    ALPNProtocols: ['xmpp-client'],
  })
  socket.on('error', shown.reject)
  socket.on('secureConnect', () => {
    const { serialNumber } = socket.getPeerX509Certificate() as X509Certificate
    shown.resolve({ serial: serialNumber } as Certificate)
    socket.destroy()
  })
  return within(30_000, 'the certificate of the Controller', shown.promise)
}
