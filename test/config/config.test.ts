import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { buildConfig, loadConfig, readConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { parseSource } from '../../src/config/read.ts'
import { FULL, LEAST } from './example.ts'

const folder = mkdtempSync(join(tmpdir(), 'config-'))
after(() => rmSync(folder, { recursive: true }))

function build(text: string, env: Record<string, string> = {}) {
  const { source, problems } = parseSource(text)
  return source === undefined
    ? { problems, warnings: [], notes: [], files: [], restricted: [], lineOf: () => undefined }
    : buildConfig(source, '/etc/gw', env)
}

/** `path: message` of every problem. */
function problemsOf(text: string, env: Record<string, string> = {}): string[] {
  return build(text, env).problems.map(({ path, message }) => `${path}: ${message}`)
}

function changed(from: string, to: string, text = FULL): string {
  assert.ok(text.includes(from), `the example holds ${from}`)
  return text.replace(from, () => to)
}

describe('a configuration', () => {
  test('with every key is read, with absolute paths, sizes in bytes, no warnings', () => {
    const { config, problems, warnings } = build(FULL)
    assert.deepEqual(problems, [])
    assert.deepEqual(warnings, [])
    assert.equal(config?.rid.maxMessage, 1_048_576)
    assert.deepEqual(config?.rid.addresses, ['203.0.113.5', '2001:db8::5'])
    assert.equal(config?.grid.maxItem, 250_000)
    assert.equal(config?.rid.tls.cert, '/etc/gw/rid.pem')
    assert.equal(config?.store.path, '/etc/gw/data/gateway.db')
    assert.deepEqual(config?.routes, [
      {
        match: {
          ...{ peer: ['csirt-a'], purpose: ['reporting'], type: ['Report'], region: ['PeerToPeer'] },
          ...{
            traffic: ['Attack'],
            destination: ['RIDSystem'],
            node: ['gateway.example'],
            incident: ['csirt-a.example'],
          },
        },
        topic: 'incident',
      },
      { match: { peer: ['csirt-a'], type: ['Query'] }, ask: ['archive'] },
      { match: { jid: ['soc@grid.example'], type: ['Report'] }, topic: 'incident', peers: ['csirt-a'] },
      { match: { jid: ['soc@grid.example'], type: ['InvestigationRequest'] }, ask: ['held'] },
    ])
    assert.equal(config?.exchanges.hold, 25_000)
    assert.equal(config?.archive.keep, 30 * 86_400_000)
  })

  test('with the least keys has the defaults of the documentation', () => {
    const { config, problems } = build(LEAST)
    assert.deepEqual(problems, [])
    assert.equal(config?.rid.host, '::')
    assert.equal(config?.rid.port, 4590)
    assert.equal(config?.rid.maxMessage, 1_048_576)
    assert.equal(config?.rid.tls.crl, undefined)
    assert.equal(config?.grid.service, 'xmpp://controller.example:5222')
    assert.equal(config?.grid.maxItem, 250_000)
    assert.equal(config?.grid.tls.minVersion, 'TLSv1.2')
    assert.deepEqual(config?.ops, { host: '127.0.0.1', port: 9590 })
    assert.deepEqual(config?.log, { level: 'info', levels: {} })
    assert.deepEqual(config?.delivery, { maxAge: 259_200_000, concurrency: 4, maxQueue: 100_000 })
    const { resource, participants, redirects } = config?.grid ?? {}
    assert.deepEqual([resource, participants, redirects], ['iodef-gateway', [], []])
    assert.deepEqual([config?.peers, config?.routes, config?.grid.topics], [[], [], []])
  })

  test('gives a peer and a Topic their defaults', () => {
    const { config } = build(
      `${LEAST.replace('  broker', '  topics: [{ name: t }]\n  broker')}peers: [{ name: p, identity: { dns: p.example } }]\n`,
    )
    assert.deepEqual(config?.peers[0], {
      name: 'p',
      identity: { dns: 'p.example' },
      accept: ['Report'],
      publish: [],
      topics: [],
      send: ['Report'],
      restrictions: ['public', 'partner'],
      query: [],
      interim: false,
      test: false,
      iodef: 2,
      policy: { region: 'PeerToPeer', traffic: 'Network' },
      strict: false,
      lenient: false,
      replies: 'strict',
    })
    assert.deepEqual(config?.grid.topics[0], {
      name: 't',
      payload: 'xep-0268',
      iodef: 2,
      create: false,
      members: [],
      from: 'retained',
      restrictions: ['public', 'partner'],
      lenient: false,
      large: 'refuse',
    })
  })

  test('is frozen to the bottom', () => {
    const { config } = build(FULL)
    assert.throws(() => Object.assign(config?.peers[0]?.identity ?? {}, { dns: 'evil.example' }), TypeError)
  })

  test('takes empty sections as absent ones', () => {
    assert.deepEqual(problemsOf(`${LEAST}peers:\nroutes:\nlog:\n`), [])
  })
})

describe('problems', () => {
  test('come all at once, each with key path and line', () => {
    const { problems } = build(`
rid:
  prot: 4590
  name: gateway.example
  tls: { cert: a, ca: b }
peers:
  - { name: a, identity: {}, publish: [incidnet] }
  - { name: a, identity: { dns: x.example } }
grid:
  service: http://controller.example
  jid: gateway@grid.example/laptop
  auth: { password: { file: x } }
  broker: pubsub.grid.example
  topics: [{ name: incident }]
store: { path: x }
`)
    assert.deepEqual(
      problems.map(({ path, line }) => `${path} ${line}`),
      [
        'rid.prot 3',
        'rid.tls.key 5',
        'peers[0].identity 7',
        'peers[0].publish[0] 7',
        'peers[1].name 8',
        'grid.service 10',
        'grid.jid 11',
      ],
    )
    assert.match(problems[0]?.message ?? '', /not a known key \(did you mean "port"\?\)/)
    assert.match(problems[3]?.message ?? '', /no Topic.*did you mean "incident"/)
  })

  for (const [what, from, to, expected] of [
    ['a plain http url', 'https://csirt-a', 'http://csirt-a', /^peers\[0\]\.url: must be an https/],
    [
      'an access model that is about contacts, where the Topic is ours',
      'access: whitelist',
      'access: roster',
      /^grid\.topics\[0\]\.access: roster lets nobody in/,
    ],
    ['a password in the url', 'https://csirt-a', 'https://a:b@csirt-a', /^peers\[0\]\.url: /],
    ['a port out of range', 'port: 4590', 'port: 65536', /^rid\.port: must be a port/],
    ['a size without unit', 'maxItem: 250KB', 'maxItem: 250', /^grid\.maxItem: must be a size with its unit/],
    [
      'a word that is no restriction',
      '[public, partner]',
      '[public, partners]',
      /restrictions\[1\]: .*did you mean "partner"/,
    ],
    [
      'an unknown MsgType',
      'accept: [Report]',
      'accept: [Reports]',
      /^peers\[0\]\.accept\[0\]: .*did you mean "Report"/,
    ],
    [
      'a route to nowhere',
      '    topic: incident',
      '    topic: incidents',
      /^routes\[0\]\.topic: .*did you mean "incident"/,
    ],
    [
      'a route from nobody',
      'peer: [csirt-a]',
      'peer: [csirt-b]',
      /^routes\[0\]\.match\.peer\[0\]: .*did you mean "csirt-a"/,
    ],
    ['a short pin', '+/TImW+5JCeu', '', /^grid\.tls\.pin: /],
    [
      'a member with a resource',
      'subscriber@grid.example',
      'subscriber@grid.example/x',
      /members\[0\]: must be a bare JID/,
    ],
    [
      'a short fingerprint',
      'dns: csirt-a.example',
      'fingerprint: "AB:CD"',
      /identity\.fingerprint: must be the SHA-256/,
    ],
    [
      'EXTERNAL and a password',
      '{ file: gateway.password }',
      '{ file: x }, external: true',
      /^grid\.auth: needs either/,
    ],
    ['a certificate without key', 'key: gw.key, ', '', /^grid\.tls\.key: is required with cert/],
  ] as const) {
    test(`name ${what}`, () => {
      const problems = problemsOf(changed(from, to))
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', expected)
    })
  }

  for (const [rid, ops, collide] of [
    ['{ host: "::", port: 4590', '{ host: 127.0.0.1, port: 4590 }', true],
    ['{ port: 9590', '{}', true],
    ['{ port: "9590"', '{ host: localhost }', true],
    ['{ host: 0.0.0.0, port: 9590', '{ host: 127.0.0.1 }', true],
    ['{ host: "::1", port: 9590', '{ host: "0:0:0:0:0:0:0:1" }', true],
    ['{ host: 127.0.0.2, port: 9590', '{ host: 127.0.0.1 }', false],
    ['{ host: 0.0.0.0, port: 9590', '{ host: "::1" }', false],
    ['{ port: 0', '{ port: 0 }', false],
    ['{ port: 4590', '{ port: 4591 }', false],
  ] as const) {
    test(`${collide ? 'name' : 'do not name'} one port for two: rid ${rid} }, ops ${ops}`, () => {
      const text = `${changed('rid: {', `rid: ${rid},`, LEAST)}ops: ${ops}\n`
      const problems = problemsOf(text)
      if (!collide) assert.deepEqual(problems, [])
      else assert.match(problems.join(), /^ops\.port: is that of rid\.port, too, and the addresses overlap/)
    })
  }

  test('name two peers that are one', () => {
    const two = changed('grid:\n', '  - { name: csirt-b, identity: { dns: CSIRT-A.example. } }\ngrid:\n')
    assert.deepEqual(problemsOf(two), ['peers[1].identity.dns: is the same as in peers[0]: each needs one of its own'])
  })

  test('name keys written twice, and other bad YAML, with lines', () => {
    const { problems } = build(`${LEAST}store: { path: again }\n`)
    assert.match(problems[0]?.message ?? '', /"store" stands there twice/)
    assert.equal(problems[0]?.line, 9)
    assert.equal(build('- a\n').problems.length, 1)
    assert.equal(build('').problems.length, 1)
  })

  test('stop a YAML bomb', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]\n`)
      .join('')}`
    const { problems } = build(bomb)
    assert.match(problems[0]?.message ?? '', /alias/i)
  })

  test('do not list what follows from another at the same place', () => {
    const unset = '$' + '{UNSET}'
    assert.deepEqual(problemsOf(changed('https://csirt-a.example:4590/', `"${unset}"`)), [
      'peers[0].url: the environment variable UNSET is not set',
    ])
  })
})

