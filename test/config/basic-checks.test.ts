import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildConfig } from '../../src/config/config.ts'
import { parseSource } from '../../src/config/read.ts'
import { LEAST } from './example.ts'

const HASH = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
const HEAD = LEAST.replace('name: gateway.example', 'name: gateway.example, basic: true')

function built(identity: string, { head = HEAD, more = '', env = {} as Record<string, string> } = {}) {
  const peers = `peers: [{ name: csirt-b, identity: ${identity}, publish: []${more} }]\n`
  const { source } = parseSource(`${head}${peers}`)
  assert.ok(source)
  return buildConfig(source, '/etc/gw', env)
}

const said = (...found: Parameters<typeof built>) =>
  built(...found).problems.map(({ path, message }) => [path, message])

describe('HTTP Basic in the configuration', () => {
  test('is a user, and a hash that stands there, in a file or in a variable', () => {
    for (const [password, env] of [
      [`"${HASH}"`, {}],
      ['{ env: HASH }', { HASH }],
      [`"$${'{HASH}'}"`, { HASH }],
    ] as const) {
      const { config, problems } = built(`{ basic: { user: b, password: ${password} } }`, { env })
      assert.deepEqual(problems, [])
      assert.equal(config?.peers[0]?.identity.basic?.user, 'b')
      assert.equal(config?.peers[0]?.identity.basic?.readHash(), HASH)
    }
    const { config } = built('{ basic: { user: b, password: { file: b.hash } } }')
    assert.equal(config?.peers[0]?.identity.basic?.file, '/etc/gw/b.hash')
  })

  test('is told wherever it is on, with whom a password lets in', () => {
    const { notes } = built(`{ basic: { user: b, password: "${HASH}" } }`)
    const [note] = notes.filter(({ path }) => path === 'rid.basic')
    assert.match(String(note?.message), /whoever knows its password is peer csirt-b/)
    const nobody = built('{ dns: csirt-b.example }').notes.find(({ path }) => path === 'rid.basic')
    assert.match(String(nobody?.message), /no use/)
  })

  test('needs both keys', () => {
    const [problem] = said(`{ basic: { user: b, password: "${HASH}" } }`, { head: LEAST })
    assert.deepEqual(problem, [
      'peers[0].identity.basic',
      'needs rid.basic: true: without it TLS lets nobody in who shows no certificate',
    ])
  })

  test('takes no password for a hash, and shows it nowhere', () => {
    for (const password of ['hunter2-hunter2', '$scrypt$ln=1,r=1,p=1$x$y']) {
      const [problem] = said(`{ basic: { user: b, password: "${password}" } }`)
      assert.equal(problem?.[0], 'peers[0].identity.basic.password')
      assert.match(String(problem?.[1]), /iodef-gateway passwd makes a hash/)
      assert.doesNotMatch(String(problem?.[1]), /hunter2/)
    }
    const [unset] = said('{ basic: { user: b, password: { env: HASH } } }')
    assert.deepEqual(unset, ['peers[0].identity.basic.password', 'the environment variable HASH is not set'])
    const [wrong] = said('{ basic: { user: b, password: { env: HASH } } }', { env: { HASH: 'hunter2-hunter2' } })
    assert.deepEqual(wrong, [
      'peers[0].identity.basic.password',
      'HASH holds no hash as iodef-gateway passwd prints it',
    ])
  })

  test('has no user with a colon (RFC 7617 section 2), and no user twice', () => {
    const [problem] = said(`{ basic: { user: "b:c", password: "${HASH}" } }`)
    assert.equal(problem?.[0], 'peers[0].identity.basic.user')
    const two = `{ basic: { user: b, password: "${HASH}" } }, publish: [] }, { name: c, identity: { basic: { user: b, password: "${HASH}" } }`
    assert.match(String(said(two)[0]?.[1]), /is the same as in peers\[0\]/)
  })

  test('does not go with a callback to where a question came from, unless there is a certificate', () => {
    const basic = `basic: { user: b, password: "${HASH}" }`
    const [problem] = said(`{ ${basic} }`, { more: ', callback: source' })
    assert.equal(problem?.[0], 'peers[0].callback')
    assert.deepEqual(said(`{ ${basic}, dns: b.example }`, { more: ', callback: source' }), [])
  })

  test('towards a peer is a secret as others are', () => {
    const more = ', url: "https://b.example/", basic: { user: gateway, password: hunter2 }'
    const [problem] = said('{ dns: b.example }', { more })
    assert.equal(problem?.[0], 'peers[0].basic.password')
    assert.match(String(problem?.[1]), /is written literally/)
    const env = { B: 'secret' }
    const { config } = built('{ dns: b.example }', { more: more.replace('hunter2', '{ env: B }'), env })
    assert.equal(config?.peers[0]?.basic?.readPassword(), 'secret')
    assert.doesNotMatch(JSON.stringify(config), /secret/)
  })
})
