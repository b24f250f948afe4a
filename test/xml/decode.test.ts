import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode } from '../../src/xml/decode.ts'
import { runs } from '../support/arbitraries.ts'

const utf16 = (text: string, swap = false) =>
  swap ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'utf16le')
const bytes = (...parts: (string | number[] | Buffer)[]) =>
  Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from(p))))
const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>`

const READ: readonly [name: string, body: Buffer, charset: string | undefined, text: string, encoding: string][] = [
  ['nothing said is UTF-8', bytes('<a>é日\u{1F600}</a>'), undefined, '<a>é日\u{1F600}</a>', 'utf-8'],
  ['a UTF-8 mark is no part of the text', bytes([0xef, 0xbb, 0xbf], '<a/>'), undefined, '<a/>', 'utf-8'],
  ['a mark beats the charset', bytes([0xef, 0xbb, 0xbf], '<a>é</a>'), 'iso-8859-1', '<a>é</a>', 'utf-8'],
  ['a UTF-16LE mark', bytes([0xff, 0xfe], utf16('<a>é</a>')), undefined, '<a>é</a>', 'utf-16le'],
  ['a UTF-16BE mark', bytes([0xfe, 0xff], utf16('<a>é</a>', true)), 'utf-8', '<a>é</a>', 'utf-16be'],
  ['UTF-16LE without a mark', utf16('<a>é\u{1F600}</a>'), undefined, '<a>é\u{1F600}</a>', 'utf-16le'],
  ['UTF-16BE without a mark', utf16('<a>é</a>', true), undefined, '<a>é</a>', 'utf-16be'],
  ['charset utf-16 without a mark, big-endian', utf16('<a/>', true), 'utf-16', '<a/>', 'utf-16be'],
  ['charset utf-16 without a mark, little-endian', utf16('<a/>'), 'utf-16', '<a/>', 'utf-16le'],
  [
    'charset beats the declaration',
    bytes(declared('utf-8'), [0xe9]),
    'iso-8859-1',
    `${declared('utf-8')}é`,
    'iso-8859-1',
  ],
  [
    'a declared ISO-8859-1',
    bytes(declared('ISO-8859-1'), [0xe9, 0x85]),
    undefined,
    `${declared('ISO-8859-1')}é\u0085`,
    'iso-8859-1',
  ],
  [
    'a declaration in single quotes',
    bytes("<?xml version='1.0'\n encoding = 'latin1' ?>", [0xe9]),
    undefined,
    "<?xml version='1.0'\n encoding = 'latin1' ?>é",
    'iso-8859-1',
  ],
  [
    'Shift_JIS',
    bytes(declared('Shift_JIS'), [0x93, 0xfa, 0x96, 0x7b]),
    undefined,
    `${declared('Shift_JIS')}日本`,
    'shift_jis',
  ],
  ['EUC-JP by charset', bytes([0xc6, 0xfc]), ' EUC-JP ', '日', 'euc-jp'],
  ['windows-1252 is not ISO-8859-1', bytes([0x80]), 'windows-1252', '€', 'windows-1252'],
  ['US-ASCII', bytes('<a/>'), 'US-ASCII', '<a/>', 'us-ascii'],
  ['no bytes', bytes(''), undefined, '', 'utf-8'],
  ['one byte', bytes('<'), undefined, '<', 'utf-8'],
]

for (const [name, body, charset, text, encoding] of READ) {
  test(`read: ${name}`, () => assert.deepEqual(decode(body, charset), { ok: true, text, encoding }))
}

const REFUSED: readonly [
  name: string,
  body: Buffer,
  charset: string | undefined,
  line: number,
  column: number,
  message: RegExp,
][] = [
  ['UTF-7, declared', bytes(declared('UTF-7'), '+ADw-'), undefined, 1, 1, /"UTF-7" is not accepted/],
  ['UTF-7, charset', bytes('+ADw-a/+AD4-'), 'utf-7', 1, 1, /"utf-7" is not accepted/],
  ['UTF-32LE by its mark', bytes([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), undefined, 1, 1, /UTF-32/],
  ['UTF-32BE by its mark', bytes([0, 0, 0xfe, 0xff]), undefined, 1, 1, /UTF-32/],
  [
    'an unknown name, shown without its markup',
    bytes('<a/>'),
    'x"<b>\n',
    1,
    1,
    /"x\?\?b\?" is not accepted|"x\?\?b\?\?" is not accepted/,
  ],
  ['a name of Object.prototype', bytes('<a/>'), 'constructor', 1, 1, /"constructor" is not accepted/],
  ['a declaration of UTF-16 in bytes that are not', bytes(declared('UTF-16')), undefined, 1, 1, /says UTF-16/],
  [
    'a byte that is not UTF-8, with its place',
    bytes('<a>\n é', [0xff], '</a>'),
    undefined,
    2,
    4,
    /Not valid UTF-8 at offset 7/,
  ],
  ['an overlong form', bytes('<a>', [0xc0, 0xbc]), undefined, 1, 4, /Not valid UTF-8/],
  ['a surrogate in UTF-8', bytes('<a>', [0xed, 0xa0, 0x80]), undefined, 1, 4, /Not valid UTF-8/],
  ['a sequence cut off at the end', bytes('<a>', [0xe6, 0x97]), undefined, 1, 4, /Not valid UTF-8/],
  [
    'a lone surrogate in UTF-16',
    bytes([0xff, 0xfe], [0x3c, 0, 0, 0xd8, 0x3c, 0]),
    undefined,
    1,
    1,
    /Not valid UTF-16LE/,
  ],
  ['half a unit of UTF-16', bytes([0xff, 0xfe, 0x3c]), undefined, 1, 1, /Not valid UTF-16LE/],
  ['eight bits in US-ASCII', bytes('<a>\n', [0xe9]), 'us-ascii', 2, 1, /offset 4 is not US-ASCII/],
  ['ISO-8859-1 in the name of UTF-8', bytes('<a>', [0xe9], '</a>'), 'utf-8', 1, 4, /Not valid UTF-8/],
]

for (const [name, body, charset, line, column, message] of REFUSED) {
  test(`refused: ${name}`, () => {
    const result = decode(body, charset)
    assert.ok(!result.ok)
    assert.match(result.error.message, message)
    assert.deepEqual([result.error.line, result.error.column], [line, column])
  })
}

test('a megabyte with one bad byte is refused with its place', () => {
  const body = Buffer.alloc(1 << 20, 'é\n')
  body[900_000] = 0xff
  const result = decode(body)
  assert.ok(!result.ok && result.error.line === 300_001)
})

test('any text comes back from UTF-8 and UTF-16, any bytes give a text or an error', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((s) => s.isWellFormed() && !/^[\ufeff\0]/.test(s)),
      (text) => {
        for (const body of [bytes(text), bytes([0xff, 0xfe], utf16(text)), bytes([0xfe, 0xff], utf16(text, true))]) {
          const result = decode(
            body,
            body.length === Buffer.byteLength(text) && body.equals(Buffer.from(text)) ? 'utf-8' : undefined,
          )
          assert.ok(result.ok)
          assert.equal(result.text, text)
        }
      },
    ),
    runs(300),
  )
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(undefined, 'utf-8', 'utf-16', 'shift_jis', 'us-ascii', 'euc-jp'),
      (body, charset) => {
        const result = decode(body, charset)
        if (result.ok) assert.ok(result.text.isWellFormed())
        else assert.ok(result.error.line >= 1 && result.error.column >= 1)
      },
    ),
    runs(1000),
  )
})
