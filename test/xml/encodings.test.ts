import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBytes, encodingOf } from '../../src/xml/encodings.ts'

test('an encoding goes by one name, whatever it is called', () => {
  for (const [labels, encoding] of [
    ['UTF-8 utf8 utf_8 unicode-1-1-utf-8 cp65001', 'utf-8'],
    ['us-ascii ASCII ANSI_X3.4-1968 ISO646-US', 'us-ascii'],
    ['ISO-8859-1 latin1 latin-1 l1 ISO_8859-1 iso8859-1 cp819 iso-ir-100', 'iso-8859-1'],
    ['windows-1252 cp1252 win1252 x-cp1252', 'windows-1252'],
    ['iso-8859-9 latin5', 'iso-8859-9'],
    ['windows-1254 cp1254', 'windows-1254'],
    ['tis-620 iso-8859-11', 'iso-8859-11'],
    ['windows-874', 'windows-874'],
    ['utf-16 ucs-2', 'utf-16'],
    ['utf-16le', 'utf-16le'],
    ['utf-16be', 'utf-16be'],
    ['shift_jis windows-31j cp932 MS_Kanji', 'shift_jis'],
  ] as const) {
    for (const label of labels.split(' ')) {
      assert.equal(encodingOf(label), encoding, label)
    }
  }
})

test('what could hide markup, or is nobody knows what, has no name', () => {
  for (const label of [
    'utf-7',
    'iso-2022-kr',
    'hz-gb-2312',
    'utf-32',
    'x-user-defined',
    'replacement',
    'ebcdic',
    '',
    'constructor',
  ]) {
    assert.equal(encodingOf(label), undefined, label)
  }
})

test('the place of what an encoding does not allow is exact, wherever it stands', () => {
  for (const [encoding, good, bad] of [
    ['utf-8', Buffer.from('日本'), Buffer.from([0xff])],
    ['gbk', Buffer.from([0xd6, 0xd0]), Buffer.from([0xff])],
    ['euc-kr', Buffer.from([0xb0, 0xa1]), Buffer.from([0x81, 0x41])],
    ['iso-8859-7', Buffer.from([0xc5]), Buffer.from([0xae])],
  ] as const) {
    for (const n of [0, 1, 2, 3, 100, 1000]) {
      const before = Buffer.concat(Array.from({ length: n }, () => good))
      const result = decodeBytes(Buffer.concat([before, bad, good]), encoding)
      assert.deepEqual(result, { ok: false, at: before.length }, `${encoding} behind ${n}`)
    }
  }
})
