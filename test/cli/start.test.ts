import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Certificate } from '../support/pki.ts'
import { createPki, type Pki } from '../support/pki.ts'
import { iodefGateway } from './capture.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/iodef-gateway', import.meta.url))
const FIXTURE = fileURLToPath(new URL('../../fixtures/demo-incident.xml', import.meta.url))

describe('start, without a grid', () => {
  let pki: Pki
  let client: Certificate
  let ca = ''
  let config = ''
  let child: ChildProcess | undefined
  let said = ''
  let log = ''

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
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
  after(() => pki.dispose())

  function start(ridPort = 0): ChildProcess {
    said = ''
    log = ''
    child = spawn(LAUNCHER, ['start', '--config', config], { env: { ...process.env, RID_PORT: String(ridPort) } })
    child.stderr?.on('data', (chunk) => {
      said += chunk
    })
    child.stdout?.on('data', (chunk) => {
      log += chunk
    })
    return child
  }

  /** The URLs of its one line for people. */
  async function serving(gateway: ChildProcess): Promise<{ rid: string; ops: string }> {
    for (;;) {
      const match = /serving RID on (\S+), health on (\S+)\/ready\n/.exec(said)
      if (match) return { rid: (match[1] ?? '').replace('127.0.0.1', 'localhost'), ops: match[2] ?? '' }
      if (gateway.exitCode !== null) assert.fail(`it ended: ${said} ${log}`)
      await Promise.race([once(gateway.stderr!, 'data'), once(gateway, 'exit')])
    }
  }

  async function exitCode(gateway: ChildProcess): Promise<number | null> {
    if (gateway.exitCode === null) await once(gateway, 'exit')
    return gateway.exitCode
  }

  it('takes reports and keeps them, says what does not work, and ends at SIGTERM', async () => {
    const gateway = start()
    const { rid, ops } = await serving(gateway)
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
    assert.equal(ready.status, 503)
    const { parts } = (await ready.json()) as { parts: Record<string, { state: string; reason: string | null }> }
    for (const part of ['store', 'grid', 'rid', 'drain', 'topic:incident']) assert.ok(parts[part], part)
    assert.notEqual(parts.grid?.state, 'up')
    assert.match(await (await fetch(`${ops}/`)).text(), /Not ready: .*grid/)

    gateway.kill('SIGTERM')
    assert.equal(await exitCode(gateway), 0, said)
    for (const line of log.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string', line)
    assert.match(log, /"event":"accepted"/)
    assert.doesNotMatch(log, /IODEF-Document/)

    const listed = await iodefGateway(['queue', 'list', '--config', config, '--json'], { RID_PORT: '1' })
    const [delivery, ...rest] = JSON.parse(listed.out)
    assert.deepEqual(rest, [])
    assert.equal(delivery.state, 'pending')
    assert.equal(delivery.destination, 'incident')
  })

  it('reads certificates again at SIGHUP, and does not end', async () => {
    const gateway = start()
    const { ops } = await serving(gateway)
    gateway.kill('SIGHUP')
    while (!log.includes('Certificates were read again')) await once(gateway.stdout!, 'data')
    assert.equal((await fetch(`${ops}/live`)).status, 200)
    gateway.kill('SIGINT')
    assert.equal(await exitCode(gateway), 0, said)
  })

  it('ends with 3 when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const gateway = start(typeof address === 'object' ? (address?.port ?? 0) : 0)
    assert.equal(await exitCode(gateway), 3)
    assert.match(said, /Cannot start: .*address already in use/)
    other.close()
  })

  it('ends with 3 when the store cannot be opened', async () => {
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

  it('ends with 2, and all problems, when the configuration or its files are bad', async () => {
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
