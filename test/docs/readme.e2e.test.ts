import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Child, startChild } from '../../scripts/demo/child.ts'
import { portsOf, ready, until } from '../../scripts/demo/wait.ts'
import type { Broker } from '../support/brokers.ts'
import { createPki, type Pki } from '../support/pki.ts'
import { startProsody } from '../support/prosody.ts'
import { blocks, page, ROOT } from './markdown.ts'

const exec = promisify(execFile)

/** The first block of that language below a heading of the README. */
function block(heading: string, language: string): string {
  const section = page('README.md')
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`))
  const found = blocks(section ?? '').find((one) => one.language === language)
  assert.ok(found, `## ${heading} has a block of ${language}`)
  return found.body
}

/** What somebody does who has read the README: its configuration, the files that it names, its commands. */
describe('the README, typed as it stands', () => {
  let dir = ''
  let pki: Pki
  let broker: Broker
  let gateway: Child
  let ports: { readonly rid: number; readonly ops: number }
  const stack = new AsyncDisposableStack()

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'readme-'))
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    pki = stack.use(await createPki())
    broker = stack.use(await startProsody({ pki, users: { gateway: 'one', subscriber: 'two' }, durable: false }))
    const ca = await pki.ca('rid')
    const own = await ca.issue({ cn: 'gateway.example', dns: ['gateway.example'] })
    const client = await ca.issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'] })
    for (const [from, to] of [
      [own.cert, 'rid.pem'],
      [own.key, 'rid.key'],
      [ca.cert, 'peers-ca.pem'],
      [ca.cert, 'ca.pem'],
      [broker.ca, 'grid-ca.pem'],
      [client.cert, 'csirt-a.pem'],
      [client.key, 'csirt-a.key'],
      [join(ROOT, 'fixtures/demo-incident.xml'), 'report.xml'],
    ] as const)
      await copyFile(from, join(dir, to))
    await writeFile(join(dir, 'gateway.password'), 'one\n', { mode: 0o600 })
    await symlink(join(ROOT, 'bin'), join(dir, 'bin'))
    // names and ports that this machine does not have; everything else is as it stands
    const config = block('Ten lines of configuration', 'yaml')
      .replace('xmpp://controller.example', broker.service)
      .replace('rid: { ', 'rid: { host: 127.0.0.1, port: 0, ')
    await writeFile(join(dir, 'gateway.yaml'), `${config}ops: { port: 0 }\n`)
  })
  after(() => stack.disposeAsync())

  /** Runs lines of a shell where the configuration lies; gateway.example is this machine. */
  async function type(lines: string): Promise<string> {
    const local = lines
      .replaceAll('gateway.example:4590', `gateway.example:${ports?.rid}`)
      .replaceAll('127.0.0.1:9590', `127.0.0.1:${ports?.ops}`)
    await writeFile(join(dir, '.curlrc'), `resolve = "gateway.example:${ports?.rid}:127.0.0.1"\nsilent\nshow-error\n`)
    const env = { ...process.env, CURL_HOME: dir }
    const { stdout } = await exec('sh', ['-ec', local], { cwd: dir, env, timeout: 60_000 })
    return stdout
  }

  test("is checked and starts, with a Controller of one's own CA", async () => {
    const [check = '', online = '', start = ''] = block('Ten lines of configuration', 'sh').split('\n')
    await type(check)
    assert.match(online, / --online /)
    await type(online)
    assert.match(start, / start /)
    gateway = stack.use(startChild('sh', ['-c', `cd ${dir} && exec ${start}`], { log: join(dir, 'gateway.log') }))
    ports = await until(gateway, 'does not listen', portsOf(gateway))
    await until(gateway, 'is not ready', () => ready(ports.ops))
  })

  test('takes a report, which comes out on the Topic', async () => {
    const [topics = '', tail = ''] = block('Subscribe', 'sh').split('\n')
    assert.match(await type(topics), /^incident\b/m)
    const listener = stack.use(startChild('sh', ['-c', `cd ${dir} && exec ${tail}`], { log: join(dir, 'tail.log') }))
    const printed = (pattern: RegExp) => () => listener.tail(200).find((line) => pattern.test(line))
    await until(listener, 'does not wait', printed(/waiting for items/))
    assert.match(await type(block('Point a tool at it', 'sh')), /AuthorizationStatus="Approved"/)
    await until(listener, 'printed nothing', printed(/2026-1187/))
  })

  test('says where the incident is, and that everything works', async () => {
    const said = await type(block('When it is running', 'sh'))
    assert.match(said, /2026-1187/)
    assert.match(said, /published|delivered/)
    assert.match(said, /"ready":true/)
  })
})
