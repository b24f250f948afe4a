import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type GatewayProcess, run, start } from '../support/command.ts'
import { type Certificate, createPki } from '../support/pki.ts'
import { createRidClient, type RidClient, type RidResponse, readUntilClose } from '../support/rid-client.ts'
import { createSite, type Site } from '../support/site.ts'
import {
  DECLARATION,
  DIRECT_FORM,
  documentOf,
  EXT_FORM,
  fixture,
  incident,
  message,
  NS1,
  NS2,
  OLD_FORM,
  RID,
  report,
} from './documents.ts'

// Section 4, row by row. There is no Broker here: what is answered does not depend on one.

let site: Site
let gateway: GatewayProcess
let config: string
let a: RidClient
let printed: Certificate
let revoked: Certificate

const ALL = ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result']
/** those that may be published: a Query is owed an answer, and there is none yet */
const PUBLISHED = ALL.filter((type) => type !== 'Query')
const EVERY = ['public', 'partner', 'need-to-know', 'private', 'default']

before(async () => {
  site = await createSite({ open: false })
  printed = await site.ca.issue({ cn: 'printed', dns: ['elsewhere.example'] })
  revoked = await site.ca.issue({ cn: 'revoked', dns: ['csirt-a.example'] })
  const crl = await site.ca.crl([revoked])
  const topic = (name: string, more = {}) => ({ name, create: true, ...more })
  const peer = (name: string, more = {}) => ({
    name,
    identity: { dns: `${name}.example` },
    publish: ['incident'],
    ...more,
  })
  const base = site.base() as { rid: { tls: object }; grid: object }
  config = await site.config({
    rid: { ...base.rid, tls: { ...base.rid.tls, crl }, maxMessage: '64KiB' },
    peers: [
      peer('csirt-a'),
      peer('all-types', { accept: ALL, publish: ['incident', 'requests'] }),
      { name: 'printed', identity: { fingerprint: printed.fingerprint256 }, publish: ['incident'] },
      {
        name: 'both',
        identity: { dns: 'both.example', fingerprint: (await site.certificate('both')).fingerprint256 },
        publish: ['incident'],
      },
      peer('strict', { strict: true }),
      { name: 'mute', identity: { dns: 'mute.example' } },
      peer('router', { publish: ['incident', 'traces', 'watched'], accept: ['Report', 'InvestigationRequest'] }),
      peer('white', { publish: ['white'] }),
      peer('amber', { publish: ['amber'] }),
      peer('every', { publish: ['every'] }),
      peer('nodefault', { publish: ['nodefault'] }),
      peer('unrouted', { publish: ['incident'] }),
    ],
    grid: {
      ...base.grid,
      maxItem: '40KB',
      topics: [
        topic('incident'),
        topic('requests'),
        topic('traces'),
        topic('watched'),
        topic('white', { restrictions: ['white'] }),
        topic('amber', { restrictions: ['amber', 'public'] }),
        topic('every', { restrictions: EVERY }),
        topic('nodefault', { restrictions: ['public', 'partner', 'need-to-know', 'private'] }),
      ],
    },
    routes: [
      { match: { peer: ['unrouted'], purpose: ['mitigation'], type: ['Query'] }, topic: 'incident' },
      { match: { peer: ['router'], purpose: ['traceback', 'watch'] }, topic: 'traces' },
      { match: { peer: ['router'], purpose: ['watch'] }, topic: 'watched' },
      { match: { peer: ['router'], type: ['InvestigationRequest'] }, topic: 'watched' },
      { match: { peer: ['router'], purpose: ['other'] }, topic: 'requests' },
      { match: { peer: ['router'] }, topic: 'incident' },
      { match: { peer: ['white'] }, topic: 'white' },
      { match: { peer: ['amber'] }, topic: 'amber' },
      { match: { peer: ['every'] }, topic: 'every' },
      { match: { peer: ['nodefault'] }, topic: 'nodefault' },
      { match: { peer: ['csirt-a', 'all-types', 'printed', 'both', 'strict', 'mute'] }, topic: 'incident' },
    ],
  })
  gateway = start(config)
  await gateway.serving
  a = await site.client('csirt-a')
})

after(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await site?.[Symbol.asyncDispose]()
})

