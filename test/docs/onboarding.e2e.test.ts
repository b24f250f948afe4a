import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Child, startChild } from '../../scripts/demo/child.ts'
import { ready, until } from '../../scripts/demo/wait.ts'
import { type Broker, exec, freePort } from '../support/brokers.ts'
import { LAUNCHER } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { startProsody } from '../support/prosody.ts'
import { iodef } from '../support/reports.ts'
import { startRidPeer } from '../support/rid-peer.ts'
import { blocks, page, ROOT } from './markdown.ts'

const all = blocks(page('docs/onboarding.md'))
const commands = all.filter(({ language }) => language === 'sh')

/** Names that DNS does not know are this machine. */
const HERE = [
  "import dns from 'node:dns'",
  "import { syncBuiltinESMExports } from 'node:module'",
  "const here = (name) => (name.endsWith('.example') ? '127.0.0.1' : name)",
  'const { lookup } = dns',
  'const later = dns.promises.lookup',
  'dns.lookup = (name, ...more) => lookup(here(name), ...more)',
  'dns.promises.lookup = (name, ...more) => later(here(name), ...more)',
  'syncBuiltinESMExports()',
].join('\n')

/** The page from top to bottom: its commands in the folder that init made, or where the partner keeps key and certificate. */
describe('the onboarding page, typed as it stands', () => {
  const stack = new AsyncDisposableStack()
  let dir = ''
  let next = 0
  let broker: Broker
  let gateway: Child
  const env: Record<string, string> = {}
  const ports = { rid: 0, ops: 0, partner: 0 }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'onboarding-'))
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    ports.rid = await freePort()
    ports.ops = await freePort()
    const init = ['init', at(), '--name', 'gateway.example', '--broker', 'prosody']
    await exec(LAUNCHER, init)
    await mkdir(join(dir, 'partner'))
    await symlink(join(ROOT, 'examples'), at('examples'))
    for (const folder of [at(), join(dir, 'partner')])
      await writeFile(join(folder, 'report.xml'), iodef({ id: '2026-7', source: 'csirt-b.example' }))
    const example = (await readFile(at('controller/prosody.cfg.lua'), 'utf8'))
      .replaceAll('/etc/prosody/certs/', at('controller/'))
      .replaceAll('/var/lib/prosody/', `${dir}/`)
    const password = (await readFile(at('gateway.password'), 'utf8')).trim()
    broker = stack.use(await startProsody({ users: { gateway: password, soc: 'soc-secret' }, example }))
    const yaml = (await readFile(at('gateway.yaml'), 'utf8'))
      .replace(/service: .*/, `service: ${broker.service}`)
      .replace(/^rid:\n/m, `ops: { port: ${ports.ops} }\nrid:\n  host: 127.0.0.1\n  port: ${ports.rid}\n`)
    await writeFile(at('gateway.yaml'), yaml)
    const hook = join(dir, 'here.mjs')
    await writeFile(hook, HERE)
    env.NODE_OPTIONS = `--import=${hook}`
    // two dozen commands are begun here: a third less work for each
    env.NODE_COMPILE_CACHE = join(dir, 'cache')
    gateway = stack.use(
      startChild(LAUNCHER, ['start', '--config', at('gateway.yaml')], { log: join(dir, 'gateway.log'), env }),
    )
    await until(gateway, 'is not ready', () => ready(ports.ops))
  })
  after(() => stack.disposeAsync())

  function at(...path: string[]): string {
    return join(dir, 'mygateway', ...path)
  }

  /** Types the next block of commands; gives what it printed. */
  async function type(): Promise<string> {
    const { body, mark = '' } = commands[next] ?? { body: 'exit 99' }
    next += 1
    const typed = body
      .replaceAll('gateway.example:4590', `gateway.example:${ports.rid}`)
      .replaceAll('127.0.0.1:9590', `127.0.0.1:${ports.ops}`)
      .replace('--seen ', `--server ${broker.service.replace('xmpp://', '')} --seen `)
    const cwd = mark.startsWith('partner') ? join(dir, 'partner') : at()
    const [code, said] = await run(typed, cwd)
    const expected = /\d(?: or \d)?$/.exec(mark)?.[0].split(' or ').map(Number) ?? [0]
    assert.ok(typeof code === 'number' && expected.includes(code), `${code}: ${body}${said}`)
    return said
  }

  /** Runs lines of a shell; gives exit code and what was printed. */
  function run(lines: string, cwd: string): Promise<readonly [unknown, string]> {
    // Debian's Python has slixmpp, another that stands first in PATH may not
    const path = [join(ROOT, 'bin'), '/usr/bin', process.env.PATH].join(delimiter)
    return new Promise((resolve) => {
      const options = { cwd, env: { ...process.env, ...env, PATH: path }, timeout: 120_000 }
      execFile('bash', ['-ec', lines], options, (error, stdout, stderr) =>
        resolve([error === null ? 0 : (error.code ?? error.message), stdout + stderr]),
      )
    })
  }

  /** What a person does with an editor: the block of this mark, behind the line. */
  async function write(mark: string, behind: RegExp, change = (text: string) => text): Promise<void> {
    const added = all.find((block) => block.mark === mark)?.body
    assert.ok(added !== undefined, mark)
    const yaml = await readFile(at('gateway.yaml'), 'utf8')
    assert.match(yaml, behind)
    await writeFile(
      at('gateway.yaml'),
      yaml.replace(behind, (line) => `${line}${change(added)}`),
    )
  }

  test('certifies the partner, whom nobody knows yet, and shows the entry that lets it in', async () => {
    await type()
    await copyFile(join(dir, 'partner/csirt-b.csr'), at('csirt-b.csr'))
    await type()
    for (const file of ['csirt-b.pem', 'ca.pem']) await copyFile(at('peers/csirt-b', file), join(dir, 'partner', file))
    assert.match(await readFile(at('peers/csirt-b/sheet.txt'), 'utf8'), /csirt-b\.pem/)
    assert.match(await type(), /403/)
    assert.match(await type(), /name: "csirt-b\.example"\n {4}identity: \{ dns: "csirt-b\.example" \}/)
  })

  test('is denied as long as it is under test, and both sides see that all is well', async () => {
    await write('entry', /^peers:\n/m)
    await type()
    assert.match(await type(), /test/)
    assert.match(await type(), /denied .* code test/)
    assert.match(await type(), /Topic incident gets csirt-b\.example 2026-7/)
  })

  test('is approved once it is live', async () => {
    await type()
    assert.match(await type(), /Approved/)
  })

  test('is probed before anything is sent to it', async () => {
    const files = { cert: join(dir, 'partner/csirt-b.pem'), key: join(dir, 'partner/csirt-b.key') }
    const peer = stack.use(await startRidPeer({ ...files, ca: at('tls/peers-ca.pem') }))
    const url = (text: string) => text.replace('https://csirt-b.example/', `https://csirt-b.example:${peer.port}/`)
    await write('more', /^ {4}identity: \{ dns: csirt-b\.example \}\n/m, url)
    assert.match(await type(), /TLS/)
    await type()
  })

  test('is read by a subscriber in Python, what was kept first and nothing twice', async () => {
    assert.match(await type(), /soc@grid\.example/)
    const [line = '', ...more] = (await type()).split('\n').filter((one) => one.startsWith('{'))
    assert.deepEqual(more, [])
    const item = JSON.parse(line) as { id: string; number: string; xml: string }
    assert.equal(item.number, '2026-7')
    assert.match(item.xml, /urn:xmpp:incident:2/)
    assert.equal((await readFile(at('seen.txt'), 'utf8')).trim(), item.id)
    // once more: what is new comes, what was seen does not
    const listener = run(subscriber(), at())
    await writeFile(join(dir, 'partner/report.xml'), iodef({ id: '2026-8', source: 'csirt-b.example' }))
    const typed = next
    next = commands.findLastIndex(({ mark }) => mark === 'partner')
    await type()
    next = typed
    const [code, said] = await listener
    assert.equal(code, 0, said)
    const found = said.split('\n').filter((one) => one.startsWith('{'))
    assert.deepEqual(
      found.map((one) => (JSON.parse(one) as { number: string }).number),
      ['2026-8'],
    )
  })

  test('turns somebody away who is no member, and says why', async () => {
    await broker.register('stranger', 'x')
    const [code, said] = await run(subscriber().replace('soc@', 'stranger@').replace('soc-secret', 'x'), at())
    assert.equal(code, 1, said)
    assert.match(said, /incident: (forbidden|not-allowed|closed-node|not-authorized)/)
  })

  /** The subscriber's command, with where the server is. */
  function subscriber(): string {
    const body = commands.find(({ mark }) => mark === 'subscriber')?.body ?? ''
    return body.replace('--seen ', `--server ${broker.service.replace('xmpp://', '')} --seen `)
  }

  test('has an operator who finds all well, and every block of it was typed', async () => {
    await eventually('the report to be published', async () => {
      const { stdout } = await exec(LAUNCHER, ['trace', '2026-8', '--config', at('gateway.yaml')])
      return /published/.test(stdout)
    })
    const said = await type()
    assert.match(said, /"ready":true/)
    assert.equal(next, commands.length)
  })
})
