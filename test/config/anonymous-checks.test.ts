import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildConfig } from '../../src/config/config.ts'
import { parseSource } from '../../src/config/read.ts'

interface Setup {
  readonly on?: boolean
  readonly anybody?: string
  readonly csirtA?: string
  readonly routes?: string
  readonly topics?: string
  readonly participants?: string
}

const ROUTES = '[{ match: { peer: [caa] }, topic: quarantine }, { topic: incident }]'

function built({ on = true, anybody = '', csirtA = '', ...own }: Setup = {}) {
  const { routes = ROUTES, topics = '{ name: incident }', participants = '' } = own
  const { source } = parseSource(`
rid: { name: gateway.example, anonymous: ${on}, tls: { cert: a.pem, key: a.key, ca: ca.pem } }
peers:
  - { name: csirt-a, identity: { dns: csirt-a.example }, publish: [incident${csirtA} }
  - { name: caa, identity: { anonymous: true }, publish: [quarantine]${anybody} }
grid:
  service: xmpp://controller.example
  jid: gateway@grid.example
  auth: { password: { file: password } }
  broker: pubsub.grid.example
  topics: [${topics}, { name: quarantine, restrictions: [private] }]
  participants: [${participants}]
routes: ${routes}
store: { path: gateway.db }
`)
  assert.ok(source)
  return buildConfig(source, '/etc/gw', {})
}

const problems = (setup: Setup) => built(setup).problems.map(({ path }) => path)
const A = { csirtA: ']' }

describe('a peer that is anybody', () => {
  test('has a Topic of its own, and a note says so', () => {
    const { problems: found, notes } = built(A)
    assert.deepEqual(found, [])
    const [note] = notes.filter(({ path }) => path === 'rid.anonymous')
    assert.match(String(note?.message), /anybody may publish to "quarantine"/)
  })

  test('comes by a route that names it, and by no other', () => {
    const { config } = built({ ...A, routes: '[{ topic: incident }, { match: { peer: [caa] }, topic: quarantine }]' })
    assert.deepEqual(config?.routes[0]?.match, { peer: ['csirt-a'] })
    assert.deepEqual(config?.routes[1]?.match, { peer: ['caa'] })
  })

  test('needs both keys', () => assert.deepEqual(problems({ ...A, on: false }), ['peers[1].identity.anonymous']))

  for (const [what, setup, path] of [
    ['another peer may publish there', { csirtA: ', quarantine]' }, 'peers[0].publish[1]'],
    [
      'it is forwarded to a peer',
      { csirtA: '], topics: [quarantine], url: "https://a.example/"' },
      'peers[0].topics[0]',
    ],
    ['a peer may ask for it', { csirtA: '], query: [quarantine]' }, 'peers[0].query[0]'],
    [
      'a participant may ask for it',
      { ...A, participants: '{ jid: soc@grid.example, query: [quarantine] }' },
      'grid.participants[0].query[0]',
    ],
    [
      'questions on another Topic see it',
      { ...A, topics: '{ name: incident, query: [quarantine] }' },
      'grid.topics[0].query[0]',
    ],
    ['a route for all leads there', { ...A, routes: '[{ topic: quarantine }]' }, 'routes[0]'],
    [
      'a route of another peer leads there',
      { ...A, routes: '[{ match: { peer: [csirt-a] }, topic: quarantine }]' },
      'routes[0]',
    ],
    [
      'a route names it beside another',
      { ...A, routes: '[{ match: { peer: [caa, csirt-a] }, topic: quarantine }]' },
      'routes[0].match.peer',
    ],
    ['its route leads elsewhere', { ...A, routes: '[{ match: { peer: [caa] }, topic: incident }]' }, 'routes[0].topic'],
    [
      "a participant's route leads there",
      {
        ...A,
        participants: '{ jid: soc@grid.example, accept: [report] }',
        routes: '[{ match: { jid: [soc@grid.example] }, topic: quarantine }]',
      },
      'routes[0]',
    ],
    ['it is asked', { ...A, routes: `[{ match: { type: [Query] }, ask: ["peer:caa"] }]` }, 'routes[0]'],
    ['it has a url', { ...A, anybody: ', url: "https://caa.example/"' }, 'peers[1].url'],
    ['it is sent Topics', { ...A, anybody: ', topics: [incident]' }, 'peers[1].topics'],
    ['it may ask', { ...A, anybody: ', accept: [Report, Query]' }, 'peers[1].accept'],
  ] as const) {
    test(`is refused where ${what}`, () => {
      const found = problems(setup)
      assert.ok(found.includes(path), found.join(' '))
    })
  }

  test('shows nothing, and is one alone', () => {
    const two = '] }\n  - { name: other, identity: { anonymous: true, dns: o.example }'
    assert.deepEqual(problems({ csirtA: two }).toSorted(), ['peers[1].identity', 'peers[2].identity.anonymous'])
  })
})
