import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError, messageOf } from '../src/errors.ts'

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

  test('says whether trying again may help', () => {
    const permanence = (...codes: ConstructorParameters<typeof GatewayError>[0][]) =>
      codes.map((code) => new GatewayError(code).permanence)
    assert.deepEqual(
      permanence('intake-busy', 'store-unavailable', 'grid-away', 'peer-away', 'internal'),
      Array(5).fill('transient'),
    )
    assert.deepEqual(
      permanence('intake-timeout', 'intake-memory', 'store-corrupt', 'grid-auth', 'config-invalid'),
      Array(5).fill('permanent'),
    )
  })
})

test('anything that is thrown has a message', () => {
  assert.equal(messageOf(new TypeError('x')), 'x')
  assert.equal(messageOf('text'), 'text')
  assert.equal(messageOf(undefined), 'undefined')
  assert.equal(messageOf({ message: 'no error' }), '[object Object]')
})
