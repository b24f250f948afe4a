import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startChild } from '../scripts/demo/child.ts'
import { post } from '../scripts/demo/post.ts'
import { portsOf, until } from '../scripts/demo/wait.ts'
import { createPki } from './support/pki.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const PACKED = ['bin', 'src', 'schemas', 'docs', 'README.md', 'LICENSE']
const NEEDED = [...PACKED, 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/** Without what an outer npm hands down; npm is run by this Node.js. */
const npmEnvironment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_'))),
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false',
}
/** What there is on a machine with an old Node.js or none. */
const plainEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin' }

describe('the packed package, installed', () => {
  const temp = mkdtempSync(join(tmpdir(), 'package-'))
  const home = join(temp, 'home')
  const program = join(home, 'node_modules/.bin/iodef-gateway')
  let files: readonly string[] = []

  before(() => {
    // a copy, so that a build in a checkout disturbs nobody
    const copy = join(temp, 'copy')
    mkdirSync(copy)
    for (const path of NEEDED) cpSync(join(ROOT, path), join(copy, path), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    const [packed] = JSON.parse(npm(copy, 'pack', '--json', '--pack-destination', temp)) as {
      filename: string
      files: { path: string }[]
    }[]
    assert.ok(packed)
    files = packed.files.map(({ path }) => path)
    mkdirSync(home)
    writeFileSync(join(home, 'package.json'), '{"private":true}')
    npm(home, 'install', '--no-audit', '--no-fund', join(temp, packed.filename))
  })
  after(() => rmSync(temp, { recursive: true, force: true }))

  it('holds compiled JavaScript, schemas, pages and license, and neither sources nor tests', () => {
    for (const path of [
      'dist/main.js',
      'dist/reading/reader-worker.js',
      'schemas/iodef-2.0.xsd',
      'bin/iodef-gateway',
    ]) {
      assert.ok(files.includes(path), path)
    }
    for (const path of ['README.md', 'LICENSE', 'docs/guide.md']) assert.ok(files.includes(path), path)
    assert.deepEqual(
      files.filter((path) => /^(src|test|scripts|fixtures|bench)\/|\.ts$/.test(path)),
      [],
    )
  })

  it('runs on the Node.js that npm brought, whatever the system has', () => {
    const version = gateway('--version')
    assert.equal(version.status, 0, version.stderr)
    const { version: expected } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    assert.equal(version.stdout, `iodef-gateway ${expected}\n`)
  })

  it('validates', () => {
    const good = gateway('validate', join(ROOT, 'fixtures/demo-incident.xml'))
    assert.deepEqual([good.status, good.stderr], [0, ''])
    assert.match(good.stdout, /: valid IODEF 2$/m)
    const bad = gateway('validate', join(ROOT, 'package.json'))
    assert.equal(bad.status, 1)
  })

  it('takes a report and keeps it, while there is no grid', async () => {
    const folder = join(temp, 'run')
    mkdirSync(folder)
    const pki = await createPki()
    after(() => pki.dispose())
    const ca = await pki.ca()
    const server = await ca.issue({ cn: 'gateway.example', ip: ['127.0.0.1'], dns: ['gateway.example'] })
    const client = await ca.issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'] })
    const config = join(folder, 'gateway.yaml')
    writeFileSync(join(folder, 'password'), 'secret', { mode: 0o600 })
    writeFileSync(
      config,
      `rid:
  host: 127.0.0.1
  port: 0
  name: gateway.example
  tls: { cert: ${server.cert}, key: ${server.key}, ca: ${ca.cert} }
peers: [{ name: csirt-a, identity: { dns: csirt-a.example }, publish: [incident] }]
grid:
  service: xmpp://127.0.0.1:1
  jid: gateway@grid.example
  auth: { password: { file: password } }
  broker: pubsub.grid.example
  topics: [{ name: incident }]
routes: [{ topic: incident }]
store: { path: gateway.db }
ops: { port: 0 }
`,
    )
    await using child = startChild(program, ['start', '--config', config], { log: join(folder, 'gateway.log') })
    const { rid } = await until(child, 'does not listen', portsOf(child))
    const report = readFileSync(join(ROOT, 'fixtures/demo-incident.xml'), 'utf8')
    const identity = { cert: client.cert, key: client.key, ca: ca.cert }
    const answer = await post(`https://127.0.0.1:${rid}/`, report, identity)
    assert.equal(answer.status, 200, answer.body)
    assert.match(answer.body, /AuthorizationStatus="Approved"/)
    const queue = gateway('queue', 'list', '--json', '--config', config)
    const [row] = JSON.parse(queue.stdout) as { incident: string; state: string }[]
    assert.equal(row?.incident, 'csirt-a.example 2026-1187')
    assert.notEqual(row?.state, 'delivered')
  })

  function gateway(...args: string[]) {
    return spawnSync(program, args, { env: plainEnvironment, cwd: temp, encoding: 'utf8', timeout: 60_000 })
  }
})

function npm(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    ...{ cwd, env: npmEnvironment, encoding: 'utf8', timeout: 300_000 },
  })
  assert.equal(status, 0, `npm ${args.join(' ')}\n${stdout}${stderr}`)
  // what the build script says stands before the JSON
  return stdout.slice(Math.max(0, stdout.search(/^\[/m)))
}
