import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refused } from '../../src/rid/preconditions.ts'
import { bareResponse, refusalOf } from '../../src/rid/raw-response.ts'

/** What Node's parser says of these bytes when it stops behind `parsed` of them. */
function broken(bytes: string, parsed = 0): Error {
  return Object.assign(new Error('Parse Error'), { rawPacket: Buffer.from(bytes, 'latin1'), bytesParsed: parsed })
}
const statusOf = (code: string, error: Error = new Error('x')) => refusalOf(code, error).problem.status

describe('what is no request', () => {
  test('is refused by what was wrong with it', () => {
    const line = (code: string) =>
      bareResponse(refusalOf(code, new Error('x')), 'id', undefined)
        .toString()
        .split('\r\n')[0]
    assert.equal(line('ERR_HTTP_REQUEST_TIMEOUT'), 'HTTP/1.1 408 Request Timeout')
    assert.equal(line('HPE_CHUNK_EXTENSIONS_OVERFLOW'), 'HTTP/1.1 413 Content Too Large')
    assert.equal(line('HPE_HEADER_OVERFLOW'), 'HTTP/1.1 431 Request Header Fields Too Large')
    assert.equal(line('HPE_INVALID_VERSION'), 'HTTP/1.1 400 Bad Request')
    assert.equal(statusOf('unknown'), 400)
  })

  test('with a method that Node does not know is refused as any other method', () => {
    const refusal = refusalOf('HPE_INVALID_METHOD', broken('BREW / HTTP/1.1\r\nHost: x\r\n\r\n'))
    assert.equal(refusal.problem.status, 405)
    assert.equal(refusal.headers?.allow, 'GET, HEAD, POST')
    assert.equal(statusOf('HPE_INVALID_METHOD', broken('BREW /coffee HTTP/1.1\r\n')), 404)
    assert.equal(statusOf('HPE_INVALID_CONSTANT', broken('PLAY / HTTP/1.0\r\n')), 405)
  })

  test('is found on the line where the parser stopped', () => {
    const first = 'POST / HTTP/1.1\r\nHost: x\r\n\r\n'
    const bytes = `${first}BREW / HTTP/1.1\r\n`
    assert.equal(statusOf('HPE_INVALID_METHOD', broken(bytes, first.length + 2)), 405)
    assert.equal(statusOf('HPE_INVALID_METHOD', broken('<a/>\r\nBREW / HTTP/1.1\r\n', 2)), 400)
    // from its first character, whichever the parser stopped at
    for (const parsed of [0, 1, 2, 5])
      assert.equal(statusOf('HPE_INVALID_METHOD', broken(`${first}XPOST / HTTP/1.1\r\n`, first.length + parsed)), 405)
  })

  test('and says nothing that can be read is no request', () => {
    for (const text of [
      '',
      'BREW',
      'BREW / HTTP/2.0\r\n',
      'BREW  / HTTP/1.1\r\n',
      'B(EW / HTTP/1.1\r\n',
      'BREW / HTTP/1.1\n',
    ])
      assert.equal(statusOf('HPE_INVALID_METHOD', broken(text)), 400, text)
    assert.equal(statusOf('HPE_INVALID_METHOD', new Error('without its bytes')), 400)
    // the rest of a longer method, whose beginning came before
    assert.equal(statusOf('HPE_INVALID_METHOD', broken('POST / HTTP/1.1\r\n')), 400)
  })
})

describe('an answer to what never became a request', () => {
  test('is whole, and the last one', () => {
    const bytes = bareResponse(refused(404, 'Not Found', 'RID has one resource: /'), 'id-1', undefined)
    const [head = '', body = ''] = bytes.toString('utf8').split('\r\n\r\n')
    const [line, ...fields] = head.split('\r\n')
    assert.equal(line, 'HTTP/1.1 404 Not Found')
    assert.ok(fields.includes('connection: close'))
    assert.ok(fields.includes('content-type: application/problem+xml'))
    assert.ok(fields.includes(`content-length: ${Buffer.byteLength(body)}`))
    assert.match(body, /<instance>urn:uuid:id-1<\/instance>/)
  })

  test('carries its own header fields, and is JSON where that is asked for', () => {
    const text = bareResponse(
      refused(405, 'Method Not Allowed', 'é', { allow: 'POST', connection: 'keep-alive' }),
      'id',
      'application/json',
    ).toString('utf8')
    assert.match(text, /\r\nallow: POST\r\n/)
    assert.match(text, /\r\ncontent-type: application\/problem\+json\r\n/)
    assert.doesNotMatch(text, /keep-alive/)
    const [head = '', body = ''] = text.split('\r\n\r\n')
    assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), Buffer.byteLength(body))
    assert.equal(JSON.parse(body).detail, 'é')
  })
})
