import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import type { Gateway } from '../../src/gateway.ts'
import { boot } from '../support/boot.ts'
import { createRidClient } from '../support/rid-client.ts'
import { createSite, type Site } from '../support/site.ts'
import { iodefGateway } from './capture.ts'

describe('peers refused', () => {
  let site: Site
  let gateway: Gateway

  before(async () => {
    site = await createSite({ peers: [{ name: 'csirt-a', publish: ['incident'] }] })
    gateway = await boot(site)
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    await site[Symbol.asyncDispose]()
  })

  const refused = (...more: string[]) => iodefGateway(['peers', 'refused', '--config', site.configFile, ...more])

  test('prints a certificate that was answered 403 as an entry that lets it in', async () => {
    const none = await refused()
    assert.deepEqual([none.code, none.out], [0, ''])
    assert.match(none.err, /no certificate was refused/)
    await using known = await site.client('csirt-a')
    assert.equal((await known.send({ method: 'GET' })).status, 204)
    await using stranger = await site.client('csirt-new')
    assert.equal((await stranger.post('<x/>')).status, 403)
    const nameless = await site.ca.issue({ cn: 'nameless', dns: [] })
    await using other = createRidClient(site.ridPort, { ca: site.ca.cert, cert: nameless.cert, key: nameless.key })
    assert.equal((await other.post('<x/>')).status, 403)

    const { code, out } = await refused()
    assert.equal(code, 0)
    const { fingerprint256 } = await site.certificate('csirt-new')
    assert.match(out, new RegExp(`# .*CN=csirt-new; DNS:csirt-new\\.example.*\\n {2}# SHA-256 ${fingerprint256}\\n`))
    assert.match(out, /# connected once, last at 2\S+Z from \S*127\.0\.0\.1\n/)
    const { peers } = parse(out) as { peers: Record<string, unknown>[] }
    assert.deepEqual(peers, [
      { name: 'new-peer', identity: { fingerprint: nameless.fingerprint256 }, publish: [] },
      { name: 'csirt-new.example', identity: { dns: 'csirt-new.example' }, publish: [] },
    ])
    const listed = JSON.parse((await refused('--json')).out)
    assert.deepEqual([listed.length, listed[1].fingerprint], [2, fingerprint256])

    // pasted
    await gateway[Symbol.asyncDispose]()
    await site.config({ peers: [...(site.base().peers as object[]), ...peers] })
    gateway = await boot(site)
    for (const client of [stranger, other]) assert.equal((await client.send({ method: 'GET' })).status, 204)
    assert.deepEqual(JSON.parse((await refused('--json')).out), [])
  })

  test('says where no gateway answers', async () => {
    const file = await site.config({ ops: { host: '127.0.0.1', port: 1 } }, 'nowhere.yaml')
    const { code, err } = await iodefGateway(['peers', 'refused', '--config', file])
    assert.equal(code, 3)
    assert.match(err, /no gateway answers at http:\/\/127\.0\.0\.1:1\/refused\.json/)
  })
})
