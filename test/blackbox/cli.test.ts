import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Outcome, run, start } from '../support/command.ts'
import { within } from '../support/eventually.ts'
import { createSite, type Site } from '../support/site.ts'
import { DECLARATION, documentOf, fixture, incident, report } from './documents.ts'

// Sections 2 and 3 where no Broker is needed: exit codes, validate, check, and what stupid input is told.

let site: Site
let config: string

before(async () => {
  site = await createSite({ open: false })
  config = await site.config()
})

after(async () => site?.[Symbol.asyncDispose]())

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(site.dir, name)
  await writeFile(path, content)
  return path
}

/** How a value of the configuration names an environment variable. */
const env = (name: string) => `\${${name}}`

/** Several commands, three at a time: most of what one needs is its start. */
async function atOnce(lines: readonly (readonly string[])[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let n = 0; n < lines.length; n += 3)
    outcomes.push(...(await Promise.all(lines.slice(n, n + 3).map((args) => run(args)))))
  return outcomes
}

/** No stack, no source file, no bare code: words. */
function kind({ stderr, stdout }: Outcome): void {
  assert.doesNotMatch(
    stderr + stdout,
    /\n\s+at .*[:(]\d+|node:internal|\.ts:\d|Something unexpected|\[object|undefined\b|call stack/,
  )
}

describe('exit codes', () => {
  test('2 for bad usage, said on standard error with the usage; nothing on standard output', async () => {
    const xml = await file('ok.xml', documentOf(incident({ id: 'x' })))
    const lines = [
      [],
      ['nonsense'],
      ['--nonsense'],
      ['start'],
      ['start', '--config'],
      ['check', '--config', config, '--frobnicate'],
      ['validate'],
      ['send'],
      ['send', xml],
      ['send', xml, '--to', 'http://localhost/', '--cert', 'c', '--key', 'k', '--ca', 'c'],
      ['send', xml, '--to', 'https://localhost/', '--cert', 'none.pem', '--key', 'k', '--ca', 'c'],
      ['tail', '--config', config, 'incident', '--count', 'many'],
      ['tail', '--config', config, 'incident', '--count', '-1'],
      ['queue'],
      ['queue', 'frob', '--config', config],
      ['queue', 'show', '--config', config],
      ['trace'],
      ['trace', '--config', config],
    ]
    const outcomes = await atOnce(lines)
    for (const [n, outcome] of outcomes.entries()) {
      const args = lines[n] ?? []
      assert.equal(outcome.code, 2, `${args.join(' ')}: ${outcome.code} ${outcome.stderr}`)
      assert.notEqual(outcome.stderr, '', args.join(' '))
      assert.equal(outcome.stdout, '', args.join(' '))
      kind(outcome)
    }
  })

  test('2 for a bad configuration, by every command that takes one', async () => {
    const bad = await file('bad.yaml', 'rid: 5\ncolour: red\n')
    const commands = [['start'], ['check'], ['topics'], ['tail', 'incident'], ['queue', 'list'], ['trace', 'x']]
    for (const outcome of await atOnce(commands.map((args) => [...args, '--config', bad]))) {
      assert.equal(outcome.code, 2, outcome.stderr)
      assert.match(outcome.stderr + outcome.stdout, /colour/)
      assert.match(outcome.stderr + outcome.stdout, /\brid\b/)
      kind(outcome)
    }
  })

  test('3 when the Controller, the RID system or the store cannot be reached', async () => {
    const { cert, key } = await site.certificate('csirt-a')
    const xml = await file('ok.xml', documentOf(incident({ id: 'x' })))
    const tls = ['--cert', cert, '--key', key, '--ca', site.ca.cert]
    for (const args of [
      ['topics', '--config', config],
      ['tail', 'incident', '--config', config],
      ['send', xml, '--to', 'https://localhost:1/', ...tls],
      ['send', xml, '--to', 'https://nowhere.invalid/', ...tls],
      ['queue', 'list', '--config', await site.config({ store: { path: 'none/none.db' } }, 'nostore.yaml')],
    ]) {
      const outcome = await run(args)
      assert.equal(outcome.code, 3, `${args.join(' ')}: ${outcome.code} ${outcome.stderr}`)
      assert.notEqual(outcome.stderr, '')
      kind(outcome)
    }
  })

  test('tail says once why it could not connect', async () => {
    const { stderr } = await run(['tail', 'incident', '--config', config])
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  })

  test('--help and --version are 0', async () => {
    const commands = ['start', 'check', 'validate', 'send', 'topics', 'tail', 'queue', 'trace'].map((name) => [
      name,
      '--help',
    ])
    for (const { code, stdout, stderr } of await atOnce([['--help'], ['--version'], ...commands])) {
      assert.deepEqual([code, stderr], [0, ''])
      assert.notEqual(stdout, '')
    }
  })
})

describe('validate', () => {
  test('--json: [{"file","valid","format","errors":[{"line","column","message"}],"warnings":[...]}], format by the root', async () => {
    const good = await file('good.xml', DECLARATION + documentOf(incident({ id: 'a' })))
    const rid = await file('rid.xml', report({ id: 'b' }))
    const v1 = await file('v1.xml', await fixture('valid/v1-minimal.xml'))
    const bad = await file(
      'bad.xml',
      `${DECLARATION}${documentOf(incident({ id: 'a', contact: '', more: '\n<Nonsense/>' }))}`,
    )
    const files = [good, rid, v1, bad]
    const outcome = await run(['validate', '--json', ...files])
    assert.equal(outcome.code, 1)
    const list = JSON.parse(outcome.stdout) as Record<string, unknown>[]
    for (const entry of list)
      assert.deepEqual(Object.keys(entry).sort(), ['errors', 'file', 'format', 'valid', 'warnings'])
    assert.deepEqual(
      list.map(({ file: name, valid, format }) => [name, valid, format]),
      [
        [good, true, 'IODEF 2'],
        [rid, true, 'RID'],
        [v1, true, 'IODEF 1'],
        [bad, false, 'IODEF 2'],
      ],
    )
    const [error] = (list[3]?.errors ?? []) as { line: number; column: number; message: string }[]
    assert.deepEqual(Object.keys(error ?? {}).sort(), ['column', 'line', 'message'])
    assert.equal(error?.line, 3)
    assert.equal((await run(['validate', '--json', good, rid, v1])).code, 0)
  })

  test('--strict turns what only the text of RFC 7970 demands from warnings into errors', async () => {
    const path = await file('rules.xml', await fixture('valid/text-rules-broken.xml'))
    type Entry = { valid: boolean; errors: unknown[]; warnings: { line: number; column: number; message: string }[] }
    const lax = await run(['validate', '--json', path])
    const strict = await run(['validate', '--json', '--strict', path])
    assert.deepEqual([lax.code, strict.code], [0, 1])
    const [before] = JSON.parse(lax.stdout) as Entry[]
    const [after] = JSON.parse(strict.stdout) as Entry[]
    assert.ok(before && after && before.valid && !after.valid)
    assert.ok(before.warnings.length > 5 && after.errors.length > 5)
    assert.equal(typeof before.warnings[0]?.line, 'number')
  })

  test('stupid files: each has its verdict, the others still get theirs, exit code 1', async () => {
    await mkdir(join(site.dir, 'folder'), { recursive: true })
    const files = [
      await file('empty.xml', ''),
      await file('blank.xml', ' \n\n'),
      await file('binary.xml', Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 167) & 255))),
      await file('nul.xml', '\0\0\0'),
      join(site.dir, 'folder'),
      join(site.dir, 'missing.xml'),
      await file('-rf žluťoučký 日本\n.xml', documentOf(incident({ id: 'u' }))),
      await file('deep.xml', '<a>'.repeat(100_000)),
    ]
    const outcome = await run(['validate', '--json', ...files])
    assert.equal(outcome.code, 1)
    kind(outcome)
    const list = JSON.parse(outcome.stdout) as { file: string; valid: boolean; errors: { message: string }[] }[]
    assert.deepEqual(
      list.map((entry) => entry.file),
      files,
    )
    assert.deepEqual(
      list.filter(({ valid }) => valid).map((entry) => entry.file),
      [files[6]],
    )
    for (const { valid, errors } of list)
      assert.ok(valid || (errors[0]?.message ?? '').length > 10, JSON.stringify(errors))
    const words = await run(['validate', ...files])
    assert.equal(words.code, 1)
    kind(words)
  })

  test('an empty document is said to be empty', async () => {
    const { stdout } = await run(['validate', await file('empty.xml', '')])
    assert.match(stdout, /nothing in it/)
  })
})

