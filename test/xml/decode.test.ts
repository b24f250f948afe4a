import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode } from '../../src/xml/decode.ts'
import { anyText, runs } from '../support/arbitraries.ts'

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

/** A sentence in each encoding, by any name that it goes by. */
const ENCODED: readonly [labels: string, text: string, hex: string][] = [
  ['windows-1251 cp1251 win1251', 'Атака', 'c0f2e0eae0'],
  ['KOI8-R koi8_r', 'Атака', 'e1d4c1cbc1'],
  ['KOI8-U', 'Київ', 'ebc9a7d7'],
  ['ISO-8859-5 iso8859_5', 'Атака', 'b0e2d0dad0'],
  ['ISO-8859-7', 'Επίθεση', 'c5f0dfe8e5f3e7'],
  ['ISO-8859-9 latin5', 'İstanbul ğ \u0085', 'dd7374616e62756c20f02085'],
  ['windows-1254 cp1254', 'İ “', 'dd2093'],
  ['ISO-8859-2 latin-2', 'žluťoučký', 'be6c75bb6f75e86bfd'],
  ['windows-1252 cp1252', '„€“', '848093'],
  ['ISO-8859-1 latin-1 latin1 l1 ISO8859_1 cp819', 'é\u0085', 'e985'],
  ['ISO-8859-15 latin-9 latin9', '€', 'a4'],
  ['ISO-8859-13', 'Š', 'd0'],
  ['TIS-620 windows-874', 'ไทย', 'e4b7c2'],
  ['GBK cp936 gb2312 EUC-CN', '攻击', 'b9a5bbf7'],
  ['GB18030', '攻击 \u{1F600}', 'b9a5bbf7209439fc36'],
  ['Big5 cp950', '攻擊', 'a7f0c0bb'],
  ['EUC-KR ks_c_5601-1987 cp949', '공격', 'b0f8b0dd'],
  ['ISO-2022-JP csISO2022JP', '攻撃', '1b2442393637621b2842'],
  ['Windows-31J cp932 ms932 Shift_JIS', '攻撃～', '8d558c828160'],
  ['EUC-JP', '攻撃', 'b9b6b7e2'],
]
for (const [labels, text, hex] of ENCODED) {
  for (const label of labels.split(' ')) {
    test(`read: ${label}, by charset and by declaration`, () => {
      const body = Buffer.from(hex, 'hex')
      const byCharset = decode(body, label)
      assert.equal(byCharset.ok && byCharset.text, text)
      const byDeclaration = decode(bytes(declared(label), body))
      assert.equal(byDeclaration.ok && byDeclaration.text, declared(label) + text)
    })
  }
}

/** What Node.js's decoders give for what they have no character for. */
const NOT_IN_IT: readonly [label: string, hex: string, offset: number][] = [
  ['Big5', '3c81', 1],
  ['EUC-KR', '3c8141', 1],
  ['EUC-JP', '3c90', 1],
  ['GBK', '3caaa1', 1],
  ['GBK', '3cd63c', 1],
  ['Shift_JIS', '3c1c', 1],
  ['Shift_JIS', '3c0a813c', 2],
  ['ISO-2022-JP', '3c8e', 1],
  ['ISO-8859-7', '3cae', 1],
]
for (const [label, hex, offset] of NOT_IN_IT) {
  test(`refused with its place: ${hex}, which is not ${label}`, () => {
    const result = decode(bytes(declared(label), Buffer.from(hex, 'hex')))
    assert.ok(!result.ok, JSON.stringify(result))
    const message = `Not valid ${label.toUpperCase()} at offset ${declared(label).length + offset}.`
    assert.equal(result.error.message, message)
  })
}