interface Listed {
  readonly id: string
  readonly destination: string
  readonly incident: string
  readonly source: string
  readonly state: string
}

async function queued(id: string): Promise<Listed[]> {
  const { stdout, code } = await run(['queue', 'list', '--json', '--config', config])
  assert.equal(code, 0)
  return (JSON.parse(stdout) as Listed[]).filter(({ incident }) => incident.includes(id))
}

/** Ids of which nothing may have been stored: looked for when all is over. */
const unstored: string[] = []
const never = (id: string) => void unstored.push(id)

function acknowledged(response: RidResponse, status: 'Approved' | 'Denied'): void {
  assert.equal(response.status, 200, response.body)
  assert.match(String(response.headers['content-type']), /^text\/xml/)
  assert.match(response.body, /MsgType="Acknowledgement"/)
  assert.match(response.body, new RegExp(`AuthorizationStatus="${status}"`))
  if (status === 'Denied') assert.match(response.body, /Justification="CannotProcess"/)
}

function problem(response: RidResponse, status: number): void {
  assert.equal(response.status, status, response.body)
  assert.match(String(response.headers['content-type']), /^application\/problem\+xml/, response.body)
  assert.match(response.body, /urn:ietf:rfc:7807/)
  assert.match(response.body, new RegExp(`<status>${status}</status>`))
  secretive(response)
}