describe('check', () => {
  test('a good configuration is 0; it says which Topics and peers would refuse reports without a restriction', async () => {
    const path = await site.config(
      {
        peers: [
          {
            name: 'narrow',
            identity: { dns: 'a.example' },
            publish: ['incident'],
            url: 'https://a.example:4590/',
            topics: ['incident', 'wide'],
          },
          {
            name: 'wide-peer',
            identity: { dns: 'b.example' },
            url: 'https://b.example:4590/',
            topics: ['wide'],
            restrictions: ['public', 'red'],
          },
        ],
        grid: {
          ...(site.base().grid as object),
          topics: [{ name: 'incident' }, { name: 'wide', restrictions: ['private'] }],
        },
        routes: [{ match: { purpose: ['other'] }, topic: 'wide' }, { topic: 'incident' }],
      },
      'good.yaml',
    )
    const outcome = await run(['check', '--config', path])
    assert.equal(outcome.code, 0, outcome.stderr)
    const said = (outcome.stdout + outcome.stderr).split('\n').filter((line) => /restriction/.test(line))
    assert.equal(said.length, 2, said.join('\n'))
    assert.match(said.join('\n'), /grid\.topics\[0\]\.restrictions/)
    assert.match(said.join('\n'), /peers\[0\]\.restrictions/)
  })

  test('every problem at once, each with its key path: unknown keys, units, types, names, files', async () => {
    await mkdir(join(site.dir, 'folder'), { recursive: true })
    const path = await file(
      'many.yaml',
      `
rid:
  host: 5
  port: 99999999999999999999
  nmae: x
  tls: { cert: missing.pem, key: rid.key, ca: folder, crl: gateway.password }
  maxMessage: 12
peers:
  - { name: a, identity: { dns: "not a name" }, accept: Report, publish: [nowhere], url: "http://x/", restrictions: [purple], strict: maybe, policy: { region: Mars } }
  - { name: a, identity: { fingerprint: "AB:CD" } }
  - { name: c, identity: {} }
grid:
  service: http://x
  jid: gateway
  auth: { password: hunter2 }
  tls: { pin: foo }
  broker: "\${NO_SUCH_VARIABLE}"
  maxItem: many
  topics: [{ name: incident, payload: json, create: 1, access: secret, members: [x], restrictions: public }, 7]
routes:
  - { topic: nowhere, match: { peer: [zz], type: [Gossip], colour: red } }
store: ./x.db
ops: { port: -1 }
log: { level: loud }
colour: red
`,
    )
    const outcome = await run(['check', '--config', path])
    assert.equal(outcome.code, 2)
    kind(outcome)
    const said = outcome.stderr + outcome.stdout
    for (const key of [
      'rid.name',
      'rid.host',
      'rid.port',
      'rid.nmae',
      'rid.maxMessage',
      'rid.tls.cert',
      'rid.tls.ca',
      'rid.tls.crl',
      'peers[0].identity.dns',
      'peers[0].accept',
      'peers[0].publish[0]',
      'peers[0].url',
      'peers[0].restrictions[0]',
      'peers[0].strict',
      'peers[0].policy.region',
      'peers[1].name',
      'peers[1].identity.fingerprint',
      'peers[2].identity',
      'grid.service',
      'grid.jid',
      'grid.auth.password',
      'grid.tls.pin',
      'grid.broker',
      'grid.maxItem',
      'grid.topics[0].payload',
      'grid.topics[0].create',
      'grid.topics[0].access',
      'grid.topics[0].members[0]',
      'grid.topics[0].restrictions',
      'grid.topics[1]',
      'routes[0].topic',
      'routes[0].match.peer[0]',
      'routes[0].match.type[0]',
      'routes[0].match.colour',
      'store',
      'ops.port',
      'log.level',
      'colour',
    ]) {
      assert.ok(said.includes(`${key}:`), `${key} is not named:\n${said}`)
    }
    assert.doesNotMatch(said, /hunter2/, 'a secret is not repeated')
    assert.match(said, /NO_SUCH_VARIABLE/)
  })

  test('secrets never literally; from a file or the environment', async () => {
    const grid = site.base().grid as object
    const cases: [unknown, number, Record<string, string>?][] = [
      ['literal', 2],
      [{ value: 'literal' }, 2],
      [12345, 2],
      [`x${env('PW')}`, 2, { PW: 'secret' }],
      [env('PW'), 0, { PW: 'secret' }],
      [env('PW'), 2],
      [{ file: 'gateway.password' }, 0],
      [{ file: `${env('DIR')}/gateway.password` }, 0, { DIR: site.dir }],
      [{ file: 'none.password' }, 2],
    ]
    for (const [password, code, variables] of cases) {
      const path = await site.config({ grid: { ...grid, auth: { password } } }, 'secret.yaml')
      const outcome = await run(['check', '--config', path], variables ? { env: variables } : {})
      assert.equal(outcome.code, code, `${JSON.stringify(password)}: ${outcome.stderr}`)
      if (code !== 0) assert.match(outcome.stderr, /grid\.auth\.password/)
    }
  })

  test('$NAME in braces is read in every value, numbers and lists too; relative paths are relative to the file, not to here', async () => {
    const base = site.base() as { rid: object; grid: object }
    const path = await site.config(
      {
        rid: { ...base.rid, port: env('PORT'), maxMessage: env('SIZE'), name: `gateway.${env('ZONE')}` },
        ops: { host: '127.0.0.1', port: env('OPS') },
        routes: [{ match: { type: [env('TYPE')] }, topic: env('TOPIC') }],
      },
      'env.yaml',
    )
    const variables = { PORT: '4591', SIZE: '2MiB', ZONE: 'example', OPS: '9591', TYPE: 'Report', TOPIC: 'incident' }
    const outcome = await run(['check', '--config', path], { env: variables, cwd: '/' })
    assert.equal(outcome.code, 0, outcome.stderr)
    assert.equal(
      (await run(['check', '--config', path], { env: { ...variables, SIZE: 'lots', TYPE: 'Gossip' } })).code,
      2,
    )
  })

  test('a configuration that is none: empty, binary, a folder, a list, a loop, a bomb, two documents, tabs', async () => {
    await mkdir(join(site.dir, 'folder'), { recursive: true })
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x]',
      ...'bcdefgh'
        .split('')
        .map(
          (letter, n) => `${letter}: &${letter} [${Array.from({ length: 8 }, () => `*${'abcdefgh'[n]}`).join(', ')}]`,
        ),
    ]
    const paths = [
      await file('c-empty.yaml', ''),
      await file('c-binary.yaml', Buffer.from([0xff, 0xfe, 0, 1, 2, 3])),
      join(site.dir, 'folder'),
      join(site.dir, 'missing.yaml'),
      await file('c-list.yaml', '- 1\n- 2\n'),
      await file('c-text.yaml', 'hello'),
      await file('c-loop.yaml', 'rid: &r { tls: *r }\n'),
      await file('c-loop2.yaml', 'rid: &r [*r]\n'),
      await file('c-bomb.yaml', bomb.join('\n')),
      await file('c-two.yaml', 'rid: 1\n---\nrid: 2\n'),
      await file('c-tab.yaml', 'rid:\n\tport: 5\n'),
      await file('c-twice.yaml', 'rid: 1\nrid: 2\n'),
      await file('c-proto.yaml', '__proto__: { a: 1 }\nconstructor: 5\n'),
      await file('c-deep.yaml', '['.repeat(5000)),
    ]
    for (const [n, outcome] of (await atOnce(paths.map((path) => ['check', '--config', path]))).entries()) {
      assert.equal(outcome.code, 2, `${paths[n]}: ${outcome.code} ${outcome.stderr}`)
      assert.ok(outcome.stderr.split('\n').length < 20, outcome.stderr.slice(0, 2000))
      assert.notEqual(outcome.stderr, '')
      kind(outcome)
    }
  })

  test('a store that is a folder, below a file, or no database', async () => {
    await mkdir(join(site.dir, 'folder'), { recursive: true })
    await file('garbage.db', 'this is no database '.repeat(500))
    for (const path of ['folder', 'rid.pem/x.db', 'garbage.db']) {
      const at = await site.config({ store: { path } }, 'store.yaml')
      const outcome = await run(['check', '--config', at])
      assert.equal(outcome.code, 2, path)
      assert.match(outcome.stderr, /store\.path/)
      kind(outcome)
      const queue = await run(['queue', 'list', '--config', at])
      assert.equal(queue.code, 3)
      kind(queue)
    }
    const { stderr } = await run([
      'queue',
      'list',
      '--config',
      await site.config({ store: { path: 'garbage.db' } }, 'store.yaml'),
    ])
    assert.match(stderr, /garbage\.db/)
  })
})