/** One says what the other does not: the text that is read, or undefined for none, and what is said of it. */
const CONTRADICTIONS: readonly [
  name: string,
  body: Buffer,
  charset: string,
  text: string | undefined,
  said: RegExp | undefined,
][] = [
  [
    'UTF-8 that says UTF-8, charset=iso-8859-1',
    bytes(declared('UTF-8'), 'Ü'),
    'iso-8859-1',
    `${declared('UTF-8')}Ü`,
    /^Content-Type says charset=iso-8859-1, the document says UTF-8: read as UTF-8, since its bytes are UTF-8\.$/,
  ],
  ['UTF-8 that declares nothing, charset=windows-1252', bytes('<a>€</a>'), 'windows-1252', '<a>€</a>', /read as UTF-8/],
  ['UTF-8 that declares nothing, charset=us-ascii', bytes('<a>€</a>'), 'us-ascii', '<a>€</a>', /read as UTF-8/],
  ['UTF-8 that declares nothing, charset=utf-16', bytes('<a>€</a>'), 'utf-16', '<a>€</a>', /read as UTF-8/],
  [
    'UTF-8 that declares ISO-8859-1, charset=utf-8',
    bytes(declared('ISO-8859-1'), 'Ü'),
    'utf-8',
    `${declared('ISO-8859-1')}Ü`,
    /read as UTF-8/,
  ],
  [
    'UTF-8 that declares ISO-8859-2, charset=iso-8859-1',
    bytes(declared('ISO-8859-2'), 'Ü'),
    'iso-8859-1',
    `${declared('ISO-8859-2')}Ü`,
    /read as UTF-8/,
  ],
  ['UTF-8 with Cyrillic, charset=koi8-r', bytes('<a>Атака</a>'), 'koi8-r', '<a>Атака</a>', /read as UTF-8/],
  [
    'ISO-8859-1 that declares UTF-8, charset=iso-8859-1',
    bytes(declared('UTF-8'), [0xe9]),
    'iso-8859-1',
    `${declared('UTF-8')}é`,
    undefined,
  ],
  ['ISO-8859-1 that declares nothing, charset=iso-8859-1', bytes('<a>', [0xe9]), 'iso-8859-1', '<a>é', undefined],
  [
    'windows-1252 that says so, charset=iso-8859-1',
    bytes(declared('windows-1252'), [0x80]),
    'iso-8859-1',
    `${declared('windows-1252')}\u0080`,
    /the document says windows-1252: read as iso-8859-1/,
  ],
  [
    'nothing beyond ASCII, whatever is said',
    bytes(declared('UTF-8'), '<a/>'),
    'iso-8859-1',
    `${declared('UTF-8')}<a/>`,
    undefined,
  ],
  ['the same by two names', bytes(declared('latin1'), 'Ã'), 'ISO-8859-1', `${declared('latin1')}Ã\u0083`, undefined],
  [
    'ISO-8859-1 that says so, charset=utf-8',
    bytes(declared('ISO-8859-1'), [0xe9]),
    'utf-8',
    undefined,
    /^Not valid UTF-8 at offset 43\. Content-Type says charset=utf-8, the document says ISO-8859-1\.$/,
  ],
  [
    'ASCII, charset=utf-16',
    bytes('<aa/>'),
    'utf-16',
    undefined,
    /^The bytes are not UTF-16\. Content-Type says charset=utf-16, the document says UTF-8\.$/,
  ],
  [
    'UTF-16, charset=utf-8',
    utf16('<a/>'),
    'utf-8',
    undefined,
    /^The bytes are UTF-16LE\. Content-Type says charset=utf-8, the document says UTF-16\.$/,
  ],
  ['little-endian, charset=utf-16be', utf16('<a/>'), 'utf-16be', undefined, /The bytes are UTF-16LE/],
]
for (const [name, body, charset, text, said] of CONTRADICTIONS) {
  test(`charset and document contradict each other: ${name}`, () => {
    const result = decode(body, charset)
    if (text === undefined) assert.match(result.ok ? '' : result.error.message, said ?? /./)
    else {
      assert.equal(result.ok && result.text, text)
      if (said === undefined) assert.equal(result.ok && result.warning, undefined)
      else assert.match((result.ok && result.warning?.message) || '', said)
    }
  })
}

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
  [
    'eight bits in US-ASCII',
    bytes('<a>\n', [0xe9]),
    'us-ascii',
    2,
    1,
    /^Not valid US-ASCII at offset 4\. Content-Type says charset=us-ascii, the document says UTF-8\.$/,
  ],
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
      anyText().filter((s) => s.isWellFormed() && !/^[\ufeff\0]/.test(s)),
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
    runs(60),
  )
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(
        ...[undefined, 'utf-8', 'utf-16', 'shift_jis', 'us-ascii', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr'],
        ...['iso-2022-jp', 'koi8-r', 'iso-8859-9', 'windows-874'],
      ),
      (body, charset) => {
        const result = decode(body, charset)
        if (result.ok) assert.ok(result.text.isWellFormed())
        else assert.ok(result.error.line >= 1 && result.error.column >= 1)
      },
    ),
    runs(200),
  )
})
