import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { boot } from '../support/boot.ts'
import { eventually } from '../support/eventually.ts'
import { createPki } from '../support/pki.ts'
import { createSite, type Site } from '../support/site.ts'

/** No Controller is needed to tell whether reports can be taken. */
async function ready(site: Site, is: boolean, why: RegExp): Promise<void> {
  await eventually(`ready to be ${is}`, async () => {
    const { status, body } = await site.health()
    return body.ready === is && status === (is ? 200 : 503) && why.test(body.parts.rid?.reason ?? '')
  })
}

test('a certificate of ours that is past its date makes the gateway not ready, and a new one ready again', async () => {
  await using pki = await createPki()
  await using site = await createSite({ pki })
  await site.config()
  const expired = await site.ca.issue({ cn: 'gateway', dns: ['localhost'], expired: true })
  await copyFile(expired.cert, join(site.dir, 'rid.pem'))
  await copyFile(expired.key, join(site.dir, 'rid.key'))
  await using gateway = await boot(site)
  await ready(site, false, /Every peer refuses our certificate, which ran out at 2000-.*renew `rid\.tls\.cert`/)
  await copyFile(site.server.cert, join(site.dir, 'rid.pem'))
  await copyFile(site.server.key, join(site.dir, 'rid.key'))
  gateway.reload()
  await ready(site, true, /^$/)
})

test('a peer that is limited shows in its part and in the metrics, and leaves the gateway ready', async () => {
  await using pki = await createPki()
  await using site = await createSite({ pki })
  const rid = site.base().rid as object
  await site.config({ rid: { ...rid, limits: { requests: 2 } } })
  await using _gateway = await boot(site)
  const peer = await site.client('csirt-a')
  const statuses = []
  for (let i = 0; i < 3; i += 1) statuses.push((await peer.send({ method: 'GET' })).status)
  assert.deepEqual(statuses, [204, 204, 429])
  await eventually('the peer to be degraded', async () => {
    const { status, body } = await site.health()
    const part = body.parts['peer:csirt-a']
    return status === 200 && part?.state === 'degraded' && /`requests` of its `limits`/.test(part.reason ?? '')
  })
  const metrics = await (await fetch(`http://127.0.0.1:${site.opsPort}/metrics`)).text()
  assert.match(metrics, /^iodef_gateway_rid_limited_total\{peer="csirt-a",limit="requests"\} 1$/m)
})

test('a list that fits no CA makes the gateway not ready before anybody is refused by it', async () => {
  await using pki = await createPki()
  await using site = await createSite({ pki })
  const rid = site.base().rid as { tls: object }
  await site.config({ rid: { ...rid, tls: { ...rid.tls, crl: 'peers.crl' } } })
  const list = join(site.dir, 'peers.crl')
  await copyFile(await (await pki.ca('another')).crl([]), list)
  await using gateway = await boot(site)
  await ready(site, false, /No revocation list is of a CA in `rid\.tls\.ca`.*mend `rid\.tls\.crl`/)
  const peer = await site.client('csirt-a')
  await assert.rejects(peer.send({ method: 'GET' }))
  await copyFile(await site.ca.crl([]), list)
  gateway.reload()
  assert.equal((await peer.send({ method: 'GET' })).status, 204)
  await eventually('the gateway to be ready', async () => (await site.health()).body.ready)
})
