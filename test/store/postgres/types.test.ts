import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TYPES } from '../../../src/store/postgres/types.ts'

const write = (name: keyof typeof TYPES, value: unknown) => (TYPES[name].serialize as (value: unknown) => string)(value)

test('writes lists as PostgreSQL reads them, whatever stands in them', () => {
  assert.equal(
    write('texts', ['a,b', 'say "x"', 'back\\slash', '{}', '', 'NULL', '漢']),
    String.raw`{"a,b","say \"x\"","back\\slash","{}","","NULL","漢"}`,
  )
  assert.equal(write('texts', []), '{}')
  assert.equal(write('bigints', [1, null, Number.MAX_SAFE_INTEGER]), '{"1",NULL,"9007199254740991"}')
})

test('writes what was never as the last that there can be', () => {
  assert.equal(write('bigint', Number.POSITIVE_INFINITY), '9223372036854775807')
  assert.equal(write('bigint', Number.NEGATIVE_INFINITY), '-9223372036854775808')
  assert.equal(write('bigint', 5), '5')
})
