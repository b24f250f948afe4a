import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, normalize } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startChild } from '../scripts/demo/child.ts'
import { portsOf, ready, until } from '../scripts/demo/wait.ts'
import type { Broker } from './support/brokers.ts'
import { createPki, type Pki } from './support/pki.ts'
import { startProsody } from './support/prosody.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** What packing needs; what is packed is what package.json lists. */
const NEEDED = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/node', 'src']

/** Without what an outer npm hands down; npm is run by this Node.js, and trusts whom Debian's would: the system's CAs. */
const npmEnvironment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_'))),
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false',
  NODE_USE_SYSTEM_CA: '1',
}
/** What there is on a machine with an old Node.js or none. */
const plainEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin' }

describe('the packed package', () => {
  const temp = mkdtempSync(join(tmpdir(), 'package-'))
  const home = join(temp, 'home')
  const prefix = join(temp, 'prefix')
  let files: readonly string[] = []
  let pki: Pki
  let broker: Broker

  // a copy, so that a build in a checkout disturbs nobody
  const copy = join(temp, 'copy')
  const pack = () => {
    const said = npm(copy, 'pack', '--ignore-scripts', '--json', '--pack-destination', temp)
    const [packed] = JSON.parse(said) as { filename: string; files: { path: string }[] }[]
    assert.ok(packed)
    return packed
  }

  before(async () => {
    mkdirSync(copy)
    const { files: listed } = manifest() as { files: string[] }
    for (const path of [...NEEDED, ...listed].filter((path) => path !== 'dist'))
      cpSync(join(ROOT, path), join(copy, path), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    npm(copy, 'run', 'build')
    // without prepack, which would install anew what is only linked to here
    const packed = pack()
    files = packed.files.map(({ path }) => path)
    const tarball = join(temp, packed.filename)
    mkdirSync(home)
    writeFileSync(join(home, 'package.json'), '{"private":true}')
    npm(home, 'install', '--no-audit', '--no-fund', tarball)
    npm(temp, 'install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', tarball)
    // npm before 11.8 removes this link itself
    for (const link of globSync('{home,prefix}/**/node_modules/.bin/node', { cwd: temp })) rmSync(join(temp, link))
    pki = await createPki()
    const users = { gateway: 'gateway-secret', subscriber: 'subscriber-secret' }
    broker = await startProsody({ pki, users, durable: false })
  })
  after(async () => {
    await broker?.dispose()
    await pki?.dispose()
    rmSync(temp, { recursive: true, force: true })
  })

  test('holds compiled JavaScript, schemas, pages and license, and neither sources nor tests', () => {
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

  test('holds whatever its pages link to', () => {
    const links = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => {
        const text = readFileSync(join(ROOT, path), 'utf8').replace(/^```.*?^```$/gms, '')
        return [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target = '']) => [path, target] as const)
      })
      .filter(([, target]) => !/^[a-z]+:/.test(target))
    assert.ok(links.length > 20, `${links.length} links`)
    const missing = links.filter(([path, target]) => !files.includes(normalize(join(dirname(path), target))))
    assert.deepEqual(missing, [])
  })

  test('may be published', () => {
    const about = manifest()
    assert.equal(about.private, undefined)
    for (const key of ['name', 'version', 'description', 'license', 'keywords']) assert.ok(about[key], key)
  })

  for (const [number, how, folder] of [
    [1188, 'in a folder', 'home/node_modules/.bin'],
    [1189, 'globally', 'prefix/bin'],
  ] as const) {
    const program = join(temp, folder, 'iodef-gateway')
    const gateway = (...args: string[]) =>
      spawnSync(program, args, { env: plainEnvironment, cwd: temp, encoding: 'utf8', timeout: 60_000 })

    describe(`installed ${how}, without a link to Node.js`, () => {
      test('runs on the Node.js that npm brought, whatever the system has', () => {
        const version = gateway('--version')
        assert.equal(version.status, 0, version.stderr)
        assert.equal(version.stdout, `iodef-gateway ${manifest().version}\n`)
      })

      test('validates', () => {
        const good = gateway('validate', join(ROOT, 'fixtures/demo-incident.xml'))
        assert.deepEqual([good.status, good.stderr], [0, ''])
        assert.match(good.stdout, /: valid IODEF 2$/m)
        const bad = gateway('validate', join(ROOT, 'package.json'))
        assert.equal(bad.status, 1)
      })

      test('makes a folder that check calls good', () => {
        const folder = join(temp, `init-${number}`)
        const made = gateway('init', folder, '--name', 'gateway.example', '--broker', 'ejabberd')
        assert.equal(made.status, 0, made.stderr)
        assert.match(gateway('check', '--config', join(folder, 'gateway.yaml')).stdout, /: good \(/)
      })

      test('carries a report from a RID peer to a Topic', async () => {
        const run = join(temp, `run-${number}`)
        mkdirSync(run)
        const ca = await pki.ca('rid')
        const server = await ca.issue({ cn: 'gateway.example', ip: ['127.0.0.1'], dns: ['localhost'] })
        const client = await ca.issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'] })
        const config = join(run, 'gateway.yaml')
        const report = join(run, 'report.xml')
        const fixture = readFileSync(join(ROOT, 'fixtures/demo-incident.xml'), 'utf8')
        writeFileSync(report, fixture.replaceAll('2026-1187', `2026-${number}`))
        writeFileSync(join(run, 'password'), 'gateway-secret', { mode: 0o600 })
        writeFileSync(
          config,
          `rid:
  host: 127.0.0.1
  port: 0
  name: gateway.example
  tls: { cert: ${server.cert}, key: ${server.key}, ca: ${ca.cert} }
peers: [{ name: csirt-a, identity: { dns: csirt-a.example }, publish: [incident] }]
grid:
  service: ${broker.service}
  jid: gateway@${broker.domain}
  auth: { password: { file: password } }
  tls: { ca: ${broker.ca} }
  broker: ${broker.broker}
  topics: [{ name: incident, create: true }]
routes: [{ topic: incident }]
store: { path: gateway.db }
ops: { port: 0 }
`,
        )
        await using child = startChild(program, ['start', '--config', config], {
          log: join(run, 'gateway.log'),
          env: plainEnvironment,
        })
        const { rid, ops } = await until(child, 'does not listen', portsOf(child))
        await until(child, 'is not ready', () => ready(ops))
        await using tail = startChild(program, ['tail', 'incident', '--config', config], {
          log: join(run, 'tail.log'),
          env: plainEnvironment,
        })
        const printed = (text: string) => () => tail.tail(200).find((line) => line.includes(text))
        await until(tail, 'does not wait', printed('waiting for items'))
        const identity = ['--cert', client.cert, '--key', client.key, '--ca', ca.cert]
        const sent = gateway('send', report, '--to', `https://localhost:${rid}/`, ...identity)
        assert.equal(sent.status, 0, sent.stderr)
        assert.match(sent.stdout, /AuthorizationStatus="Approved"/)
        await until(tail, 'printed no item', printed(`2026-${number}`))
      })
    })
  }

  test('is upgraded in its place, and goes on with the store that it had', () => {
    writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest(), version: '9.8.7' }))
    npm(temp, 'install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', join(temp, pack().filename))
    const gateway = (...args: string[]) =>
      spawnSync(join(prefix, 'bin/iodef-gateway'), args, { env: plainEnvironment, cwd: temp, encoding: 'utf8' })
    assert.equal(gateway('--version').stdout, 'iodef-gateway 9.8.7\n')
    const traced = gateway('trace', '2026-1189', '--config', join(temp, 'run-1189/gateway.yaml'))
    assert.match(traced.stdout, /published/, traced.stderr)
  })

  test('is uninstalled without what it wrote', () => {
    npm(temp, 'uninstall', '--global', '--prefix', prefix, 'iodef-gateway')
    assert.deepEqual(globSync('{bin,lib/node_modules}/*', { cwd: prefix }), [])
    assert.ok(existsSync(join(temp, 'run-1189/gateway.db')))
  })
})

function manifest(): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
}

function npm(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    ...{ cwd, env: npmEnvironment, encoding: 'utf8', timeout: 300_000 },
  })
  assert.equal(status, 0, `npm ${args.join(' ')}\n${stdout}${stderr}`)
  // what the build script says stands before the JSON
  return stdout.slice(Math.max(0, stdout.search(/^\[/m)))
}
