import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesLookLike, looksLike } from '../../src/xml/looks-like.ts'

test('XML looks like nothing else, whatever it says', () => {
  for (const text of [
    '<a/>',
    '<?xml version="1.0"?><a>{"b": 1}</a>',
    '\ufeff <RID xmlns="urn:x">-----BEGIN</RID>',
    '',
  ]) {
    assert.equal(looksLike(text), undefined, text)
  }
})

test('only the beginning counts, behind white space and a byte order mark', () => {
  assert.equal(looksLike('\ufeff\r\n {"a": 1}'), 'JSON')
  assert.equal(looksLike(`<a>${'x'.repeat(2000)}{`), undefined)
})

test('base64 is XML only where it decodes to that', () => {
  assert.equal(looksLike(Buffer.from('<IODEF-Document/>').toString('base64')), 'base64')
  assert.equal(looksLike('Phishing is reported here'), undefined)
})

test('what no text is, is known by its first bytes', () => {
  assert.equal(bytesLookLike(Buffer.from([0x1f, 0x8b, 8])), 'gzip')
  assert.equal(bytesLookLike(Buffer.from('PK\u0003\u0004')), 'a ZIP archive')
  assert.match(bytesLookLike(Buffer.from([0x30, 0x82, 1])) ?? '', /^DER/)
  for (const bytes of [[], [0x30], [0x3c, 0x61]]) assert.equal(bytesLookLike(Buffer.from(bytes)), undefined)
})
