import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Gateway } from '../../src/gateway.ts'
import { boot } from '../support/boot.ts'
import { LAUNCHER } from '../support/command.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { eventually, within } from '../support/eventually.ts'
import type { Site } from '../support/site.ts'
import { iodefGateway } from './capture.ts'

const FIXTURE = fileURLToPath(new URL('../../fixtures/demo-incident.xml', import.meta.url))

describe('topics and tail, beside a gateway with the same account', () => {
  let world: World
  let site: Site
  let gateway: Gateway
  let config: string[] = []

  before(async () => {
    world = await createWorld('prosody')
    site = await world.site({
      peers: [{ name: 'csirt-a', publish: ['incident'] }],
      topics: [{ name: 'incident', title: 'Reports', create: true, members: members(world.broker.domain) }],
    })
    gateway = await boot(site)
    await site.ready()
    config = ['--config', site.configFile]
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  function tail(...args: string[]): {
    child: ChildProcess
    out: () => string
    waiting: Promise<unknown>
    ended: Promise<unknown[]>
  } {
    const child = spawn(LAUNCHER, ['tail', 'incident', ...args, ...config])
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(60_000) })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    const waiting = new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        err += chunk
        if (err.includes('waiting for items of incident')) resolve()
      })
      child.once('exit', (code) => reject(new Error(`tail ended with ${code}: ${err}`)))
    })
    const soon = within(60_000, () => `tail to wait for items; it said ${err}`, waiting)
    soon.catch(() => undefined)
    return { child, out: () => out, waiting: soon, ended }
  }

  /** Sends the example under another number. */
  async function report(id: string): Promise<void> {
    const { cert, key } = await site.certificate('csirt-a')
    const file = join(site.dir, `${id}.xml`)
    await writeFile(file, (await readFile(FIXTURE, 'utf8')).replace('2026-1187', id))
    const url = `https://localhost:${site.ridPort}/`
    const { code, err } = await iodefGateway([
      'send',
      file,
      '--to',
      url,
      '--cert',
      cert,
      '--key',
      key,
      '--ca',
      site.ca.cert,
    ])
    assert.equal(code, 0, err)
  }

  test('discovers the Topics', async () => {
    const { code, out } = await iodefGateway(['topics', ...config])
    assert.equal(code, 0)
    assert.match(out, /^incident +Reports +whitelist .*yes$/m)
    const [topic] = JSON.parse((await iodefGateway(['topics', ...config, '--json'])).out)
    assert.deepEqual([topic.node, topic.configured], ['incident', true])
  })

  test('prints items as they arrive, and ends after as many as asked for', async () => {
    await report('before')
    await site.drained()
    const { out, waiting, ended } = tail('--count', '2')
    await waiting
    await report('one')
    await report('two')
    await report('three')
    const [code] = await ended
    assert.equal(code, 0)
    const documents = out().trimEnd().split('\n')
    assert.equal(documents.length, 2)
    assert.match(documents[0] ?? '', /^<report xmlns=.urn:xmpp:incident:2.>.*>one<\/IncidentID>.*<\/report>$/)
    assert.match(documents[1] ?? '', />two<\/IncidentID>/)
    await site.drained()
    assert.equal((await fetch(`http://127.0.0.1:${site.opsPort}/ready`)).status, 200, 'the gateway stays connected')
  })

  test('ends at SIGINT', async () => {
    const { child, waiting, ended } = tail()
    await waiting
    child.kill('SIGINT')
    assert.deepEqual(await ended, [0, null])
  })

  test('says which Topic is not there', async () => {
    const { code, err } = await iodefGateway(['tail', 'incidents', ...config])
    assert.equal(code, 3)
    assert.match(
      err,
      /topic:incidents: It does not exist\. The configuration names no such Topic \(did you mean "incident"\?\)\.\n$/,
    )
  })

  test('fails when what it prints cannot be written', async () => {
    const full = await open('/dev/full', 'w')
    const child = spawn(LAUNCHER, ['tail', 'incident', '--count', '1', ...config], {
      stdio: ['ignore', full.fd, 'pipe'],
    })
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(60_000) })
    let err = ''
    child.stderr?.on('data', (chunk) => {
      err += chunk
    })
    await eventually('it to wait for items', () => err.includes('waiting for items') || child.exitCode !== null)
    await report('for nobody')
    assert.deepEqual(await ended, [3, null])
    await full.close()
    assert.match(err, /ENOSPC/)
  })

  test('exits with 3 when the Controller refuses the login or is not there', async () => {
    const text = await readFile(site.configFile, 'utf8')
    const other = join(site.dir, 'other.yaml')
    await writeFile(join(site.dir, 'wrong'), 'not the password\n')
    await writeFile(other, text.replace('"file": "gateway.password"', '"file": "wrong"'))
    const refused = await iodefGateway(['topics', '--config', other])
    assert.equal(refused.code, 3)
    assert.match(refused.err, /The Controller refused the login/)
    await writeFile(other, text.replace(/"service": "[^"]*"/, '"service": "xmpp://127.0.0.1:1"'))
    const away = await iodefGateway(['tail', 'incident', '--config', other])
    assert.equal(away.code, 3)
    assert.match(away.err, /The Controller cannot be reached\. Nothing listens there/)
  })
})
