import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type GatewayProcess, start } from '../support/command.ts'
import { eventually, within } from '../support/eventually.ts'
import { type Certificate, createPki, type Pki } from '../support/pki.ts'
import { iodefGateway } from './capture.ts'

const FIXTURE = fileURLToPath(new URL('../../fixtures/demo-incident.xml', import.meta.url))

describe('start, without a grid', () => {
  let pki: Pki
  let client: Certificate
  let ca = ''
  let config = ''
  let gateway: GatewayProcess | undefined

  before(async () => {
    pki = await createPki()
    const authority = await pki.ca()
    const own = await authority.issue({ cn: 'localhost', dns: ['localhost'] })
    client = await authority.issue({ cn: 'csirt-a', dns: ['csirt-a.example'] })
    ca = authority.cert
    config = join(pki.dir, 'gateway.yaml')
    await writeFile(join(pki.dir, 'password'), 'secret\n', { mode: 0o600 })
    await writeFile(
      config,
      `rid: { host: 127.0.0.1, port: "\${RID_PORT}", name: localhost, tls: { cert: ${own.cert}, key: ${own.key}, ca: ${ca} } }
peers: [{ name: csirt-a, identity: { dns: csirt-a.example }, publish: [incident] }]
grid:
  service: xmpp://127.0.0.1:1
  jid: gateway@grid.example
  auth: { password: { file: password } }
  broker: pubsub.grid.example
  topics: [{ name: incident, restrictions: [public, partner, need-to-know, private, default] }]
routes: [{ topic: incident }]
store: { path: data/gateway.db }
ops: { host: 127.0.0.1, port: 0 }
`,
    )
  })
  afterEach(() => gateway?.[Symbol.asyncDispose]())
  after(() => pki.dispose())

  function begin(ridPort = 0): GatewayProcess {
    gateway = start(config, { RID_PORT: String(ridPort) })
    return gateway
  }

  /** The URLs of its one line for people. */
  async function urls(serving: GatewayProcess): Promise<{ rid: string; ops: string }> {
    await serving.serving
    const match = /serving RID on (\S+), health on (\S+)\/ready\n/.exec(serving.said)
    assert.ok(match, serving.said)
    return { rid: (match[1] ?? '').replace('127.0.0.1', 'localhost'), ops: match[2] ?? '' }
  }

  async function exitCode(ending: GatewayProcess): Promise<number | null> {
    return (await within(60_000, () => `its end; it said ${ending.said}`, ending.ended)).code
  }

  test('takes reports and keeps them, says what does not work, and ends at SIGTERM', async () => {
    const gateway = begin()
    const { rid, ops } = await urls(gateway)
    const sent = await iodefGateway([
      'send',
      FIXTURE,
      '--to',
      rid,
      '--cert',
      client.cert,
      '--key',
      client.key,
      '--ca',
      ca,
    ])
    assert.equal(sent.code, 0, sent.err)
    assert.match(sent.out, /AuthorizationStatus="Approved"/)

    const ready = await fetch(`${ops}/ready`)
    assert.equal(ready.status, 200, 'what is taken waits for the Controller')
    const { parts } = (await ready.json()) as { parts: Record<string, { state: string; reason: string | null }> }
    for (const part of ['store', 'grid', 'rid', 'drain', 'topic:incident']) assert.ok(parts[part], part)
    assert.deepEqual([parts.grid?.state, parts['topic:incident']?.state], ['failed', 'degraded'])
    assert.match(await (await fetch(`${ops}/`)).text(), /Needs you: reports are taken/)

    gateway.signal('SIGTERM')
    assert.equal(await exitCode(gateway), 0, gateway.said)
    for (const { msg } of gateway.log()) assert.equal(typeof msg, 'string')
    const log = gateway.lines.join('\n')
    assert.match(log, /"event":"accepted"/)
    assert.doesNotMatch(log, /IODEF-Document/)

    const listed = await iodefGateway(['queue', 'list', '--config', config, '--json'], { RID_PORT: '1' })
    const [delivery, ...rest] = JSON.parse(listed.out)
    assert.deepEqual(rest, [])
    assert.equal(delivery.state, 'pending')
    assert.equal(delivery.destination, 'incident')
  })

  test('reads its configuration again at SIGHUP, and does not end', async () => {
    const gateway = begin()
    const { ops } = await urls(gateway)
    gateway.signal('SIGHUP')
    await eventually('it to read them', () =>
      gateway.lines.some((line) => line.includes('Configuration was read again')),
    )
    assert.equal((await fetch(`${ops}/live`)).status, 200)
    gateway.signal('SIGINT')
    assert.equal(await exitCode(gateway), 0, gateway.said)
  })

  test('ends with 3 when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const gateway = begin(typeof address === 'object' ? (address?.port ?? 0) : 0)
    assert.equal(await exitCode(gateway), 3)
    assert.match(gateway.said, /Cannot start: rid\.port: .*another program has the port/)
    other.close()
  })

  test('ends with 3 when the store cannot be opened', async () => {
    await writeFile(
      join(pki.dir, 'broken.db'),
      'this is no database, but it is long enough to look like a broken one'.repeat(20),
    )
    const text = await readFile(config, 'utf8')
    const broken = join(pki.dir, 'broken.yaml')
    await writeFile(broken, text.replace('data/gateway.db', 'broken.db'))
    const { code, err } = await iodefGateway(['queue', 'list', '--config', broken], { RID_PORT: '0' })
    assert.equal(code, 3)
    assert.match(err, /The store holds what it should not\. .*not a database/)
  })

  test('ends with 2, and all problems, when the configuration or its files are bad', async () => {
    await mkdir(join(pki.dir, 'bad'), { recursive: true })
    const bad = join(pki.dir, 'bad', 'gateway.yaml')
    await writeFile(bad, `${await readFile(config, 'utf8')}lgo: {}\n`)
    const { code, err } = await iodefGateway(['start', '--config', bad], { RID_PORT: 'x' })
    assert.equal(code, 2)
    assert.match(err, /3 problems/)
    assert.match(err, /rid\.port: must be a port.*\(line 1\)/)
    assert.match(err, /lgo: is not a known key/)
    assert.match(err, /grid\.auth\.password\.file: cannot read .*no such file/)
  })
})
