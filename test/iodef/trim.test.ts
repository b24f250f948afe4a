import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { trim } from '../../src/iodef/trim.ts'

test('the four white spaces of XML go from both ends, and none from inside', () => {
  assert.equal(trim(' \t\r\na \t\r\n b\n\r\t '), 'a \t\r\n b')
  assert.equal(trim(' \t\r\n'), '')
  assert.equal(trim(''), '')
})

test('what only JavaScript takes for white space stays', () => {
  for (const other of ['\u00a0', '\ufeff', '\u2028', '\u3000', '\v', '\f']) {
    const value = `${other}a${other}`
    assert.equal(trim(` ${value} `), value, JSON.stringify(other))
  }
})

test('it is what XML Schema means by collapse at the ends, for any text', () => {
  const text = fc.array(fc.constantFrom(' ', '\t', '\r', '\n', '\u00a0', 'a', '\v')).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (value) => trim(value) === value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')))
})
