import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { crossCheck } from '../../src/config/cross-checks.ts'
import { ask } from '../../src/config/fields.ts'
import { pathText } from '../../src/config/problems.ts'

const PEER = {
  name: 'a',
  identity: { dns: 'a.example' },
  publish: ['t'],
  url: 'https://a.example/',
  topics: ['t'],
}
const GRID = { topics: [{ name: 't' }] }
/** Nothing is wrong with it, and nothing worth a word. */
const TREE = { peers: [PEER], grid: GRID, routes: [{ topic: 't' }] }

function found(tree: unknown): { problems: string[]; warnings: string[] } {
  const { problems, warnings } = crossCheck(tree)
  const inWords = (findings: typeof problems) => findings.map(({ path, message }) => `${pathText(path)}: ${message}`)
  return { problems: inWords(problems), warnings: inWords(warnings) }
}
const problemsOf = (tree: unknown) => found(tree).problems
const warningsOf = (tree: unknown) => found(tree).warnings

test('a configuration in which all belongs together has nothing to say', () => {
  assert.deepEqual(found(TREE), { problems: [], warnings: [] })
})

test('nothing is expected of a tree', () => {
  fc.assert(fc.property(fc.anything(), (tree) => void crossCheck(tree)))
  for (const tree of [
    { peers: [null, 7], grid: { topics: [[]] }, routes: ['x'] },
    { peers: {}, routes: 7 },
  ])
    assert.deepEqual(problemsOf(tree), [])
})

describe('what must be unique', () => {
  test('is a name, of a peer and of a Topic', () => {
    const peers = [PEER, { name: 'b' }, { name: 'a' }]
    assert.deepEqual(problemsOf({ ...TREE, peers }), [
      'peers[2].name: is the same as in peers[0]: each needs one of its own',
    ])
    const topics = [{ name: 't' }, { name: 't' }, { name: 't' }]
    assert.deepEqual(problemsOf({ ...TREE, grid: { topics } }), [
      'grid.topics[1].name: is the same as in grid.topics[0]: each needs one of its own',
      'grid.topics[2].name: is the same as in grid.topics[0]: each needs one of its own',
    ])
  })

  test('is an identity, however it is written', () => {
    const peers = [PEER, { name: 'b', identity: { dns: 'A.Example.' } }]
    assert.deepEqual(problemsOf({ ...TREE, peers }), [
      'peers[1].identity.dns: is the same as in peers[0]: each needs one of its own',
    ])
    const hex = 'ab'.repeat(32)
    const colons = Array(32).fill('AB').join(':')
    const pinned = [
      { name: 'a', identity: { fingerprint: hex } },
      { name: 'b', identity: { fingerprint: colons } },
    ]
    assert.deepEqual(problemsOf({ ...TREE, peers: pinned }), [
      'peers[1].identity.fingerprint: is the same as in peers[0]: each needs one of its own',
    ])
  })
})

describe('ports', () => {
  const clash = (rid: object, ops: object) => problemsOf({ ...TREE, rid, ops })
  test('may not be the same on addresses that overlap', () => {
    assert.deepEqual(clash({ port: 9590 }, {}), [
      'ops.port: is that of rid.port, too, and the addresses overlap: :: and 127.0.0.1. Give one of them another',
    ])
    assert.equal(clash({}, { port: '4590' }).length, 1)
    assert.deepEqual(clash({ host: '192.0.2.1', port: 9590 }, {}), [])
    assert.deepEqual(clash({ port: 9591 }, {}), [])
  })

  test('that are any free ones, or wrong by themselves, are no clash', () => {
    assert.deepEqual(clash({ port: 0 }, { port: 0 }), [])
    assert.deepEqual(clash({ port: 'x' }, { port: 'x' }), [])
    assert.deepEqual(clash({ host: 7, port: 1 }, { port: 1 }), [])
  })
})

describe('the page', () => {
  const warned = (ops: object) => crossCheck({ ...TREE, ops }).warnings.filter(({ path }) => path[0] === 'ops')
  test('is read by whoever reaches it, where it is not on loopback and has no token: that is a warning', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'ops.example']) {
      assert.match(warned({ host })[0]?.message ?? '', /^is .*: without ops\.token, whoever reaches it reads/, host)
      assert.deepEqual(warned({ host, token: { file: 'ops.token' } }), [], host)
    }
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', 'localhost']) {
      assert.deepEqual(warned({ host }), [], host)
    }
    assert.deepEqual(warned({}), [])
  })
})

describe('the login by a certificate', () => {
  const login = (grid: object) => problemsOf({ ...TREE, grid: { ...GRID, ...grid } })
  test('needs both of its files', () => {
    assert.deepEqual(login({ tls: { cert: 'c' } }), ['grid.tls.key: is required with cert'])
    assert.deepEqual(login({ tls: { key: 'k' } }), ['grid.tls.cert: is required with key'])
    assert.deepEqual(login({ auth: { external: true } }), [
      'grid.tls.cert: is required: auth.external logs in by a certificate',
    ])
    assert.deepEqual(login({ auth: { external: true }, tls: { key: 'k' } }), ['grid.tls.cert: is required with key'])
    assert.deepEqual(login({ auth: { external: true }, tls: { cert: 'c', key: 'k' } }), [])
    assert.deepEqual(login({ auth: { external: false } }), [])
  })
})