/** "Nothing about paths, stack or configuration leaves" */
function secretive({ body, headers }: RidResponse): void {
  const all = JSON.stringify(headers) + body
  assert.doesNotMatch(all, /\/tmp\/|\/work\/|node_modules|\.ts\b|\.xsd|at \w+ \(|gateway\.db|pubsub\.grid|fastify/i)
}

describe('RID endpoint: what is taken', () => {
  test('a valid RID Report is answered 200, text/xml, Acknowledgement Approved with the same IncidentID', async () => {
    const response = await a.post(report({ id: 'ok-1' }))
    acknowledged(response, 'Approved')
    assert.match(response.body, /<(\w+:)?IncidentID[^>]*name="csirt-a\.example"[^>]*>ok-1</)
    const [delivery, ...more] = await queued('ok-1')
    assert.deepEqual([delivery?.destination, delivery?.source, more.length], ['incident', 'csirt-a', 0])
  })

  test('the Acknowledgement is valid RID by our own validate', async () => {
    for (const id of ['ack-1', 'ack-2']) {
      const { body } = await a.post(report({ id, restriction: id === 'ack-1' ? 'public' : 'private' }))
      const { code, stdout } = await run(['validate', '--json', '-'], { input: body })
      assert.equal(code, 0, stdout)
      assert.match(stdout, /"format": ?"RID"/)
    }
  })

  test('the same message again: the same answer, nothing is published twice', async () => {
    const body = report({ id: 'twice-1' })
    const [first, second] = [await a.post(body), await a.post(body)]
    assert.equal(second.status, first.status)
    assert.equal(second.body, first.body)
    assert.equal((await queued('twice-1')).length, 1)
  })

  test('the same message from eight connections at once is one delivery', async () => {
    const body = report({ id: 'at-once-1' })
    for (const response of await Promise.all(Array.from({ length: 8 }, () => a.post(body))))
      acknowledged(response, 'Approved')
    assert.equal((await queued('at-once-1')).length, 1)
  })

  test('a bare IODEF-Document is taken as a Report', async () => {
    const response = await a.post(DECLARATION + documentOf(incident({ id: 'bare-1' })))
    acknowledged(response, 'Approved')
    assert.match(response.body, />bare-1</)
    acknowledged(await a.post(documentOf(incident({ id: 'bare-2' }))), 'Approved')
  })

  test('ReportSchema in every form: ext-value, direct, none, 2.0, only one of them, wrong in name', async () => {
    const forms = [
      EXT_FORM,
      DIRECT_FORM,
      '',
      ` Version="2.0" XMLSchemaID="${NS2}"`,
      ' Version="2.00"',
      ` XMLSchemaID="${NS2}"`,
      ' Version="1.0"',
      OLD_FORM,
    ]
    for (const [n, form] of forms.entries()) {
      const response = await a.post(report({ id: `form-${n}` }, { form }))
      acknowledged(response, 'Approved')
    }
  })

  test('white space, comments and prefixes around the embedded document; XMLDocument without meaning', async () => {
    acknowledged(await a.post(report({ id: 'around-1' }, { before: '\n  <!-- here --> \t', meaning: '' })), 'Approved')
    const inner = documentOf(incident({ id: 'around-2' }))
      .replace(`xmlns="${NS2}"`, `xmlns:i="${NS2}"`)
      .replaceAll(/<(\/?)([A-Z])/g, '<$1i:$2')
    acknowledged(await a.post(message(inner, { id: 'around-2' })), 'Approved')
    const outer = report({ id: 'around-3' })
      .replace(`<RID xmlns="${RID}"`, `<r:RID xmlns:r="${RID}" xmlns:j="${NS1}"`)
      .replace('</RID>', '</r:RID>')
      .replaceAll(/<(\/?)(RIDPolicy|PolicyRegion|TrafficType|ReportSchema|XMLDocument)/g, '<$1r:$2')
    acknowledged(await a.post(outer), 'Approved')
    assert.equal((await queued('around-')).length, 3)
  })

  test('content types: text/xml, application/xml, application/iodef+xml, any charset parameter, any case', async () => {
    const types = [
      'text/xml',
      'text/xml; charset=utf-8',
      'text/xml;charset="UTF-8"',
      'TEXT/XML; Charset=UTF-8',
      'application/xml',
      'application/xml; charset=utf-8',
      'application/iodef+xml',
      'application/iodef+xml; charset=UTF-8',
      'text/xml; charset=us-ascii',
      'text/xml; charset=utf-8; profile=x',
    ]
    for (const [n, type] of types.entries()) {
      const response = await a.post(report({ id: `type-${n}` }), { 'content-type': type })
      assert.equal(response.status, 200, `${type}: ${response.body}`)
    }
  })

  test('a UTF-16 body, with and without a charset parameter', async () => {
    const text = report({ id: 'utf16-ř日本' }).replace('UTF-8', 'UTF-16')
    const body = Buffer.from(`\ufeff${text}`, 'utf16le')
    const response = await a.post(body, { 'content-type': 'text/xml; charset=utf-16' })
    acknowledged(response, 'Approved')
    assert.match(response.body, /utf16-ř日本/)
    acknowledged(await a.post(body), 'Approved')
    acknowledged(await a.post(Buffer.from(body).swap16(), { 'content-type': 'application/xml' }), 'Approved')
    acknowledged(await a.post(await fixture('valid/utf-16.xml')), 'Approved')
    assert.equal((await queued('utf16-')).length, 1)
  })

  test('a UTF-8 byte order mark, and ISO-8859-1 as declared', async () => {
    acknowledged(await a.post(`\ufeff${report({ id: 'bom-1' })}`), 'Approved')
    const latin = Buffer.from(report({ id: 'latin-é' }).replace('UTF-8', 'ISO-8859-1'), 'latin1')
    acknowledged(await a.post(latin), 'Approved')
    assert.equal((await queued('latin-é')).length, 1)
  })

  test('every MsgType from a peer that may send it', async () => {
    const client = await site.client('all-types')
    const source = `<IncidentSource><SourceFound>true</SourceFound></IncidentSource>`
    for (const type of PUBLISHED) {
      const response = await client.post(
        report({ id: `all-${type}` }, { type, after: type === 'Result' ? source : '' }),
      )
      // RFC 6546 Table 1: a Result, itself a reply, is answered 200 without a body
      if (type === 'Result') assert.deepEqual([response.status, response.body], [200, ''])
      else acknowledged(response, 'Approved')
    }
    assert.equal((await queued('all-')).length, PUBLISHED.length)
  })

  test('a Query is Denied and never published', async () => {
    const client = await site.client('all-types')
    acknowledged(await client.post(report({ id: 'query-1' }, { type: 'Query' })), 'Denied')
    never('query-1')
  })

  test('peer by fingerprint', async () => {
    const client = createRidClient(site.ridPort, { ca: site.ca.cert, cert: printed.cert, key: printed.key })
    acknowledged(await client.post(report({ id: 'printed-1' })), 'Approved')
    assert.equal((await queued('printed-1'))[0]?.source, 'printed')
  })

  test('identity dns and fingerprint together: both must fit', async () => {
    acknowledged(await (await site.client('both')).post(report({ id: 'both-1' })), 'Approved')
    const { cert, key } = await site.ca.issue({ cn: 'x', dns: ['both.example'] })
    const other = createRidClient(site.ridPort, { ca: site.ca.cert, cert, key })
    problem(await other.post(report({ id: 'both-2' })), 403)
  })

  test('Expect: 100-continue and a chunked body', async () => {
    const response = await a.send({ headers: { expect: '100-continue' }, body: report({ id: 'expect-1' }) })
    acknowledged(response, 'Approved')
    const body = Buffer.from(report({ id: 'chunk-日本' }))
    const pieces = Array.from({ length: Math.ceil(body.length / 7) }, (_, n) => body.subarray(n * 7, n * 7 + 7))
    acknowledged(await a.send({ body: pieces }), 'Approved')
  })

  test('strict: a document that breaks rules only the text states is refused by a strict peer alone', async () => {
    const strict = await site.client('strict')
    const body = report({ id: 'strict-1', contact: '<Contact role="creator" type="organization"/>' })
    acknowledged(await a.post(body), 'Approved')
    const response = await strict.post(body)
    problem(response, 400)
    assert.match(response.body, /<line>/)
    acknowledged(await strict.post(report({ id: 'strict-2' })), 'Approved')
  })
})

describe('RID endpoint: other requests', () => {
  test('GET or HEAD / is 204 without a body', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, body, headers } = await a.send({ method, headers: { 'content-type': undefined } })
      assert.deepEqual([status, body, headers['content-length']], [204, '', undefined])
    }
  })

  test('another method on / is 405 with Allow', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE']) {
      const response = await a.send({ method, headers: { 'content-type': undefined } })
      assert.equal(response.status, 405, method)
      assert.deepEqual(
        String(response.headers.allow)
          .split(',')
          .map((word) => word.trim())
          .sort(),
        ['GET', 'HEAD', 'POST'],
      )
      problem(response, 405)
    }
    const put = await a.send({ method: 'PUT', body: report({ id: 'put-1' }) })
    assert.equal(put.status, 405)
  })

  test('any other URI is 404 for every method, never a redirection', async () => {
    for (const path of [
      '/x',
      '//',
      '/./',
      '/index.html',
      '/?a=1',
      '/rid/',
      '/%2e',
      '/..%2f',
      '/metrics',
      '/ready',
      '/favicon.ico',
    ]) {
      for (const method of ['GET', 'POST', 'HEAD', 'PUT']) {
        const response = await a.send({ method, path, ...(method === 'POST' ? { body: report({ id: 'uri-1' }) } : {}) })
        const want = path === '/?a=1' ? [404, 200, 204, 405] : [404]
        assert.ok(want.includes(response.status), `${method} ${path}: ${response.status}`)
        assert.equal(response.headers.location, undefined)
      }
    }
    problem(await a.send({ method: 'GET', path: '/x' }), 404)
  })

  test('a body that is not XML by its type is 415, so is one without a type or compressed', async () => {
    const types = [
      'application/json',
      'text/plain',
      'text/html',
      'text/xmlx',
      'application/x-www-form-urlencoded',
      'image/svg+xml',
      '/',
      ' ',
      'text/xml, text/xml',
      undefined,
    ]
    for (const type of types) {
      const response = await a.post(report({ id: 'type-no' }), { 'content-type': type })
      assert.equal(response.status, 415, `${type}: ${response.body}`)
      problem(response, 415)
    }
    problem(await a.post(report({ id: 'type-no' }), { 'content-encoding': 'gzip' }), 415)
    never('type-no')
  })

  test('over maxMessage is 413, by its length or while it comes; just under is not', async () => {
    const declared = await a.post(`<x>${'x'.repeat(64 * 1024)}</x>`)
    problem(declared, 413)
    const chunked = await a.send({ body: ['<x>', ...Array.from({ length: 80 }, () => 'y'.repeat(1024))] })
    problem(chunked, 413)
    const exact = await a.post(report({ id: 'fits-1' }) + ' '.repeat(20_000))
    acknowledged(exact, 'Approved')
  })

  test('over maxMessage is answered without reading it all', async () => {
    const socket = await a.raw()
    const answer = readUntilClose(socket, 20_000)
    socket.write(
      'POST / HTTP/1.1\r\nHost: gateway.example\r\nContent-Type: text/xml\r\nContent-Length: 900000000000\r\n\r\n<RID>',
    )
    assert.match(await answer, /^HTTP\/1\.1 413 /)
  })
})

