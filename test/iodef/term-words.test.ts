import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainWord, hashWord, incidentTerms, plainWord, portTerms, term } from '../../src/iodef/term-words.ts'

test('a word is what it says, whatever its spaces and letters', () => {
  assert.equal(plainWord('  Printer \n 7 '), 'printer 7')
  assert.equal(domainWord('Mail.EXAMPLE.'), 'mail.example')
  assert.equal(domainWord('bücher.example'), 'xn--bcher-kva.example')
})

test('a hash is the same in hex and in base64', () => {
  const bytes = Buffer.alloc(20, 9)
  assert.equal(hashWord(bytes.toString('hex').toUpperCase()), bytes.toString('hex'))
  assert.equal(hashWord(` ${bytes.toString('base64')}\n`), bytes.toString('hex'))
  assert.equal(hashWord('no hash'), 'nohash')
})

test('a long value is kept as its hash', () => {
  const { lo, hi } = term('record', 'x'.repeat(10_000))
  assert.equal(lo.length, 64)
  assert.equal(lo, hi)
})

test('an instance is an attribute, or what follows a dash (RFC 6545 §5.1)', () => {
  const words = (id: string, instance: string | null) =>
    incidentTerms({ name: 'a.example', id, instance }).map(({ kind, lo }) => `${kind}: ${lo}`)
  assert.deepEqual(words('7', null), ['incident: a.example 7'])
  assert.deepEqual(words('7', '1'), ['incident: a.example 7', 'instance: a.example 7#1'])
  assert.deepEqual(words('CSIRT#207-1', null), [
    'incident: a.example CSIRT#207-1',
    'incident: a.example CSIRT#207',
    'instance: a.example CSIRT#207#1',
  ])
})

test('ports are ranges of their protocol, and of any', () => {
  assert.deepEqual(
    portTerms('22, 1-1024', '6').map(({ lo, hi }) => [lo, hi]),
    [
      ['*/00022', '*/00022'],
      ['6/00022', '6/00022'],
      ['*/00001', '*/01024'],
      ['6/00001', '6/01024'],
    ],
  )
  assert.deepEqual(portTerms('-1', '6'), [])
  assert.equal(portTerms('80', undefined).length, 1)
})
