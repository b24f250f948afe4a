import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { basicHeader, credentials, readBasic } from '../../src/rid/basic-header.ts'

const coded = (bytes: string | Uint8Array) => `Basic ${Buffer.from(bytes).toString('base64')}`
const of = (...values: string[]) => readBasic(['Host', 'x', ...values.flatMap((value) => ['Authorization', value])])

describe('the header field Authorization', () => {
  test('of Basic has a user and a password, and the first colon is between them (RFC 7617 §2)', () => {
    assert.deepEqual(of(coded('Aladdin:open sesame')), {
      kind: 'credentials',
      user: 'Aladdin',
      password: 'open sesame',
    })
    assert.deepEqual(of(coded('a:b:c:')), { kind: 'credentials', user: 'a', password: 'b:c:' })
    assert.deepEqual(of(basicHeader('x', 'y')), { kind: 'credentials', user: 'x', password: 'y' })
    assert.deepEqual(of('bAsIc   eDp5'), { kind: 'credentials', user: 'x', password: 'y' })
  })

  test('is read as UTF-8, and composed (RFC 7617 §2.1)', () => {
    assert.deepEqual(of('Basic dGVzdDoxMjPCow=='), { kind: 'credentials', user: 'test', password: '123£' })
    assert.deepEqual(of(coded('u\u0308:p')), { kind: 'credentials', user: 'ü', password: 'p' })
    assert.equal(of(coded(Buffer.from('müller:p', 'latin1'))).kind, 'malformed')
  })

  test('need not be there', () => assert.deepEqual(of(), { kind: 'nothing' }))

  for (const [what, value] of [
    ['another scheme', 'Bearer eDp5'],
    ['nothing behind the scheme', 'Basic'],
    ['no base64', 'Basic !!!!'],
    ['base64 without its padding', 'Basic YTpiYg'],
    ['base64 with bits behind its end', 'Basic YTpiYh=='],
    ['base64 for URLs', 'Basic Pz8_Og-_'],
    ['something behind it', 'Basic eDp5, Basic eDp5'],
    ['no colon', coded('nobody')],
    ['an empty user', coded(':password')],
    ['an empty password', coded('user:')],
    ['NUL', coded('us\0er:password')],
    ['NUL in the password', coded('user:pass\0word')],
    ['a line end', coded('user:pass\r\nX: y')],
    ['a control character of C1', coded('user:\u0085')],
    ['a user without end', coded(`${'u'.repeat(256)}:p`)],
    ['a password without end', coded(`u:${'p'.repeat(2000)}`)],
    ['half a character', coded(Uint8Array.of(0x61, 0x3a, 0xc3))],
  ] as const) {
    test(`is malformed with ${what}`, () => assert.deepEqual(of(value), { kind: 'malformed' }))
  }

  test('is malformed where it stands there twice, also the same, in whatever case', () => {
    assert.equal(of(coded('a:b'), coded('a:b')).kind, 'malformed')
    assert.equal(readBasic(['authorization', coded('a:b'), 'AUTHORIZATION', coded('c:d')]).kind, 'malformed')
  })

  test('goes to a receiver that asks for it alone, with the password of now', () => {
    let password = 'one'
    const basic = { user: 'gateway', readPassword: () => password }
    assert.deepEqual(credentials({}), {})
    assert.deepEqual(credentials({ basic }), { authorization: coded('gateway:one') })
    password = ''
    assert.throws(() => credentials({ basic }), { code: 'config-invalid' })
    password = 'two'
    assert.deepEqual(credentials({ basic }), { authorization: coded('gateway:two') })
  })
})
