import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { z } from 'zod'
import * as f from '../../src/config/fields.ts'

/** What a field makes of a value: the value, or the sentence. */
function made(field: z.ZodType, value: unknown): unknown {
  const { data, error } = field.safeParse(value, { reportInput: false })
  return error === undefined ? data : error.issues.map(({ message }) => message).join('; ')
}

/** Each field with values it takes (and what it makes of them), and values it does not. */
const FIELDS: readonly [string, z.ZodType, readonly [unknown, unknown][], readonly unknown[]][] = [
  ['text of one line', f.line, [['é x', 'é x']], ['', 'a\nb', '\u0000', 7, 'x'.repeat(1025)]],
  [
    'a name of 1 to 64 characters on one line',
    f.name,
    [['x'.repeat(64), 'x'.repeat(64)]],
    ['x'.repeat(65), 'a\tb', ''],
  ],
  [
    'HOST or HOST:PORT, as upload.grid.example, an address, or a network, as 10.0.0.0/8',
    f.uploadHost,
    [
      ['Upload.grid.example', 'upload.grid.example'],
      ['upload.grid.example:443', 'upload.grid.example'],
      ['upload.grid.example:5281', 'upload.grid.example:5281'],
      ['10.1.2.3', '10.1.2.3'],
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['fd00::/8', 'fd00::/8'],
      ['[fd00::1]:5281', '[fd00::1]:5281'],
    ],
    ['', 'https://upload.grid.example', 'upload.grid.example/x', 'a@b', '10.0.0.0/33', 'a b', 'a:0', '*.example', 7],
  ],
  ['the path of a file', f.file, [['./a b.pem', './a b.pem']], ['', 'a\u007f', 'x'.repeat(4097), true]],
  [
    'a DNS name, as csirt.example',
    f.dns,
    [
      ...['csirt.example', 'a', '_x.example.', 'A-1.b', 'xn--bcher-kva.example'].map((name): [string, string] => [
        name,
        name,
      ]),
      ['b\u00fccher.example', 'xn--bcher-kva.example'],
    ],
    ['-a.example', 'a..b', 'a b', '', `${'x'.repeat(64)}.example`, 'é..example', `${'abc.'.repeat(64)}x`],
  ],
  [
    'the address of a service, as pubsub.grid.example',
    f.domain,
    [
      ['pubsub.grid.example', 'pubsub.grid.example'],
      ['pubsub.xn--grn-ioa.example', 'pubsub.grün.example'],
      ['pubsub.grün.example', 'pubsub.grün.example'],
      ['xn--0000000000.example', 'xn--0000000000.example'],
    ],
    ['a@b', 'a/b', 'a b', '<a>', 'a:1', ''],
  ],
  [
    'a bare JID, as gateway@grid.example (no resource)',
    f.bareJid,
    [
      ['gateway@grid.example', 'gateway@grid.example'],
      ['xn--a@XN--grn-ioa.example', 'xn--a@grün.example'],
    ],
    ['grid.example', 'a@b/c', '@b', 'a@', 'a@b@c', "a'@b"],
  ],
  [
    'a pin, as sha256/ and the base64 SHA-256 of a public key (44 characters)',
    f.pin,
    [[`sha256/${'A'.repeat(43)}=`, `sha256/${'A'.repeat(43)}=`]],
    [`sha256/${'A'.repeat(44)}`, 'A'.repeat(44), `sha1/${'A'.repeat(43)}=`, `sha256/${'A'.repeat(42)}==`],
  ],
  [
    'the SHA-256 of a certificate: 32 bytes in hex, as AB:CD:...',
    f.fingerprint,
    [
      ['ab'.repeat(32), Array(32).fill('AB').join(':')],
      [`SHA256:${Array(32).fill('AB').join(':')}`, Array(32).fill('AB').join(':')],
      [`sha-256 ${'0f '.repeat(32)}`, Array(32).fill('0F').join(':')],
    ],
    ['ab'.repeat(31), 'ab'.repeat(33), 'g'.repeat(64), ''],
  ],
  [
    'an https:// URL without user, path, query or fragment, as https://csirt.example:4590/',
    f.ridUrl,
    [
      ['https://csirt.example:4590/', 'https://csirt.example:4590/'],
      ['HTTPS://csirt.example', 'https://csirt.example:4590/'],
      ['https://csirt.example:8443', 'https://csirt.example:8443/'],
      ['https://[2001:db8::1]/', 'https://[2001:db8::1]:4590/'],
      ['https://[2001:db8::1]:1/', 'https://[2001:db8::1]:1/'],
      ['https://b\u00fccher.example', 'https://xn--bcher-kva.example:4590/'],
      // the port that HTTPS has by itself
      ['https://csirt.example:443/', 'https://csirt.example/'],
    ],
    [
      ...['http://a/', 'https://u@a/', 'https://:p@a/', 'https://a/?q', 'https://a/#f', 'a.example', ''],
      ...['https://a/x', 'https://a:4590/rid/'],
      // browsers mend these, and the port would be another than is written
      ...['https:/a:8443/', 'https:a:8443', 'https:\\\\a:443', 'https://a:\t8443'],
    ],
  ],
  [
    'xmpp://HOST:PORT (STARTTLS) or xmpps://HOST:PORT (direct TLS), a list of these, or srv',
    f.controller,
    [
      ['srv', 'srv'],
      ['xmpp://grid.example', 'xmpp://grid.example:5222'],
      [
        ['xmpps://a.example', 'xmpp://[::1]:5'],
        ['xmpps://a.example:5223', 'xmpp://[::1]:5'],
      ],
    ],
    ['', 'SRV', 'https://grid.example', 7, null, {}],
  ],
  [
    'an IP address or a network, as 203.0.113.5 or 10.0.0.0/8',
    f.network,
    [
      ['10.0.0.5', '10.0.0.5'],
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['2001:db8::/32', '2001:db8::/32'],
      ['::/0', '::/0'],
    ],
    [
      '',
      'localhost',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0/8',
      'fe80::1%eth0',
      '10.0.0.0/-1',
      7,
    ],
  ],
  [
    'xmpp://HOST:PORT (STARTTLS) or xmpps://HOST:PORT (direct TLS)',
    f.xmppService,
    [
      ['xmpp://grid.example', 'xmpp://grid.example:5222'],
      ['xmpps://grid.example/', 'xmpps://grid.example:5223'],
      ['xmpp://[2001:db8::1]:1', 'xmpp://[2001:db8::1]:1'],
      ['xmpp://192.0.2.1:65535', 'xmpp://192.0.2.1:65535'],
    ],
    ['https://a', 'xmpp://a:0', 'xmpp://a:65536', 'xmpp://a/b', 'xmpp://u@a', 'xmpp://[::x]', 'xmpp://', 'xmpp://a b'],
  ],
  ['a duration with its unit (ms, s, m, h, d), as 30s', f.duration, [['30s', 30_000]], ['0s', '30', 30, '-1s']],
  ['a size with its unit (B, KB, MB, KiB, MiB), as 250KB', f.size, [['1KiB', 1024]], ['0B', '1', 1, '1 GB']],
  [
    'a port (0 to 65535)',
    f.port,
    [
      [0, 0],
      [65_535, 65_535],
      ['4590', 4590],
    ],
    [-1, 65_536, 1.5, '0x10', '', ' 1', Number.NaN],
  ],
  [
    'true or false',
    f.flag,
    [
      [true, true],
      ['true', true],
      ['false', false],
      [false, false],
    ],
    ['yes', 1, '', 'TRUE'],
  ],
]

