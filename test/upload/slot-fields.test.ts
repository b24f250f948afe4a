import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slotFields } from '../../src/upload/slot-fields.ts'

test('Authorization, Cookie and Expires of a slot are copied, and nothing else', () => {
  const named = (...names: string[]) => names.map((name) => ({ name, value: `of ${name}` }))
  assert.deepEqual(
    slotFields(named('Authorization', 'cookie', 'EXPIRES', 'Host', 'Content-Length', 'X-Forwarded-For')),
    {
      authorization: 'of Authorization',
      cookie: 'of cookie',
      expires: 'of EXPIRES',
    },
  )
})

test('a line break in a value begins no other header field', () => {
  assert.deepEqual(slotFields([{ name: 'Cookie', value: ' a=1\r\nHost: evil.example\n' }]), {
    cookie: 'a=1Host: evil.example',
  })
})
