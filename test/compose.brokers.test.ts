import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { COMPOSE, lintCompose, readCompose } from '../scripts/docker/compose.ts'
import { ROOT } from '../scripts/docker/parse.ts'
import { iodefGateway } from './cli/capture.ts'

const text = readFileSync(COMPOSE, 'utf8')

describe('the compose file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'compose-'))
  after(() => rmSync(dir, { recursive: true, force: true }))
  /** the folder that its first lines make */
  const exists = (path: string) =>
    existsSync(path.startsWith(join(ROOT, 'mygateway')) ? join(dir, path.slice(ROOT.length)) : path)
  const commands = [...text.matchAll(/^# {3}(\S.*)$/gm)].map(([, command = '']) => command)

  before(async () => {
    const init = commands.find((command) => command.startsWith('bin/iodef-gateway init')) ?? ''
    const words = init.split(' ').slice(1)
    const made = await iodefGateway(words.map((word) => (word === 'mygateway' ? join(dir, word) : word)))
    assert.equal(made.code, 0, made.err)
  })

  test('has nothing to complain of, with the folder that init makes', () => {
    assert.deepEqual(lintCompose(readCompose(), exists), [])
  })

  test('has the store where the volume is', () => {
    const change = commands.find((command) => command.startsWith('sed -i')) ?? ''
    execFileSync('sh', ['-c', change], { cwd: dir })
    const yaml = readFileSync(join(dir, 'mygateway/gateway.yaml'), 'utf8')
    const [, path = ''] = /^store: \{ path: (.*)\/gateway\.db \}$/m.exec(yaml) ?? []
    assert.ok(readCompose().services.gateway?.volumes?.includes(`gateway:${path}`), path)
    // what the configuration names lies beside it in the container
    for (const [, file = ''] of yaml.matchAll(/(?:cert|key|ca|file): ([\w./-]+)/g)) {
      const folder = file.split('/')[0] ?? ''
      assert.match(text, new RegExp(`mygateway/${folder}:/etc/iodef-gateway/${folder}:ro`), file)
    }
  })

  test('answers to the name that the configuration logs in to', () => {
    const yaml = readFileSync(join(dir, 'mygateway/gateway.yaml'), 'utf8')
    const [, host = ''] = /service: xmpp:\/\/([^:]+):/.exec(yaml) ?? []
    assert.ok(text.includes(`aliases: [${host}]`), host)
  })

  for (const [what, from, to, complaint] of [
    ['root', /^ +USER .*\n/m, '', /controller: runs as root/],
    ['another Debian', 'debian:bookworm-slim', 'debian:latest', /the tests run Debian 12/],
    ['a shell that swallows signals', 'CMD ["prosody", "-F"]', 'CMD prosody -F', /shell form/],
    ['a secret', 'build: ..', 'build: ..\n    environment: { GATEWAY_PASSWORD: x }', /gateway: a secret/],
    ['all rights', /cap_drop: .*/, 'privileged: true', /is privileged/],
    ['a file that init does not make', 'mygateway/tls:', 'mygateway/certs:', /there is no \.\.\/mygateway\/certs/],
    ['a configuration that it may write', 'gateway.yaml:ro', 'gateway.yaml', /can be written to/],
    ['a volume that is not there', /^ {2}controller:\n {2}gateway:\n$/m, '  gateway:\n', /no volume controller/],
    ['a service that is not there', 'depends_on: [controller]', 'depends_on: [broker]', /no service broker/],
    ['a network that is not there', 'networks: [grid]', 'networks: [net]', /no network net/],
    ['an image of any version', 'build: ..', 'image: iodef-gateway', /no image of a fixed version/],
    ['no way back', /restart: .*/, '', /does not come back/],
  ] as const) {
    test(`would be refused with ${what}`, () => {
      const changed = text.replace(from, to)
      assert.notEqual(changed, text)
      assert.match(lintCompose(readCompose(changed), exists).join('\n'), complaint)
    })
  }
})
