import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ErrorCode, GatewayError, messageOf } from '../src/errors.ts'

describe("an error of the gateway's own", () => {
  test('has a code, words for everybody, and more for the log', () => {
    const cause = new Error('ENOSPC')
    const error = new GatewayError('store-unavailable', 'The disk is full.', { cause, fields: { path: 'x' } })
    assert.ok(error instanceof Error)
    assert.equal(error.name, 'GatewayError')
    assert.equal(error.code, 'store-unavailable')
    assert.equal(error.message, 'The store cannot be used. The disk is full.')
    assert.equal(error.publicText, 'The store cannot be used.')
    assert.equal(error.cause, cause)
    assert.deepEqual(error.fields, { path: 'x' })
  })

  test('needs no more than its code', () => {
    const error = new GatewayError('usage')
    assert.equal(error.message, 'The command was not understood.')
    assert.equal(error.message, error.publicText)
    assert.equal(error.cause, undefined)
    assert.deepEqual(error.fields, {})
  })

  // a code more or less does not compile
  const PERMANENCE: Readonly<Record<ErrorCode, 'transient' | 'permanent'>> = {
    'config-invalid': 'permanent',
    usage: 'permanent',
    'intake-timeout': 'permanent',
    'intake-memory': 'permanent',
    'intake-failed': 'permanent',
    'intake-busy': 'transient',
    'store-unavailable': 'transient',
    'audit-unavailable': 'transient',
    'store-corrupt': 'permanent',
    'grid-away': 'transient',
    'grid-tls': 'transient',
    'grid-auth': 'permanent',
    'grid-conflict': 'permanent',
    'grid-timeout': 'transient',
    'grid-refused': 'permanent',
    'grid-busy': 'transient',
    'peer-away': 'transient',
    internal: 'transient',
  }

  for (const [code, permanence] of Object.entries(PERMANENCE) as [ErrorCode, string][]) {
    test(`${code} is ${permanence}, and is told in a sentence of its own`, () => {
      const error = new GatewayError(code)
      assert.equal(error.permanence, permanence)
      assert.match(error.publicText, /^[A-Z][^.]+\.$/)
      const others = (Object.keys(PERMANENCE) as ErrorCode[]).filter((other) => other !== code)
      assert.ok(!others.some((other) => new GatewayError(other).publicText === error.publicText))
    })
  }
})

test('anything that is thrown has a message', () => {
  assert.equal(messageOf(new TypeError('x')), 'x')
  assert.equal(messageOf('text'), 'text')
  assert.equal(messageOf(undefined), 'undefined')
  assert.equal(messageOf({ message: 'no error' }), '[object Object]')
})
