import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Child, startChild } from '../../scripts/demo/child.ts'
import { portsOf, ready, until } from '../../scripts/demo/wait.ts'
import { type Broker, exec } from '../support/brokers.ts'
import { LAUNCHER } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { iodef } from '../support/reports.ts'
import { START } from '../support/start-broker.ts'
import { iodefGateway } from './capture.ts'

const EXAMPLE = { prosody: 'prosody.cfg.lua', ejabberd: 'ejabberd.yml' } as const

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`a folder that init made, with ${kind} as its snippet has it and the limits that Debian ships`, () => {
    const stack = new AsyncDisposableStack()
    let dir = ''
    let broker: Broker
    let gateway: Child
    let ports: { readonly rid: number; readonly ops: number }
    const at = (...path: string[]) => join(dir, 'site', ...path)
    const config = () => ['--config', at('gateway.yaml')]

    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'init-'))
      stack.defer(() => rm(dir, { recursive: true, force: true }))
    })
    after(() => stack.disposeAsync())

    test('has nothing that check warns of, and no secret that others can read', async () => {
      const made = await iodefGateway(['init', at(), '--name', 'gateway.example', '--broker', kind])
      assert.equal(made.code, 0, made.err)
      const { code, out, err } = await iodefGateway(['check', ...config()])
      assert.equal(code, 0, err)
      assert.match(out, /: good \(/)
      assert.equal((await stat(at())).mode & 0o777, 0o700)
      for (const secret of ['gateway.password', 'tls/rid.key', 'ca/peers-ca.key', 'peers/csirt-a/csirt-a.key']) {
        assert.equal((await stat(at(secret))).mode & 0o777, 0o600, secret)
      }
      const again = await iodefGateway(['init', at(), '--name', 'gateway.example', '--broker', kind])
      assert.equal(again.code, 2)
      assert.match(again.err, /is there already, and not empty/)
    })

    test('runs at that Broker', async () => {
      const example = (await readFile(at('controller', EXAMPLE[kind]), 'utf8'))
        .replaceAll('/etc/prosody/certs/', at('controller/'))
        .replaceAll('/var/lib/prosody/', `${dir}/`)
      const users = { gateway: (await readFile(at('gateway.password'), 'utf8')).trim() }
      const bundle = kind === 'ejabberd' ? { bundle: at('controller', 'grid.example.pem') } : {}
      broker = stack.use(await START[kind]({ users, example, ...bundle }))
      // ports that are free on this machine
      const text = (await readFile(at('gateway.yaml'), 'utf8'))
        .replace(/service: .*/, `service: ${broker.service}`)
        .replace(/^rid:\n/, 'ops: { port: 0 }\nrid:\n  host: 127.0.0.1\n  port: 0\n')
        .replace(/^ops.*\n/, '')
      await writeFile(at('gateway.yaml'), `${text}ops: { port: 0 }\n`)
      const online = await iodefGateway(['check', ...config(), '--online'])
      assert.equal(online.code, 0, online.err)
      assert.match(online.out, /: good \(/)
      gateway = stack.use(startChild(LAUNCHER, ['start', ...config()], { log: join(dir, 'gateway.log') }))
      ports = await until(gateway, 'does not listen', portsOf(gateway))
      await until(gateway, 'is not ready', () => ready(ports.ops))
    })

    /** Types a line of the peer's sheet where the sheet lies; gateway.example is this machine. */
    async function type(line: string): Promise<string> {
      const local = line.replace('https://', `-s --resolve gateway.example:${ports.rid}:127.0.0.1 https://`)
      const command = `cd ${at('peers/csirt-a')} && ${local.replace(':4590/', `:${ports.rid}/`)}`
      return (await exec('sh', ['-c', command])).stdout
    }

    async function sheet(): Promise<readonly [hello: string, send: string]> {
      const [hello = '', send = ''] =
        (await readFile(at('peers/csirt-a/sheet.txt'), 'utf8')).match(/^ {2}curl .*$/gm) ?? []
      return [hello, send]
    }

    test('answers what the sheet for the peer asks', async () => {
      const [hello, send] = await sheet()
      await writeFile(at('peers/csirt-a/report.xml'), iodef({ id: 'first' }))
      assert.equal(await type(hello), '204\n')
      assert.match(await type(send), /AuthorizationStatus="Approved"/)
    })

    test('publishes twenty reports of 40 KB in under ten seconds, as fast as they come', async (t) => {
      const [, send] = await sheet()
      for (let i = 0; i < 20; i += 1) {
        await writeFile(at('peers/csirt-a/report.xml'), iodef({ id: `big-${i}`, description: 'x'.repeat(40_000) }))
        assert.match(await type(send), /AuthorizationStatus="Approved"/)
      }
      const posted = performance.now()
      await eventually('all to be published', async () => {
        const { out } = await iodefGateway(['queue', 'list', ...config(), '--json', '--state', 'pending,sending,held'])
        return JSON.parse(out).length === 0
      })
      const seconds = (performance.now() - posted) / 1_000
      t.diagnostic(`${seconds.toFixed(1)} s behind the last`)
      // curl is begun twenty times; 800 KB at Debian's 10 or 3 kB/s: 80 s, or 270
      assert.ok(seconds < 10, `${seconds} s`)
    })
  })
}

describe('init', () => {
  test('makes requests for a CA of somebody else, and says what is missing then', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'init-'))
    const made = await iodefGateway(['init', dir, '--name', 'gw.csirt.example', '--broker', 'prosody', '--requests'])
    assert.equal(made.code, 0, made.err)
    const request = (await exec('openssl', ['req', '-in', join(dir, 'tls/rid.csr'), '-noout', '-text'])).stdout
    assert.match(request, /DNS:gw\.csirt\.example/)
    assert.match(await readFile(join(dir, 'controller/prosody.cfg.lua'), 'utf8'), /VirtualHost "grid\.csirt\.example"/)
    const { code, err } = await iodefGateway(['check', '--config', join(dir, 'gateway.yaml')])
    assert.equal(code, 2)
    assert.match(err, /rid\.tls\.cert: cannot read .*rid\.pem: no such file/)
    await rm(dir, { recursive: true })
  })

  test('says what it does not understand', async () => {
    const init = async (...args: string[]) => (await iodefGateway(['init', '/nowhere/x', ...args])).err
    assert.match(await init('--broker', 'prosody'), /--name NAME is missing/)
    assert.match(await init('--name', 'gateway', '--broker', 'prosody'), /two parts or more/)
    assert.match(await init('--name', 'a.b', '--broker', 'prosdy'), /did you mean "prosody"/)
    assert.match(await init('--name', 'a.b', '--broker', 'prosody', '--service', 'https://x'), /--service takes xmpp:/)
  })
})