for (const [what, field, good, bad] of FIELDS) {
  describe(`a field that must be ${what}`, () => {
    test('takes what it is', () => {
      for (const [value, expected] of good) assert.deepEqual(made(field, value), expected, String(value))
    })

    test('says of anything else what it must be', () => {
      for (const value of bad) assert.equal(made(field, value), `must be ${what}`, JSON.stringify(value))
    })

    test('is required', () => assert.equal(made(field, undefined), 'is required'))
  })
}

describe('one of several words', () => {
  const field = f.oneOf(['open', 'whitelist'])
  test('is one of them, and a typo is told', () => {
    assert.equal(made(field, 'open'), 'open')
    assert.equal(made(field, 'whitlist'), 'must be one of open, whitelist (did you mean "whitelist"?)')
    assert.equal(made(field, 7), 'must be one of open, whitelist')
    assert.equal(made(field, undefined), 'is required')
  })
})

describe('a mapping', () => {
  const field = f.mapping({ url: f.line, names: f.list(f.name, 'names') })
  test('says of each unknown key what was meant, in their order', () => {
    const { error } = field.safeParse({ ulr: 1, colour: 2, url: 'x', names: [] })
    assert.equal(error?.issues[0]?.message, 'is not a known key (did you mean "url"?)\nis not a known key')
  })

  test('and a list say what they must be', () => {
    assert.equal(made(field, [1]), 'must be a mapping (key: value)')
    assert.equal(made(field, undefined), 'is required')
    assert.equal(made(field, { url: 'x', names: 'a' }), 'must be a list of names, as [a, b]')
    assert.equal(made(field, { url: 'x', names: ['a', ''] }), 'must be a name of 1 to 64 characters on one line')
  })
})

test('a list of addresses says which of them is none, or there twice', () => {
  const { error } = f.controller.safeParse(['xmpp://a', 'https://b', 'xmpp://a:5222'], { reportInput: false })
  assert.deepEqual(
    error?.issues.map(({ path, message }) => [path, message]),
    [
      [[1], 'must be xmpp://HOST:PORT (STARTTLS) or xmpps://HOST:PORT (direct TLS)'],
      [[2], 'is in the list already'],
    ],
  )
  assert.equal(made(f.controller, []), 'is empty: needs at least one address')
})
