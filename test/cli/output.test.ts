import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { harmless, json, printable, reasonOf, table, write } from '../../src/cli/output.ts'
import { GatewayError } from '../../src/errors.ts'

/** What a terminal obeys, or shows in another order. */
const OBEYED = ['\u0000', '\u0007', '\u001b', '\u007f', '\u009b', '\u202e', '\u2066']

describe('a document for a terminal', () => {
  test('has references in place of what a terminal obeys, as its kind writes them', () => {
    assert.equal(harmless('<a>\u009b2J</a>'), '<a>&#x9b;2J</a>')
    assert.equal(harmless(' \n<a>\u200e</a>'), ' \n<a>&#x200e;</a>')
    assert.equal(harmless('{"a":"\u009b"}'), '{"a":"\\u009b"}')
    assert.equal(harmless('{"a":"\u061c"}'), '{"a":"\\u061c"}')
  })

  test('keeps its lines, its tabs and every script', () => {
    const text = '<a>\t\n日本語 é 𠮷 עברית</a>'
    assert.equal(harmless(text), text)
  })

  test('that is JSON says the same, and holds nothing that is obeyed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = json(value)
        // JSON knows no negative zero
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
        for (const character of OBEYED) assert.ok(!text.includes(character))
        assert.ok(text.endsWith('\n'))
      }),
    )
  })
})

describe('words of strangers', () => {
  test('do not move the cursor, nor begin a line', () => {
    assert.equal(printable('a\tb\nc'), 'a b c')
    for (const character of OBEYED) assert.equal(printable(`a${character}b`), 'a\ufffdb')
    assert.equal(printable('a\r\nb'), 'a\ufffd b')
  })
})

describe('a table', () => {
  test('has columns as wide as their widest entry, two spaces apart, and no white space at its ends', () => {
    const rows = [
      ['ID', 'STATE', 'REASON'],
      ['1', 'held', ''],
      ['1000', 'x', 'too large'],
    ]
    assert.equal(table(rows), 'ID    STATE  REASON\n1     held\n1000  x      too large\n')
  })

  test('lets nobody break out of a cell', () => {
    assert.equal(
      table([
        ['A', 'B'],
        ['x\ny', '\u001b[2J'],
      ]),
      'A    B\nx y  \ufffd[2J\n',
    )
  })

  test('may be empty', () => {
    assert.equal(table([]), '')
    assert.equal(table([['A']]), 'A\n')
  })
})

describe('what is written', () => {
  test('is out when the promise is kept, and fails when it cannot be', async () => {
    const taken: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        setImmediate(() => {
          taken.push(String(chunk))
          done()
        })
      },
    })
    await write(stream, 'a')
    assert.deepEqual(taken, ['a'])
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('ENOSPC')) })
    full.on('error', () => {})
    await assert.rejects(write(full, 'a'), /ENOSPC/)
  })
})

test('a reason does not begin with the sentence that something happened', () => {
  assert.equal(
    reasonOf(new GatewayError('internal', 'Cannot start: the port is taken.')),
    'Cannot start: the port is taken.',
  )
  assert.equal(
    reasonOf(new GatewayError('grid-away', 'ECONNREFUSED.')),
    'The Controller cannot be reached. ECONNREFUSED.',
  )
  assert.equal(reasonOf(new GatewayError('internal')), 'Something unexpected happened.')
  assert.equal(reasonOf('text'), 'text')
})