describe('environment variables', () => {
  const ref = (name: string) => `"\${${name}}"`
  test('that are not set name no file to open', () => {
    const text = changed('cert: rid.pem', 'cert: "$' + '{DIR}/rid.pem"')
    const paths = (env: Record<string, string>) => build(text, env).files.map(({ path }) => path)
    assert.ok(paths({ DIR: '/x' }).includes('rid.tls.cert'))
    assert.ok(!paths({}).includes('rid.tls.cert'))
    assert.ok(paths({}).includes('rid.tls.key'))
    assert.deepEqual(problemsOf(text), ['rid.tls.cert: the environment variable DIR is not set'])
  })

  test('stand for values, numbers and flags too', () => {
    const text = changed('port: 4590', `port: ${ref('PORT')}`).replace('strict: false', `strict: ${ref('STRICT')}`)
    const { config, problems } = build(text, { PORT: '7777', STRICT: 'true' })
    assert.deepEqual(problems, [])
    assert.equal(config?.rid.port, 7777)
    assert.equal(config?.peers[0]?.strict, true)
  })

  test('are not expanded twice, and $$ escapes', () => {
    const { config } = build(changed('title: IODEF incident reports', `title: "\${A} $\${B}"`), {
      A: '$' + '{B}',
      B: 'no',
    })
    assert.equal(config?.grid.topics[0]?.title, '$' + '{B} ' + '$' + '{B}')
  })

  test('are not expanded in keys', () => {
    assert.match(problemsOf(`${LEAST}"\${A}": 1\n`, { A: 'log' })[0] ?? '', /is not a known key/)
  })
})

