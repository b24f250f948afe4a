import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseContentType } from '../../src/rid/content-type.ts'
import { decode } from '../../src/xml/decode.ts'

const cases: [string, ReturnType<typeof parseContentType>][] = [
  ['text/xml', { type: 'text/xml' }],
  [' Text/XML ', { type: 'text/xml' }],
  ['text/xml;', { type: 'text/xml' }],
  ['text/xml ; ; charset=UTF-8', { type: 'text/xml', charset: 'utf-8' }],
  ['text/xml;charset="ISO-8859-1"', { type: 'text/xml', charset: 'iso-8859-1' }],
  ['text/xml;charset="utf\\-8"', { type: 'text/xml', charset: 'utf-8' }],
  ['text/xml;CHARSET=utf-8;charset=utf-16', { type: 'text/xml', charset: 'utf-8' }],
  ['text/xml;x=";charset=utf-16"', { type: 'text/xml' }],
  ['text/xml;charset=;x=y', { type: 'text/xml' }],
  ['text/xml;charset;x=y', { type: 'text/xml' }],
  ['text/xml;charset=""', { type: 'text/xml' }],
  ["text/xml;charset='UTF-16'", { type: 'text/xml', charset: 'utf-16' }],
  ["text/xml;charset='", { type: 'text/xml' }],
  ['text/xml;charset=utf_8', { type: 'text/xml', charset: 'utf_8' }],
  ['text/xml;charset=cp1252', { type: 'text/xml', charset: 'cp1252' }],
  ['text/xml;charset=iso-2022-jp', { type: 'text/xml', charset: 'iso-2022-jp' }],
  ['text/xml;charset=KLINGON', { type: 'text/xml' }],
  ['text/xml;charset="a\\"b"', { type: 'text/xml' }],
  ['text/xml;charset=KLINGON;charset=utf-16', { type: 'text/xml', charset: 'utf-16' }],
  ['text/xml;charset="utf-8', undefined],
  ['text/xml charset=utf-8', undefined],
  ['text/xml, text/plain', undefined],
  ['text/xml/x', undefined],
  ['text', undefined],
  ['', undefined],
]
for (const [value, expected] of cases) {
  test(`Content-Type ${JSON.stringify(value)}`, () => assert.deepEqual(parseContentType(value), expected))
}

for (const name of ['UTF-7', 'unicode-1-1-utf-7', 'csUTF7', 'x-IMAP4-modified-UTF7', 'ISO-2022-KR', 'hz-gb-2312']) {
  test(`${name}, whose text would pass for ASCII, is left to the decoder to refuse`, () => {
    const { charset } = parseContentType(`text/xml;charset=${name}`) ?? {}
    assert.equal(charset, name.toLowerCase())
    assert.equal(decode(Buffer.from('<a/>'), charset).ok, false)
  })
}

test('no field value is too much for it', () => {
  const piece = fc.constantFrom('text/xml', ';', '"', '\\', '=', 'charset', 'utf-8', "'", ' ', '\t', 'x', ',', '/')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const type = parseContentType(pieces.join(''))
      assert.ok(type === undefined || /^[^\s;,"]+\/[^\s;,"]+$/.test(type.type))
    }),
  )
  const began = performance.now()
  parseContentType(`text/xml${' '.repeat(8000)}${';x="\\'.repeat(4000)}`)
  assert.ok(performance.now() - began < 2_000)
})
