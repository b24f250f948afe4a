import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createPki, type Pki } from '../support/pki.ts'
import { iodefGateway } from './capture.ts'

describe('check', () => {
  let pki: Pki
  let files: {
    cert: string
    key: string
    ca: string
    crl: string
    oldCrl: string
    old: string
    other: string
    otherKey: string
  }

  before(async () => {
    pki = await createPki()
    const ca = await pki.ca()
    const own = await ca.issue({ cn: 'gateway.example', dns: ['gateway.example'], days: 90 })
    const old = await ca.issue({ cn: 'old.example', dns: ['old.example'], expired: true })
    const other = await ca.issue({ cn: 'other.example', days: 90 })
    files = {
      cert: own.cert,
      key: own.key,
      ca: ca.cert,
      crl: await ca.crl([]),
      oldCrl: await ca.crl([], { expired: true }),
      old: old.cert,
      other: other.cert,
      otherKey: other.key,
    }
    await chmod(own.key, 0o600)
    await chmod(other.key, 0o600)
    await writeFile(join(pki.dir, 'password'), 'pw\n', { mode: 0o600 })
  })
  after(() => pki.dispose())

  async function check(
    changes: { tls?: Record<string, string>; grid?: string; more?: string; store?: string; options?: string[] } = {},
  ) {
    const tls = { cert: files.cert, key: files.key, ca: files.ca, crl: files.crl, ...changes.tls }
    const config = join(pki.dir, 'gateway.yaml')
    await writeFile(
      config,
      `rid: { name: gateway.example, tls: ${JSON.stringify(tls)} }
${changes.more?.startsWith('peers:') ? '' : 'peers: [{ name: a, identity: { dns: a.example }, publish: [t] }]'}
grid:
  service: xmpp://127.0.0.1:1
  jid: gateway@grid.example
  auth: { password: { file: password } }
  broker: pubsub.grid.example
  topics: [{ name: t, restrictions: [public, private] }]${changes.grid === undefined ? '' : `\n  ${changes.grid}`}
routes: [{ topic: t }]
store: { path: ${changes.store ?? 'data/gateway.db'} }
${changes.more ?? ''}`,
    )
    return await iodefGateway(['check', '--config', config, ...(changes.options ?? [])])
  }

  test('is content with what is good, and warns of what ends soon', async () => {
    const { code, out, err } = await check()
    const warnings = err.trimEnd().split('\n')
    assert.equal(warnings.length, 2, err)
    assert.match(warnings[0] ?? '', /^warning {2}rid\.tls\.ca: .* expires on 20/)
    assert.match(warnings[1] ?? '', /^warning {2}rid\.tls\.crl: .* expires at 20/)
    assert.equal(code, 0)
    assert.equal((await check({ options: ['--deny-warnings'] })).code, 2)
    assert.match(out, /gateway\.yaml: can be used, with 2 warnings \(1 peer, 1 Topic, 1 route/)
  })

  test('says problems of values and of files together, with key paths', async () => {
    const { code, err } = await check({
      tls: { cert: 'none.pem', key: files.otherKey, ca: files.key, crl: files.cert },
      more: 'lgo: { level: info }\n',
    })
    assert.equal(code, 2)
    assert.match(err, /lgo: is not a known key \(did you mean "log"\?\) \(line 11\)/)
    assert.match(err, /rid\.tls\.cert: cannot read .*none\.pem: no such file/)
    assert.match(err, /rid\.tls\.ca: .* is a private key, no certificate/)
    assert.match(err, /rid\.tls\.crl: there is no X509 CRL/)
    assert.match(err, /4 problems/)
  })

  test('sees a key of another certificate, and one behind a passphrase', async () => {
    assert.match(
      (await check({ tls: { key: files.otherKey } })).err,
      /rid\.tls\.key: .* is not the key of the first certificate/,
    )
    const encrypted = join(pki.dir, 'encrypted.key')
    const pem = createPrivateKey(await readFile(files.key)).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    })
    await writeFile(encrypted, pem, { mode: 0o600 })
    assert.match((await check({ tls: { key: encrypted } })).err, /rid\.tls\.key: .* is encrypted/)
  })

  test('sees what is past its time', async () => {
    assert.match((await check({ tls: { cert: files.old } })).err, /rid\.tls\.cert: .* expired on 2000-/)
    const { code, err } = await check({ tls: { crl: files.oldCrl } })
    assert.equal(code, 2)
    assert.match(err, /rid\.tls\.crl: .*expired at .*every peer is refused/)
    const grid = await check({ grid: `tls: { ca: ${files.ca}, crl: ${files.oldCrl} }` })
    assert.equal(grid.code, 2)
    assert.match(grid.err, /grid\.tls\.crl: .*expired at .*the Controller is refused/)
  })

  test('warns of secrets that everybody can read', async () => {
    await chmod(join(pki.dir, 'password'), 0o644)
    const { code, err } = await check()
    await chmod(join(pki.dir, 'password'), 0o600)
    assert.equal(code, 0)
    assert.match(err, /^warning {2}grid\.auth\.password\.file: .*chmod 600/m)
  })

  test('warns of a store that everybody can read, and of what stands beside it', async () => {
    for (const name of ['store.db', 'store.db-wal', 'store.db-shm']) {
      await writeFile(join(pki.dir, name), '')
      await chmod(join(pki.dir, name), 0o644)
    }
    const { code, err } = await check({ store: 'store.db' })
    assert.equal(code, 0)
    for (const name of ['db', 'db-wal', 'db-shm']) {
      assert.match(err, new RegExp(`^warning {2}store\\.path: .*store\\.${name} can be read by everybody`, 'm'))
    }
  })

  test('sees a store that cannot be a file', async () => {
    await mkdir(join(pki.dir, 'folder'), { recursive: true })
    assert.match((await check({ store: 'folder' })).err, /store\.path: .*folder is not a file/)
    assert.match((await check({ store: 'password/x.db' })).err, /store\.path: .*password is not a directory/)
  })

  test('notes which Topics refuse reports without a restriction', async () => {
    const { code, err } = await check({ more: '' })
    assert.equal(code, 0)
    assert.doesNotMatch(err, /restrictions/)
    const config = join(pki.dir, 'gateway.yaml')
    await writeFile(config, (await readFile(config, 'utf8')).replace('restrictions: [public, private]', 'title: T'))
    const noted = await iodefGateway(['check', '--config', config])
    assert.equal(noted.code, 0)
    assert.match(noted.err, /^note {5}grid\.topics\[0\]\.restrictions: does not list private/m)
  })

  test('notes it beside what is wrong elsewhere', async () => {
    const config = join(pki.dir, 'gateway.yaml')
    await check({ more: 'log: { level: loud }\n' })
    await writeFile(config, (await readFile(config, 'utf8')).replace('restrictions: [public, private]', 'title: T'))
    const { code, err } = await iodefGateway(['check', '--config', config])
    assert.equal(code, 2)
    assert.match(err, /^problem {2}log\.level: /m)
    assert.match(err, /^note {5}grid\.topics\[0\]\.restrictions: does not list private/m)
    await writeFile(config, (await readFile(config, 'utf8')).replace('title: T', 'restrictions: [privat]'))
    assert.doesNotMatch((await iodefGateway(['check', '--config', config])).err, /^note/m)
  })

  test('warns of a name that the certificate does not hold', async () => {
    const { code, err } = await check({ tls: { cert: files.other, key: files.otherKey } })
    assert.equal(code, 0)
    assert.match(
      err,
      /^warning {2}rid\.tls\.cert: .* does not hold the DNS name gateway\.example of rid\.name, so that peers/m,
    )
    assert.doesNotMatch((await check()).err, /DNS name/)
  })

  test('says that a certificate is for one purpose only, where both are needed', async () => {
    const ca = await pki.ca()
    const use = async (request: { server?: boolean; client?: boolean }, more = '') => {
      const { cert, key } = await ca.issue({ cn: 'gateway.example', dns: ['gateway.example'], days: 90, ...request })
      await chmod(key, 0o600)
      return await check({ tls: { cert, key }, more })
    }
    const server = await use({ server: true })
    assert.equal(server.code, 0, server.err)
    assert.match(server.err, /^warning {2}rid\.tls\.cert: .* lacks clientAuth; no peer has a url/m)
    const sends = await use(
      { server: true },
      'peers: [{ name: b, identity: { dns: b.example }, url: "https://b.example:4590/" }]',
    )
    assert.equal(sends.code, 2)
    assert.match(
      sends.err,
      /^problem {2}rid\.tls\.cert: .* is no client's certificate: its extended key usage lacks clientAuth/m,
    )
    const client = await use({ client: true })
    assert.equal(client.code, 2)
    assert.match(
      client.err,
      /^problem {2}rid\.tls\.cert: .* is no server's certificate: its extended key usage lacks serverAuth/m,
    )
    assert.doesNotMatch((await use({})).err, /key usage/)
  })

  test('goes online only when asked, and says what is out of reach with exit code 3', async () => {
    const { code, err } = await check({ options: ['--online'] })
    assert.equal(code, 3)
    assert.match(err, /unreachable {2}grid\.service: xmpp:\/\/127\.0\.0\.1:1 cannot be reached: Nothing listens there/)
  })

  test('says the same for programs', async () => {
    const { code, out } = await check({ tls: { cert: 'none.pem' }, options: ['--json'] })
    assert.equal(code, 2)
    const report = JSON.parse(out)
    assert.equal(report.ok, false)
    assert.equal(report.problems[0].path, 'rid.tls.cert')
    assert.deepEqual(Object.keys(report), ['ok', 'problems', 'warnings', 'notes', 'unreachable'])
  })
})
