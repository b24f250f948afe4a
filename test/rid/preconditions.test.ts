import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { checkRequest, checkResource } from '../../src/rid/preconditions.ts'

const peer = { name: 'csirt-a' } as PeerConfig
type Head = Parameters<typeof checkRequest>[0]

/** A POST that is taken, but for what is changed. */
function check(
  change: Partial<Omit<Head, 'headers'>> & { headers?: Record<string, string | undefined> } = {},
  state: 'serving' | 'draining' = 'serving',
) {
  const headers = Object.fromEntries(
    Object.entries({ host: 'x', 'content-type': 'text/xml', 'content-length': '9', ...change.headers }).filter(
      ([, v]) => v !== undefined,
    ),
  ) as Head['headers']
  const rawHeaders = change.rawHeaders ?? Object.entries(headers).flat().map(String)
  return checkRequest(
    { method: 'POST', version: '1.1', target: '/', peer, ...change, headers, rawHeaders },
    state,
    1000,
  )
}

/** `status`, or the kind where it is no refusal. */
function outcome(...args: Parameters<typeof check>): number | string {
  const verdict = check(...args)
  return verdict.kind === 'refused' ? verdict.problem.status : verdict.kind
}

describe('a request that is taken', () => {
  test('is a POST of XML to / by a peer', () => {
    assert.deepEqual(check(), { kind: 'message', peer })
    assert.deepEqual(check({ headers: { 'content-type': 'Text/XML; charset="UTF-16"' } }), {
      kind: 'message',
      peer,
      charset: 'utf-16',
    })
    for (const type of ['application/xml', 'application/iodef+xml; a=b']) {
      assert.equal(outcome({ headers: { 'content-type': type } }), 'message', type)
    }
  })

  test('names / in whatever form a server must take', () => {
    for (const target of ['/', 'https://gateway.example', 'https://gateway.example:4590/', 'HTTPS://g/'])
      assert.equal(outcome({ target }), 'message', target)
    for (const target of ['/x', '/?', '*', '//', 'http://g/', 'https://g/x', 'https://g?x', 'https:///', ''])
      assert.equal(outcome({ target }), 404, target)
  })

  test('is asked about by anybody with GET and HEAD', () => {
    for (const method of ['GET', 'HEAD']) assert.equal(outcome({ method, peer: undefined }), 'no-content')
    assert.equal(outcome({ method: 'GET' }, 'draining'), 'no-content')
  })
})

describe('a request that is refused', () => {
  test('says what is allowed', () => {
    const put = check({ method: 'PUT' })
    assert.equal(put.kind === 'refused' && put.headers?.allow, 'GET, HEAD, POST')
    const json = check({ headers: { 'content-type': 'application/json' } })
    assert.equal(
      json.kind === 'refused' && json.headers?.['accept-post'],
      'text/xml, application/xml, application/iodef+xml',
    )
    const gzip = check({ headers: { 'content-encoding': 'gzip' } })
    assert.equal(gzip.kind === 'refused' && gzip.headers?.['accept-encoding'], 'identity')
  })

  for (const [what, status, change] of [
    ['a method in lower case', 405, { method: 'post' }],
    ['no peer', 403, { peer: undefined }],
    ['no Host', 400, { headers: { host: undefined } }],
    ['a type that is none', 415, { headers: { 'content-type': 'xml' } }],
    ['no type', 415, { headers: { 'content-type': undefined } }],
    ['a body that is compressed', 415, { headers: { 'content-encoding': 'gzip' } }],
    ['another transfer coding', 415, { headers: { 'transfer-encoding': 'gzip, chunked' } }],
    ['a body over the limit', 413, { headers: { 'content-length': '1001' } }],
    ['an expectation that nobody meets', 417, { headers: { expect: 'magic' } }],
    ['two types', 400, { rawHeaders: ['Host', 'x', 'Content-Type', 'text/xml', 'content-type', 'text/xml'] }],
    ['two transfer codings', 400, { rawHeaders: ['Host', 'x', 'Transfer-Encoding', 'a', 'Transfer-Encoding', 'a'] }],
    ['two lengths', 400, { rawHeaders: ['Host', 'x', 'Content-Length', '1', 'CONTENT-LENGTH', '1'] }],
  ] as const) {
    test(`for ${what}: ${status}`, () => assert.equal(outcome(change), status))
  }

  test('for nothing of this', () => {
    for (const change of [
      { headers: { 'content-encoding': ' Identity ' } },
      { headers: { 'transfer-encoding': 'Chunked' } },
      { headers: { 'content-length': '1000' } },
      { headers: { expect: '100-Continue' } },
      { rawHeaders: ['Host', 'x', 'Accept', 'a', 'Accept', 'b', 'X-Y', '1', 'x-y', '2'] },
      // HTTP/1.0 knows neither Host nor Expect
      { version: '1.0', headers: { host: undefined, expect: 'magic' } },
    ])
      assert.equal(outcome(change), 'message', JSON.stringify(change))
  })

  test('for the first of several reasons, in the order of RFC 6546 §3', () => {
    const all = {
      method: 'PUT',
      target: '/x',
      peer: undefined,
      headers: { 'content-type': 'a', 'content-length': '9999' },
    }
    assert.equal(outcome({ ...all, headers: { ...all.headers, host: undefined } }, 'draining'), 400)
    assert.equal(outcome(all, 'draining'), 404)
    assert.equal(outcome({ ...all, target: '/' }, 'draining'), 405)
    assert.equal(outcome({ ...all, target: '/', method: 'POST' }, 'draining'), 403)
    assert.equal(outcome({ ...all, target: '/', method: 'POST', peer }, 'draining'), 415)
    assert.equal(outcome({ headers: { 'content-length': '9999' } }, 'draining'), 413)
    assert.equal(outcome({}, 'draining'), 503)
  })

  test('ends the connection where the next request could be misread', () => {
    for (const change of [{ headers: { host: undefined } }, { headers: { expect: 'x' } }]) {
      const verdict = check(change)
      assert.equal(verdict.kind === 'refused' && verdict.headers?.connection, 'close')
    }
  })

  test('may come again where the gateway only restarts', () => {
    const verdict = check({}, 'draining')
    assert.equal(verdict.kind === 'refused' && verdict.problem.retryAfter, 30)
  })
})

test('a resource is there with its methods, whoever asks', () => {
  assert.equal(checkResource('POST', '/'), undefined)
  assert.equal(checkResource('POST', '/x')?.problem.status, 404)
  assert.equal(checkResource('OPTIONS', '/')?.problem.status, 405)
  assert.equal(checkResource('OPTIONS', '/x')?.problem.status, 404)
})
