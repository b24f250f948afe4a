import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inBrackets, words } from '../../../src/grid/xmpp/words.ts'

describe("the server's own words", () => {
  test('are one line of what can be printed, and not too many', () => {
    assert.equal(words(' unblocked\n\tat\u0000 12:00 \u202e\u2028'), 'unblocked at 12:00')
    assert.equal(words('x'.repeat(1_000)).length, 200)
  })

  test('stand in brackets, where there are any', () => {
    assert.equal(inBrackets('in repair'), ' (in repair)')
    for (const none of ['', ' \u0007', null, undefined]) assert.equal(inBrackets(none), '')
  })
})
