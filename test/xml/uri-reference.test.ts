import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flawOfUri } from '../../src/xml/uri-reference.ts'
import { anyText, runs } from '../support/arbitraries.ts'

const GOOD = [
  '',
  '#',
  'a/b?c#d',
  './a:b',
  '//host',
  'http://a.example/',
  'http://a.example:8080/x;y=1?z=[1]'.replace('[1]', '%5B1%5D'),
  'HTTP://user:secret@[2001:db8::1]:443/?q=a:b@c/d?e#f?g/h',
  'http://h:/',
  'https://příklad.example/ß?ü#日',
  'mailto:a@b.example',
  'urn:ietf:params:xml:ns:iodef-2.0',
  'tel:+1-201-555-0123',
]
for (const value of GOOD) {
  test(`a URI reference: ${value}`, () => assert.equal(flawOfUri(value), undefined))
}

const FLAWED: readonly [value: string, flaw: string][] = [
  ['hxxp://evil[.]example/path', '"[" may not stand there'],
  ['hxxp[:]//evil.example/', '"[" may not stand there'],
  ['hxxps[:]//x', '"[" may not stand there'],
  ['http://evil.example/%zz', '"%" is not followed by two hexadecimal digits'],
  ['100%', '"%" is not followed by two hexadecimal digits'],
  ['http://evil.example/#a#b', '"#" may not stand there'],
  ['192.0.2.1:8080', '"192.0.2.1" before the first ":" is no scheme'],
  ['http://h:port/', '"port" is no port'],
  ['http://user:pa@ss@evil.example/', '"@" may not stand there'],
  ['http://evil.example/?a[]=1', '"[" may not stand there'],
  ['http://[', '"[" may not stand there'],
  ['http://[zz]/', '"[" may not stand there'],
  ['http://a.example/a b', 'a space may not stand there'],
  ['C:\\temp\\x.exe', '"\\" may not stand there'],
  ['http://a.example/{x}', '"{" may not stand there'],
  ['http://a.example/|', '"|" may not stand there'],
  ['http://a.example/\u0085', '"\u0085" may not stand there'],
]
for (const [value, flaw] of FLAWED) {
  test(`no URI reference: ${value}`, () => assert.equal(flawOfUri(value), flaw))
}

test('what URL makes of any address is a URI reference, and nothing takes long', () => {
  fc.assert(
    fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
      assert.equal(flawOfUri(url), undefined)
    }),
    runs(60),
  )
  fc.assert(
    fc.property(anyText(), (text) => {
      flawOfUri(text)
    }),
    runs(60),
  )
  const began = performance.now()
  for (const piece of ['[', '@', ':', '%', 'a@', '//', '%4']) flawOfUri(`http://${piece.repeat(200_000)}`)
  assert.ok(performance.now() - began < 5_000)
})