test('a peer that may send a Query is told that each will be denied', () => {
  assert.deepEqual(warningsOf({ ...TREE, peers: [{ ...PEER, accept: ['Report', 'Query'] }] }), [
    'peers[0].accept[1]: every Query is denied: the peer has no "query", and no route asks anybody',
  ])
})

test('a Topic of IODEF 1 needs the payload of XEP-0268', () => {
  const of = (topic: object) => problemsOf({ ...TREE, grid: { topics: [{ name: 't', ...topic }] } })
  const wrong = ['grid.topics[0].iodef: is 1: that needs payload: xep-0268']
  assert.deepEqual(of({ payload: 'iodef', iodef: 1 }), wrong)
  assert.deepEqual(of({ payload: 'iodef', iodef: '1' }), wrong)
  for (const fine of [{ iodef: 1 }, { payload: 'xep-0268', iodef: 1 }, { payload: 'iodef', iodef: 2 }])
    assert.deepEqual(of(fine), [])
})

describe('names that lead nowhere', () => {
  test('are problems, with what was meant', () => {
    const peers = [{ ...PEER, publish: ['incidnt', 't'], topics: ['u'] }]
    const tree = {
      peers,
      grid: { topics: [{ name: 'incident' }, { name: 't' }] },
      routes: [{ topic: 'tt', match: { peer: ['b'] } }, { topic: 't' }, { topic: 'incident' }],
    }
    assert.deepEqual(problemsOf(tree), [
      'peers[0].publish[0]: "incidnt" is no Topic of this configuration (did you mean "incident"?)',
      'peers[0].topics[0]: "u" is no Topic of this configuration',
      'routes[0].topic: "tt" is no Topic of this configuration',
      'routes[0].match.peer[0]: "b" is no peer of this configuration',
    ])
  })
})

describe('what will never happen', () => {
  test('is sending where half of it is missing', () => {
    assert.deepEqual(warningsOf({ ...TREE, peers: [{ ...PEER, url: undefined }] }), [
      'peers[0].topics: nothing is sent to a peer without url: give it one, as https://csirt.example:4590/',
    ])
    assert.deepEqual(warningsOf({ ...TREE, peers: [{ ...PEER, topics: [] }] }), [
      'peers[0].url: nothing is sent to a peer without topics',
    ])
  })

  test('is publishing where no route leads', () => {
    const peers = [PEER, { name: 'b', publish: ['t'] }]
    assert.deepEqual(warningsOf({ ...TREE, peers, routes: [{ match: { peer: ['a'] }, topic: 't' }] }), [
      'peers[1].publish[0]: no route leads this peer to "t"',
    ])
  })

  test('is a route behind one that takes all, or for a peer that may not publish there', () => {
    const routes = [{ match: { type: ['Report'] }, topic: 't' }, { topic: 't' }, { match: { type: [] }, topic: 't' }]
    assert.deepEqual(warningsOf({ ...TREE, routes }), [
      'routes[2]: is never reached: routes[1] matches everything. Put this one before it',
    ])
    const peers = [PEER, { name: 'b', publish: [], url: 'https://b.example/', topics: ['t'] }]
    assert.deepEqual(warningsOf({ ...TREE, peers, routes: [{ match: { peer: ['a', 'b'] }, topic: 't' }] }), [
      'routes[0].match.peer[1]: its reports are denied: publish of peer "b" does not list "t"',
    ])
  })

  test('is a purpose that RFC 7970 does not have', () => {
    const routes = [{ match: { purpose: ['reporting', 'reprting', 'sharing'] }, topic: 't' }]
    assert.deepEqual(warningsOf({ ...TREE, routes }), [
      'routes[0].match.purpose[1]: "reprting" is no purpose of RFC 7970 section 3.2 (did you mean "reporting"?)',
      'routes[0].match.purpose[2]: "sharing" is no purpose of RFC 7970 section 3.2',
    ])
  })

  test('is all of it without peers, Topics or use', () => {
    assert.deepEqual(warningsOf({}), [
      'peers: there are none: nobody can send or receive. Add the first as - { name, identity, publish }',
      'grid.topics: there are none: nothing is forwarded',
    ])
    const grid = { topics: [{ name: 't' }, { name: 'idle' }] }
    assert.deepEqual(warningsOf({ ...TREE, grid }), [
      'grid.topics[1].name: no route leads to "idle", and no peer is sent what it carries',
    ])
    // what a peer is sent is used
    assert.deepEqual(warningsOf({ ...TREE, grid, peers: [{ ...PEER, topics: ['t', 'idle'] }] }), [])
  })
})

