import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFourthEditionName } from '../../src/xml/fourth-edition.ts'

test('a name may begin with letters, and go on with digits and marks', () => {
  for (const name of ['a', '_', 'é', '日本', 'a1', 'a-b.c_d', 'e\u0301', 'ก\u0e31'])
    assert.ok(isFourthEditionName(name), name)
  for (const name of ['', '1', '-a', '\u0301', 'a b', 'a/', 'ក', 'Ĳ', 'a\u{10000}', '\ud800', 'a\n']) {
    assert.equal(isFourthEditionName(name), false, JSON.stringify(name))
  }
})