describe('the token of the page', () => {
  const withToken = (token: string) => `${LEAST}ops: { token: ${token} }\n`
  const token = 'a token that nobody guesses'

  test('comes from a file or the environment, and is never written literally', () => {
    assert.match(problemsOf(withToken('"hunter2"'))[0] ?? '', /^ops\.token: is written literally/)
    for (const written of [`"\${T}"`, '{ env: T }']) {
      const { config } = build(withToken(written), { T: token })
      assert.equal(config?.ops.readToken?.(), token)
      assert.doesNotMatch(JSON.stringify(config), /nobody guesses/)
      assert.match(problemsOf(withToken(written))[0] ?? '', /^ops\.token: the environment variable T is not set/)
    }
    writeFileSync(join(folder, 'gw.yaml'), withToken('{ file: token }'))
    const { readToken } = loadConfig(join(folder, 'gw.yaml')).ops
    assert.throws(() => readToken?.(), /ops\.token: no such file/)
    writeFileSync(join(folder, 'token'), `${token}\n`)
    assert.equal(readToken?.(), token)
  })

  test('is not needed by what needs the store only', () => {
    writeFileSync(join(folder, 'gw.yaml'), withToken('{ env: T }'))
    assert.ok(loadConfig(join(folder, 'gw.yaml'), {}, { secrets: false }))
    assert.equal(build(LEAST).config?.ops.readToken, undefined)
  })
})