test('a route that asks others on, whatever PolicyRegion is given, is noted', () => {
  const tested = crossCheck({ ...TREE, peers: TREE.peers.map((peer) => ({ ...peer, test: true })) }).notes
  assert.match(
    tested.map(({ path, message }) => `${pathText(path)} ${message}`).join('\n'),
    /^peers\[0\]\.test is true: nothing/,
  )
  const notes = (route: object) =>
    crossCheck({ ...TREE, routes: [route, ...TREE.routes] }).notes.map(({ path }) => pathText(path))
  assert.deepEqual(notes({ match: { type: ['Query'] }, ask: ['archive', 'peer:a'] }), ['routes[0].ask'])
  assert.deepEqual(notes({ match: { type: ['Query'], region: ['PeerToPeer'] }, ask: ['peer:a'] }), [])
  for (const ask of [['archive'], ['held']]) assert.deepEqual(notes({ match: { type: ['TraceRequest'] }, ask }), [])
})

test('a JID that is asked is a full one, or a domain, and not the gateway itself', () => {
  const asking = (...ask: readonly string[]) => {
    const tree = { ...TREE, grid: { ...TREE.grid, jid: 'gateway@grid.example' } }
    return problemsOf({ ...tree, routes: [{ match: { type: ['Query'] }, ask }, ...TREE.routes] })
  }
  assert.deepEqual(asking('jid:soc@grid.example/tool', 'jid:grid.example'), [])
  assert.match(
    asking('archive', 'jid:Gateway@grid.example/x')[0] ?? '',
    /^routes\[0\]\.ask\[1\]: is the gateway's own JID/,
  )
  for (const [written, read] of [
    ['jid:SOC@Grid.Example/Tool', 'jid:soc@grid.example/Tool'],
    ['jid:xn--bcher-kva.example', 'jid:bücher.example'],
    ['jid:soc@grid.example', undefined],
    ['jid:grid.example/x', undefined],
    ['jid:', undefined],
    ['jid:a@b@c/d', undefined],
  ] as const) {
    assert.equal(ask.safeParse(written).data, read, written)
  }
})

test('a request is asked of one JID, as of one peer', () => {
  const asking = (type: readonly string[], ...ask: readonly string[]) =>
    problemsOf({ ...TREE, routes: [{ match: { type }, ask }, ...TREE.routes] })
  assert.deepEqual(asking(['InvestigationRequest'], 'held', 'jid:grid.example'), [])
  assert.match(asking(['InvestigationRequest'], 'jid:a.example', 'jid:b.example')[0] ?? '', /asks several/)
  assert.match(asking(['Report'], 'jid:a.example')[0] ?? '', /is for questions/)
})

test('held is for requests alone, before one peer at most, and never beside the archive', () => {
  const asking = (type: readonly string[], ...ask: readonly string[]) =>
    problemsOf({ ...TREE, routes: [{ match: { type }, ask }, ...TREE.routes] })
  const requests = ['InvestigationRequest', 'TraceRequest']
  for (const ask of [['held'], ['held', 'peer:a']]) assert.deepEqual(asking(requests, ...ask), [])
  const [message, ...more] = asking(['TraceRequest', 'Query'], 'held')
  assert.deepEqual(more, [])
  assert.match(
    message ?? '',
    /^routes\[0\]\.ask\[0\]: held is for requests: match\.type has to list InvestigationRequest/,
  )
  assert.match(asking([], 'held')[0] ?? '', /held is for requests/)
  assert.match(asking(requests, 'held', 'archive')[0] ?? '', /^routes\[0\]\.ask\[1\]: the archive answers no request/)
  assert.match(asking(requests, 'held', 'peer:a', 'peer:b')[0] ?? '', /^routes\[0\]\.ask: asks several/)
})

test('items go by upload where a host is listed, and have room for the name of a file', () => {
  const grid = (more: object, upload?: object) => ({
    ...TREE,
    grid: { topics: [{ name: 't', ...more }], ...(upload && { upload }) },
  })
  assert.deepEqual(found(grid({ large: 'upload' }, { hosts: ['upload.example'] })), { problems: [], warnings: [] })
  assert.deepEqual(problemsOf(grid({ large: 'refuse' })), [])
  assert.deepEqual(problemsOf(grid({ large: 'upload' })), [
    'grid.topics[0].large: needs grid.upload.hosts: the host of the upload service, and its port, as upload.grid.example:5281',
  ])
  assert.deepEqual(warningsOf(grid({ large: 'upload', payload: 'iodef' }, { hosts: ['upload.example'] })), [
    'grid.topics[0].large: has no effect: an item of payload iodef has no room for the name of a file',
  ])
  assert.deepEqual(warningsOf(grid({ large: 'upload', iodef: 1 }, { hosts: ['upload.example'] })), [
    'grid.topics[0].large: has no effect: a stub is IODEF 2, and the Topic is of IODEF 1',
  ])
})