describe('RID endpoint: what is refused', () => {
  const broken: [string, string | Buffer][] = [
    ['nothing', ''],
    ['white space', ' \n'],
    ['not XML', 'hello'],
    ['binary', Buffer.from([0, 1, 2, 255, 254, 0, 9])],
    ['JSON', '{"a":1}'],
    ['not well-formed', '<RID xmlns="x">'],
    ['two roots', '<a/><b/>'],
    ['an unbound prefix', '<r:RID/>'],
    ['NUL in it', report({ id: 'nul' }).replace('CSIRT A', 'CSIRT\0A')],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(report({ id: 'u' }).slice(0, -6)), Buffer.from([0xff, 0xfe]), Buffer.from('</RID>')]),
    ],
    ['an unknown encoding', report({ id: 'enc' }).replace('UTF-8', 'KLINGON')],
    ['a DTD', report({ id: 'dtd' }).replace('<RID', '<!DOCTYPE RID><RID')],
    [
      'an internal subset with an entity',
      report({ id: '&x;' }).replace('<RID', '<!DOCTYPE RID [<!ENTITY x "y">]><RID'),
    ],
    ['an external DTD', report({ id: 'dtd' }).replace('<RID', '<!DOCTYPE RID SYSTEM "file:///etc/passwd"><RID')],
    ['an undefined entity', report({ id: '&nbsp;' })],
    ['an unknown root', '<foo xmlns="urn:x"/>'],
    ['IODEF without a namespace', documentOf(incident({ id: 'nons' })).replace(` xmlns="${NS2}"`, '')],
    ['an unknown IODEF version', documentOf(incident({ id: 'v3' })).replaceAll('iodef-2.0', 'iodef-3.0')],
    ['a document without Incidents', documentOf('')],
    ['a wrong version', documentOf(incident({ id: 'v' }), { attributes: ' version="3.00"' })],
    ['no Contact', report({ id: 'nc', contact: '' })],
    ['an unknown element', report({ id: 'ue', more: '<Nonsense/>' })],
    ['a restriction that is none', report({ id: 'r', restriction: 'purple' })],
    ['a purpose that is none', report({ id: 'p', purpose: 'fun' })],
    ['no RIDPolicy', `${DECLARATION}<RID xmlns="${RID}" lang="en"/>`],
    ['no lang', report({ id: 'l' }).replace(' lang="en"', '')],
    ['no PolicyRegion', report({ id: 'pr' }).replace('<PolicyRegion region="PeerToPeer"/>', '')],
    ['RIDPolicy/Node of IODEF 2', report({ id: 'n2' }).replace(`<Node xmlns="${NS1}">`, `<Node xmlns="${NS2}">`)],
    ['an unknown MsgType', report({ id: 'mt' }, { type: 'Gossip' })],
    ['XMLDocument without dtype', report({ id: 'dt' }).replace(' dtype="xml"', '')],
    [
      'two documents in one XMLDocument',
      message(documentOf(incident({ id: 'd1' })) + documentOf(incident({ id: 'd2' }))),
    ],
    ['deep nesting', '<a>'.repeat(9000) + '</a>'.repeat(9000)],
    ['a duplicate attribute', '<a x="1" x="2"/>'],
    [
      'a dangling uid-ref',
      report({
        id: 'uid',
        more: '<IndicatorData><Indicator><IndicatorID name="x.example" version="1">i1</IndicatorID><ObservableReference uid-ref="nowhere"/></Indicator></IndicatorData>',
      }),
    ],
  ]

  for (const [what, body] of broken) {
    test(`400 for ${what}`, async () => {
      const response = await a.post(body)
      problem(response, 400)
      assert.equal(response.headers.location, undefined)
    })
  }

  test('400 lists one entry per error with line, column and reason; nothing was stored', async () => {
    const two = report({ id: 'entries-1', more: '\n<Nonsense/>', purpose: 'fun' })
    const response = await a.post(two)
    problem(response, 400)
    const lines = [...response.body.matchAll(/<line>(\d+)<\/line>/g)].map((m) => Number(m[1]))
    assert.ok(lines.length >= 2, response.body)
    assert.match(response.body, /<column>\d+<\/column>/)
    assert.match(response.body, /<reason>[^<]+<\/reason>/)
    assert.ok(lines.includes(2) && lines.includes(3), response.body)
    never('entries-1')
  })

  test('problem details as JSON where Accept asks, with the same entries', async () => {
    for (const accept of [
      'application/problem+json',
      'application/json',
      'application/json, text/plain, */*',
      'application/xml;q=0.1, application/json',
    ]) {
      const response = await a.post(report({ id: 'json', more: '<Nonsense/>' }), { accept })
      assert.equal(response.status, 400)
      assert.match(String(response.headers['content-type']), /^application\/problem\+json/, accept)
      const body = JSON.parse(response.body) as {
        status: number
        title: string
        errors: { line: number; column: number; reason: string }[]
      }
      assert.equal(body.status, 400)
      assert.equal(typeof body.title, 'string')
      assert.equal(body.errors[0]?.line, 2)
      assert.equal(typeof body.errors[0]?.column, 'number')
      assert.match(String(body.errors[0]?.reason), /Nonsense/)
      secretive(response)
    }
    for (const accept of [
      '*/*',
      'text/xml',
      'application/problem+xml',
      'application/problem+xml, application/problem+json;q=0.5',
      'text/html',
    ]) {
      problem(await a.post('x', { accept }), 400)
    }
    const notFound = await a.send({ method: 'GET', path: '/x', headers: { accept: 'application/json' } })
    assert.match(String(notFound.headers['content-type']), /^application\/problem\+json/)
  })

  test('403 for a certificate that is no peer’s, whatever is asked for by POST', async () => {
    const stranger = await site.client('stranger')
    problem(await stranger.post(report({ id: 'stranger-1' })), 403)
    problem(await stranger.post('x'), 403)
    never('stranger-1')
  })

  test('the peer is found by certificate: not by CN, not by wildcard, not by part of a name', async () => {
    const requests = [
      { cn: 'csirt-a.example' },
      { cn: 'x', dns: ['*.example'] },
      { cn: 'x', dns: ['sub.csirt-a.example'] },
      { cn: 'csirt-a.example', dns: ['other.example'] },
    ]
    for (const request of requests) {
      const { cert, key } = await site.ca.issue(request)
      problem(await createRidClient(site.ridPort, { ca: site.ca.cert, cert, key }).post(report({ id: 'cn-1' })), 403)
    }
    const several = await site.ca.issue({ cn: 'x', dns: ['other.example', 'CSIRT-A.example'] })
    const client = createRidClient(site.ridPort, { ca: site.ca.cert, cert: several.cert, key: several.key })
    acknowledged(await client.post(report({ id: 'san-1' })), 'Approved')
  })

  test('no client certificate, one of another CA, expired, or revoked (crl): no HTTP at all', async () => {
    const client = createRidClient(site.ridPort, { ca: site.ca.cert })
    await assert.rejects(client.post(report({ id: 'none-1' })))
    await using other = await createPki()
    const { cert, key } = await (await other.ca('x')).issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'] })
    await assert.rejects(createRidClient(site.ridPort, { ca: site.ca.cert, cert, key }).post(report({ id: 'none-2' })))
    const expired = await site.ca.issue({ cn: 'csirt-a.example', dns: ['csirt-a.example'], expired: true })
    await assert.rejects(
      createRidClient(site.ridPort, { ca: site.ca.cert, cert: expired.cert, key: expired.key }).post('x'),
    )
    const { cert: old, key: oldKey } = revoked
    await assert.rejects(createRidClient(site.ridPort, { ca: site.ca.cert, cert: old, key: oldKey }).post('x'))
    never('none-')
  })

  test('TLS 1.2 or newer', async () => {
    await assert.rejects(a.raw({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    const socket = await a.raw({ maxVersion: 'TLSv1.2' })
    assert.equal(socket.getProtocol(), 'TLSv1.2')
    socket.destroy()
  })

  test('403 for a MsgType that peer may not send (accept is [Report] by default)', async () => {
    for (const type of ['Query', 'InvestigationRequest', 'TraceRequest', 'Result']) {
      problem(await a.post(report({ id: 'mtype-1' }, { type })), 403)
    }
    const ack = `${message('', { type: 'Acknowledgement' }).replace('</RID>', '')}<RequestStatus AuthorizationStatus="Approved"/></RID>`
    problem(await a.post(ack), 403)
    never('mtype-1')
  })

  test('too large for the Broker is 413 before anything is stored', async () => {
    const filler = `<Description>${'日'.repeat(15_000)}</Description>`
    const response = await a.post(report({ id: 'broker-size-1', description: filler }))
    problem(response, 413)
    never('broker-size-1')
    const two = documentOf(incident({ id: 'small-1' }) + incident({ id: 'broker-size-2', description: filler }))
    problem(await a.post(message(two)), 413)
    never('small-1')
  })
})

describe('RID endpoint: Denied, CannotProcess', () => {
  async function denied(client: RidClient, body: string, id: string): Promise<void> {
    const response = await client.post(body)
    acknowledged(response, 'Denied')
    assert.match(response.body, new RegExp(`>${id}<`))
    never(id)
    secretive(response)
  }

  test('no route (peer, purpose and type must all match); none = refused', async () => {
    const client = await site.client('unrouted')
    await denied(client, report({ id: 'noroute-1', purpose: 'mitigation' }), 'noroute-1')
    await denied(client, report({ id: 'noroute-2' }), 'noroute-2')
  })

  test('the route’s Topic is not in the peer’s publish; publish is none by default', async () => {
    await denied(await site.client('mute'), report({ id: 'mute-1' }), 'mute-1')
    await denied(await site.client('router'), report({ id: 'unlisted-1', purpose: 'other' }), 'unlisted-1')
  })

  test('first match wins, by purpose and type', async () => {
    const client = await site.client('router')
    const cases: [string, string, string][] = [
      ['traceback', 'Report', 'traces'],
      ['watch', 'Report', 'traces'],
      ['watch', 'InvestigationRequest', 'traces'],
      ['reporting', 'InvestigationRequest', 'watched'],
      ['reporting', 'Report', 'incident'],
    ]
    for (const [purpose, type] of cases) {
      const id = `first-${purpose}-${type}`
      acknowledged(await client.post(report({ id, purpose }, { type })), 'Approved')
    }
    const stored = await queued('first-')
    for (const [purpose, type, topic] of cases) {
      const rows = stored.filter(({ incident }) => incident.endsWith(`first-${purpose}-${type}`))
      assert.deepEqual(
        rows.map(({ destination }) => destination),
        [topic],
      )
    }
  })

  test('a document of several Incidents is all or nothing; the routes are tried per Incident', async () => {
    const client = await site.client('router')
    const ok = incident({ id: 'several-1' }) + incident({ id: 'several-2', purpose: 'traceback' })
    acknowledged(await client.post(message(documentOf(ok), { id: 'several-1' })), 'Approved')
    const topics = [...(await queued('several-1')), ...(await queued('several-2'))].map(
      ({ destination }) => destination,
    )
    assert.deepEqual([...new Set(topics)].sort(), ['incident', 'traces'])
    const one = incident({ id: 'partly-1' })
    for (const other of [{ purpose: 'other' }, { restriction: 'red' }, { restriction: null }]) {
      for (const order of [
        one + incident({ id: 'partly-2', ...other }),
        incident({ id: 'partly-2', ...other }) + one,
      ]) {
        acknowledged(await client.post(message(documentOf(order))), 'Denied')
      }
    }
    never('partly-')
  })

  const table: [string, string, string | null, string, 'Approved' | 'Denied'][] = [
    ['csirt-a', 'default list', 'public', '', 'Approved'],
    ['csirt-a', 'default list', 'white', '', 'Approved'],
    ['csirt-a', 'default list', 'partner', '', 'Approved'],
    ['csirt-a', 'default list', 'green', '', 'Approved'],
    ['csirt-a', 'default list', 'need-to-know', '', 'Denied'],
    ['csirt-a', 'default list', 'amber', '', 'Denied'],
    ['csirt-a', 'default list', 'private', '', 'Denied'],
    ['csirt-a', 'default list', 'red', '', 'Denied'],
    ['csirt-a', 'default list', 'default', '', 'Denied'],
    ['csirt-a', 'default list', 'ext-value', '', 'Denied'],
    ['csirt-a', 'default list', null, '', 'Denied'],
    ['csirt-a', 'child tightens', 'public', ' restriction="red"', 'Denied'],
    ['csirt-a', 'child tightens within', 'public', ' restriction="green"', 'Approved'],
    ['csirt-a', 'child relaxes', 'private', ' restriction="public"', 'Denied'],
    ['csirt-a', 'child default', 'public', ' restriction="default"', 'Denied'],
    ['csirt-a', 'child ext-value', 'public', ' restriction="ext-value" ext-restriction="x"', 'Denied'],
    ['white', '[white]', 'public', '', 'Approved'],
    ['white', '[white]', 'white', '', 'Approved'],
    ['white', '[white]', 'partner', '', 'Denied'],
    ['amber', '[amber, public]', 'need-to-know', '', 'Approved'],
    ['amber', '[amber, public]', 'amber', '', 'Approved'],
    ['amber', '[amber, public]', 'white', '', 'Approved'],
    ['amber', '[amber, public]', 'partner', '', 'Denied'],
    ['amber', '[amber, public]', 'green', ' restriction="amber"', 'Approved'],
    ['every', 'all', 'ext-value', '', 'Approved'],
    ['every', 'all', null, '', 'Approved'],
    ['every', 'all', 'default', '', 'Approved'],
    ['every', 'all', 'red', '', 'Approved'],
    ['nodefault', 'all but default', 'default', '', 'Denied'],
    ['nodefault', 'all but default', 'private', ' restriction="default"', 'Denied'],
    ['nodefault', 'all but default', 'ext-value', '', 'Approved'],
  ]
  test('restriction: twins, default, ext-value, missing attribute, the strictest part counts', async () => {
    for (const [n, [peer, list, restriction, onChild, status]] of table.entries()) {
      const contact = `<Contact role="creator" type="organization"${onChild}><ContactName>x</ContactName></Contact>`
      const client = await site.client(peer)
      const response = await client.post(report({ id: `restriction-${n}`, restriction, contact }))
      assert.match(response.body, new RegExp(`"${status}"`), `${list}: ${restriction} ${onChild}: ${response.body}`)
      acknowledged(response, status)
    }
    const stored = new Set((await queued('restriction-')).map(({ incident }) => incident.replace(/.*restriction-/, '')))
    for (const [n, row] of table.entries()) assert.equal(stored.has(String(n)), row[4] === 'Approved', String(n))
  })

  test('the reason of a Denied is in log and trace', async () => {
    await a.post(report({ id: 'why-1', restriction: null }))
    const traced = await run(['trace', 'why-1', '--config', config])
    assert.equal(traced.code, 0, traced.stderr)
    assert.match(traced.stdout, /private/)
    assert.ok(
      gateway
        .log()
        .some(
          (line) =>
            line.event === 'denied' && /private/.test(String(line.reason)) && JSON.stringify(line).includes('why-1'),
        ),
    )
  })

  test('what the peer is told about a Denied names neither Topic nor peer', async () => {
    const { body } = await a.post(report({ id: 'told-1', restriction: 'red' }))
    assert.doesNotMatch(
      body.replaceAll('csirt-a.example', '').replace('gateway.example', ''),
      /csirt-a|incident"|Topic/,
    )
  })
})

test('nothing was stored of what was refused or denied', async () => {
  const { stdout, code } = await run(['queue', 'list', '--json', '--config', config])
  assert.equal(code, 0)
  const stored = (JSON.parse(stdout) as Listed[]).map(({ incident }) => incident)
  assert.ok(stored.length > 40 && unstored.length > 10)
  for (const id of unstored)
    assert.deepEqual(
      stored.filter((incident) => incident.includes(id)),
      [],
      id,
    )
})

test('the log is JSON lines on standard output only, without bodies of documents', () => {
  const lines = gateway.log()
  assert.ok(lines.length > 20)
  assert.doesNotMatch(gateway.lines.join('\n'), /<Incident|<RID|CSIRT A|gateway-secret/)
  for (const line of gateway.said.split('\n')) assert.doesNotMatch(line, /^\{/)
})