describe('the password', () => {
  const withAuth = (auth: string) => changed('auth: { password: { file: gateway.password } }', `auth: ${auth}`)
  test('is never written literally, and never repeated in a message', () => {
    const problems = problemsOf(withAuth('{ password: hunter2 }'))
    assert.match(problems[0] ?? '', /^grid\.auth\.password: is written literally/)
    assert.doesNotMatch(problems.join(), /hunter2/)
  })

  test('comes from the environment, in two notations', () => {
    for (const auth of [`{ password: "\${PW}" }`, '{ password: { env: PW } }']) {
      const { config } = build(withAuth(auth), { PW: 'hunter2' })
      assert.equal(config?.grid.auth.kind === 'password' && config.grid.auth.readPassword(), 'hunter2')
      assert.doesNotMatch(JSON.stringify(config), /hunter2/)
      assert.match(problemsOf(withAuth(auth))[0] ?? '', /^grid\.auth\.password: the environment variable PW is not set/)
    }
  })

  test('is told apart from none at all', () => {
    assert.match(problemsOf(withAuth('{ password: "" }'))[0] ?? '', /^grid\.auth\.password: is empty: use \{ file/)
    for (const auth of [`{ password: "\${PW}" }`, '{ password: { env: PW } }']) {
      assert.deepEqual(problemsOf(withAuth(auth), { PW: '' }), [
        'grid.auth.password: the environment variable PW is empty',
      ])
    }
  })

  test('comes from a file, read when it is needed, without the last line end', () => {
    writeFileSync(join(folder, 'gw.yaml'), LEAST)
    const config = loadConfig(join(folder, 'gw.yaml'))
    assert.ok(config.grid.auth.kind === 'password')
    const { readPassword } = config.grid.auth
    assert.throws(() => readPassword(), /no such file/)
    writeFileSync(join(folder, 'password'), ' p w \n')
    assert.equal(readPassword(), ' p w ')
  })

  test('is not needed with external, and allowPlain may stand in two places', () => {
    assert.equal(build(withAuth('{ external: true }')).config?.grid.auth.kind, 'external')
    for (const text of [
      withAuth('{ password: { file: x }, allowPlain: true }'),
      changed('  broker:', '  allowPlain: true\n  broker:'),
    ]) {
      const auth = build(text).config?.grid.auth
      assert.equal(auth?.kind === 'password' && auth.allowPlain, true)
    }
  })
})

describe('what RFC 6546 says of ports and URLs', () => {
  test('warns of the port of HTTPS', () => {
    const { warnings } = build(changed('port: 4590', 'port: 443'))
    assert.deepEqual(
      warnings.map(({ path }) => path),
      ['rid.port'],
    )
    assert.match(warnings[0]?.message ?? '', /RFC 6546 section 3/)
  })

  test('takes 4590 where a URL has no port', () => {
    const { config } = build(changed('https://csirt-a.example:4590/', 'https://csirt-a.example'))
    assert.equal(config?.peers[0]?.url, 'https://csirt-a.example:4590/')
  })

  test('refuses a URL with a path: messages are POSTed to /', () => {
    const { problems } = build(changed('https://csirt-a.example:4590/', 'https://csirt-a.example:4590/rid'))
    assert.match(
      problems.map(({ path, message }) => `${path}: ${message}`).join(),
      /^peers\[0\]\.url: must be .* without .*path/,
    )
  })

  test('takes a name as it is read for that in certificates, and knows it again', () => {
    const { config, problems } = build(changed('name: gateway.example', 'name: b\u00fccher.example'))
    assert.deepEqual(problems, [])
    assert.equal(config?.rid.name, 'xn--bcher-kva.example')
  })
})

describe('warnings', () => {
  test('name what will never happen', () => {
    const { config, warnings } = build(
      changed('    url: https://csirt-a.example:4590/\n', '')
        .replace('    peers: [csirt-a]\n', '')
        .replace(
          'routes:\n',
          'routes:\n  - topic: incident\n  - { match: { purpose: [reprting] }, topic: incident }\n',
        ),
    )
    assert.ok(config)
    assert.deepEqual(
      warnings.map(({ path }) => path),
      ['peers[0].topics', 'routes[1].match.purpose[0]', 'routes[1]', 'routes[2]'],
    )
  })

  test('name a peer whose route leads where it may not publish, and a Topic that nobody uses', () => {
    const text = changed('publish: [incident]', 'publish: []').replace('  topics:\n', '  topics:\n    - name: unused\n')
    assert.deepEqual(
      build(text).warnings.map(({ path, message }) => `${path}: ${message}`),
      [
        'grid.topics[0].name: no route leads to "unused", and no peer is sent what it carries',
        'routes[0].match.peer[0]: its reports are denied: publish of peer "csirt-a" does not list "incident"',
      ],
    )
  })

  test('name a Topic that a peer may publish to and no route leads to', () => {
    const { warnings } = build(changed('peer: [csirt-a]', 'peer: []'))
    assert.match(warnings[0]?.message ?? '', /no route leads this peer to "incident"/)
  })
})

describe('loadConfig', () => {
  test('throws one error with all problems', () => {
    writeFileSync(join(folder, 'bad.yaml'), `${LEAST}a: 1\nb: 2\n`)
    assert.throws(
      () => loadConfig(join(folder, 'bad.yaml')),
      (error) => error instanceof ConfigError && error.code === 'config-invalid' && error.problems.length === 2,
    )
  })

  test('says which file cannot be read, and refuses one without end', () => {
    assert.match(
      readConfig(join(folder, 'none.yaml')).problems[0]?.message ?? '',
      /cannot read .*none\.yaml: no such file/,
    )
    assert.match(readConfig('/dev/zero').problems[0]?.message ?? '', /larger than 1 MiB/)
  })
})