describe('start that cannot', () => {
  test('a port in use is exit code 3 and names the address', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    try {
      for (const section of [{ rid: { ...(site.base().rid as object), port } }, { ops: { host: '127.0.0.1', port } }]) {
        await using gateway = start(await site.config(section, 'port.yaml'))
        assert.deepEqual(await within(60_000, 'its end', gateway.ended), { code: 3, signal: null })
        assert.match(gateway.said, new RegExp(`\\b${port}\\b`))
        kind({ code: 3, stderr: gateway.said, stdout: '' })
        gateway.log()
      }
    } finally {
      taken.close()
    }
  })

  test('a second gateway on the same store is exit code 3', async () => {
    const path = await site.config({ rid: { ...(site.base().rid as object), port: 0 }, ops: { port: 0 } }, 'zero.yaml')
    await using first = start(path)
    await first.serving
    await using second = start(path)
    assert.equal((await within(60_000, 'its end', second.ended)).code, 3)
    assert.match(second.said, /Another gateway/)
  })

  test('the full set of keys of section 3, as printed there, is a good configuration', async () => {
    await writeFile(
      join(site.dir, 'gw.pem'),
      await import('node:fs/promises').then(({ readFile }) => readFile(join(site.dir, 'rid.pem'))),
    )
    await writeFile(
      join(site.dir, 'gw.key'),
      await import('node:fs/promises').then(({ readFile }) => readFile(join(site.dir, 'rid.key'))),
    )
    const crl = await site.ca.crl([])
    const pin = site.server.pin
    const path = await file(
      'printed.yaml',
      `
rid:
  host: 0.0.0.0            # ["::"]
  port: 4590               # [4590]
  name: gateway.example    # this RID system's DNS name, used in RIDPolicy/Node of what it sends
  tls: { cert: rid.pem, key: rid.key, ca: peers-ca.pem, crl: ${crl} }   # crl optional
  maxMessage: 1MiB         # [1MiB]
peers:
  - name: csirt-a                                   # unique; what logs, metrics and queue show
    identity: { dns: csirt-a.example }              # DNS-ID in the peer's certificate; and/or:
    accept: [Report]                                # MsgTypes it may send [Report]
    publish: [incident]                             # Topics its messages may reach [none]
    url: https://csirt-a.example:4590/              # where the gateway sends to; without it nothing is sent
    topics: [incident]                              # Topics forwarded to it [none]
    restrictions: [public, partner]                 # what may be sent to it (section 5) [public, partner]
    policy: { region: PeerToPeer, traffic: Attack } # RIDPolicy defaults of what it is sent
    strict: false                                   # also refuse what breaks RFC 7970's rules no schema states
  - name: csirt-f
    identity: { fingerprint: "${site.server.fingerprint256}" }
grid:
  service: xmpp://controller.example:5222           # xmpp:// = STARTTLS (required), xmpps:// = direct TLS
  jid: gateway@grid.example
  auth: { password: { file: gateway.password } }    # or { external: true }
  tls: { ca: grid-ca.pem, cert: gw.pem, key: gw.key, pin: "${pin}" }    # all optional; pin = SPKI of the Controller
  broker: pubsub.grid.example
  maxItem: 250KB                                    # largest item the Broker takes [250KB]
  topics:
    - name: incident                                # XEP-0060 node
      title: IODEF incident reports
      payload: xep-0268                             # xep-0268 | iodef   [xep-0268]
      create: true                                  # create when absent [false]
      access: whitelist                             # XEP-0060 access model when created [whitelist]
      members: [subscriber@grid.example]            # affiliations when created
      restrictions: [public, partner]               # what may be published to it (section 5) [public, partner]
routes:                                             # first match wins; none = refused
  - match: { peer: [csirt-a], purpose: [reporting], type: [Report] }   # every given key must match
    topic: incident
store: { path: ./data/gateway.db }
ops: { host: 127.0.0.1, port: 9590 }                # [127.0.0.1, 9590]
log: { level: info }
`,
    )
    const outcome = await run(['check', '--config', path])
    assert.equal(outcome.code, 0, outcome.stderr)
    for (const auth of [{ external: true }, { password: { file: 'gateway.password' }, allowPlain: true }]) {
      const grid = {
        ...(site.base().grid as object),
        service: 'xmpps://controller.example:5223',
        auth,
        tls: { ca: 'grid-ca.pem', cert: 'gw.pem', key: 'gw.key' },
      }
      const other = await run(['check', '--config', await site.config({ grid }, 'auth.yaml')])
      assert.equal(other.code, 0, other.stderr)
    }
  })
})
