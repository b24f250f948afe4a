import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { buildConfig } from '../../../src/config/config.ts'
import { parseSource } from '../../../src/config/read.ts'
import { openForGateway, storeNotes } from '../../../src/store/open-store.ts'
import { untold } from '../../../src/tell.ts'
import { FULL } from '../../config/example.ts'
import { eventually } from '../../support/eventually.ts'
import { type Authority, type Certificate, createPki, type Pki } from '../../support/pki.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { delivery, envelope } from '../support.ts'

const HBA = ['hostssl all shows 127.0.0.1/32 scram-sha-256 clientcert=verify-full', 'host all shows all reject']

describe('TLS to PostgreSQL', () => {
  let pki: Pki
  let ca: Authority
  let other: Authority
  /** its certificate is for the name `localhost`, and for the address 127.0.0.1 */
  let named: PostgresServer
  let addressed: PostgresServer
  let plain: PostgresServer
  let shown: Certificate

  before(async () => {
    pki = await createPki()
    ca = await pki.ca()
    other = await pki.ca('other')
    const server = { cn: 'db', server: true }
    const options = { settings: [], hba: HBA }
    const tls = async (names: object) => ({ ca: ca.cert, certificate: await ca.issue({ ...server, ...names }) })
    named = await startPostgres({ ...options, tls: await tls({ dns: ['localhost'] }) })
    addressed = await startPostgres({ ...options, tls: await tls({ ip: ['127.0.0.1'] }) })
    plain = await startPostgres()
    shown = await ca.issue({ cn: 'shows', client: true })
    await named.psql(`CREATE ROLE shows LOGIN PASSWORD 'secret'; GRANT ALL ON DATABASE gw TO shows`)
    writeFileSync(join(pki.dir, 'password'), 'secret\n', { mode: 0o600 })
  })
  after(async () => {
    for (const one of [named, addressed, plain]) await one?.[Symbol.asyncDispose]()
    await pki?.dispose()
  })

  /** As the configuration has it. */
  function store(hosts: string, more: object, user = 'gw') {
    const written = JSON.stringify({ postgres: `postgres://${user}@${hosts}/gw`, ...more })
    const { source } = parseSource(FULL.replace('store: { path: ./data/gateway.db }', () => `store: ${written}`))
    const { config, problems } = buildConfig(source!, pki.dir, { GATEWAY_PASSWORD: 'x' })
    assert.ok(config !== undefined, JSON.stringify(problems))
    return config.store
  }
  const host = (server: PostgresServer, name = 'localhost') => `${name}:${server.port}`
  /** What an operator is told of it. */
  async function refusal(at: ReturnType<typeof store>): Promise<string> {
    const open = openForGateway(at, { tell: untold, clock: systemClock, lost: () => {} })
    const error: unknown = await open.then(
      () => assert.fail('it is not to be taken'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof Error && 'code' in error && error.code === 'store-unavailable', String(error))
    await assert.rejects(storeNotes(at), { code: 'store-unavailable' })
    return error.message
  }

  test('verifies the server by the CA and by its name or address, and says that it is encrypted', async () => {
    for (const hosts of [host(named), host(addressed, '127.0.0.1')]) {
      const at = store(hosts, { tls: { ca: ca.cert } })
      assert.match((await storeNotes(at)).join(), /is encrypted \(TLSv1\.3\), verifies the server,/)
    }
    await using opened = await openForGateway(store(host(named), { tls: { ca: ca.cert } }), {
      ...{ tell: untold, clock: systemClock, lost: () => {} },
    })
    await opened.accept(envelope(systemClock, 'one', [delivery('A')]))
    const safe = `SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'iodef-gateway %'`
    assert.equal(await named.psql(safe), 't')
    assert.match((await storeNotes(store(host(plain), {}))).join(), /is not encrypted: its servers are on this machine/)
  })

  test('has nothing to do with a server of another CA, or with one of another name', async () => {
    assert.match(
      await refusal(store(host(named), { tls: { ca: other.cert } })),
      /localhost:\d+: its certificate does not come from a CA in store\.tls\.ca/,
    )
    assert.match(await refusal(store(host(named), { tls: {} })), /Node\.js, as there is no store\.tls\.ca/)
    assert.match(
      await refusal(store(host(addressed), { tls: { ca: ca.cert } })),
      /its certificate is not for the name localhost/,
    )
  })

  test('does not take the certificate of localhost for that of an address', async () => {
    assert.match(
      await refusal(store(host(named, '127.0.0.1'), { tls: { ca: ca.cert } })),
      /its certificate is not for the name 127\.0\.0\.1/,
    )
  })

  test('says nothing to a server that has no TLS, or to whoever speaks before it begins', async () => {
    assert.match(
      await refusal(store(host(plain), { tls: { ca: ca.cert } })),
      /it has no TLS \(ssl = on in postgresql\.conf\)/,
    )
    const told: Buffer[] = []
    for (const answer of ['N', 'SE\0\0\0\x08evil']) {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.on('data', (data) => void told.push(data))
        socket.once('data', () => socket.write(answer))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      assert.match(await refusal(store(`127.0.0.1:${port}`, { tls: { ca: ca.cert } })), /has no TLS/)
      server.close()
    }
    assert.ok(told.length > 0 && told.every((data) => data.toString('hex') === '0000000804d2162f'), 'SSLRequest alone')
  })

  test('goes from host to host, and says of each why not', async () => {
    const hosts = `${host(plain)},${host(addressed)},${host(named)}`
    assert.match((await storeNotes(store(hosts, { tls: { ca: ca.cert } }))).join(), /is encrypted/)
    const why = await refusal(store(hosts, { tls: { ca: other.cert } }))
    assert.match(
      why,
      /:\d+: it has no TLS .*; localhost:\d+: its certificate .*; localhost:\d+: its certificate .* store\.tls\.ca/,
    )
    assert.match(
      await refusal(store('127.0.0.1:1,127.0.0.1:2', {})),
      /127\.0\.0\.1:1: nothing listens there.*; 127\.0\.0\.1:2: nothing/,
    )
  })

  test('shows its certificate to a server that wants one, beside a password from a file', async () => {
    const password = { file: 'password' }
    const { cert, key } = shown
    const at = (tls: object) =>
      store(host(named), { schema: 'of_shows', password, tls: { ca: ca.cert, ...tls } }, 'shows')
    assert.match(await refusal(at({})), /connection requires a valid client certificate/)
    // what it says comes behind the handshake, and the end of the connection may overtake it
    const stranger = await other.issue({ cn: 'shows', client: true })
    assert.match(
      await refusal(at({ cert: stranger.cert, key: stranger.key })),
      /it does not take our certificate|ECONNRESET/,
    )
    const someone = await ca.issue({ cn: 'someone', client: true })
    assert.match(await refusal(at({ cert: someone.cert, key: someone.key })), /authentication failed for user "shows"/)
    const notes = await storeNotes(at({ cert, key }))
    assert.match(notes.join(), /verifies the server, and shows our certificate/)
    await using opened = await openForGateway(at({ cert, key }), { tell: untold, clock: systemClock, lost: () => {} })
    await opened.probe()
  })

  test('reads its files anew for each connection, so that what is renewed needs no restart', async () => {
    const file = join(pki.dir, 'renewed.pem')
    copyFileSync(ca.cert, file)
    await using opened = await openForGateway(store(host(named), { schema: 'renewed', tls: { ca: file } }), {
      ...{ tell: untold, clock: systemClock, lost: () => {} },
    })
    await opened.probe()
    const lose = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'iodef-gateway %'`
    copyFileSync(other.cert, file)
    await named.psql(lose)
    await eventually('the servers to be verified by what is there now', () =>
      opened.probe().then(
        () => false,
        (error: unknown) => /does not come from a CA/.test(String(error)),
      ),
    )
    copyFileSync(ca.cert, file)
    await eventually('it to go on', () =>
      opened.probe().then(
        () => true,
        () => false,
      ),
    )
  })
})
