import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressFlaw } from '../../src/iodef/address.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const flaw = (text: string, category?: string, ns: string = NS.iodef2) =>
  addressFlaw(
    scan(`<Address xmlns="${ns}"${category === undefined ? '' : ` category="${category}"`}>${text}</Address>`),
  )

test('an address of its category has no flaw', () => {
  for (const [category, text] of [
    ['ipv4-net', '192.0.2.0/0'],
    ['ipv6-net', '::/128'],
    ['ipv6-addr', 'fe80::1%eth0'],
    ['mac', '00-00-5e-00-53-01'],
    ['asn', '1.10'],
    [' ipv4-addr ', '\n192.0.2.1\t'],
  ] as const) {
    assert.equal(flaw(text, category), undefined, text)
  }
})

test('a flaw says what the text is not, why, and how that is written', () => {
  assert.equal(
    flaw('192.0.2.1'),
    'Address "192.0.2.1" is not an IPv6 address, as 2001:db8::1; without a category it counts as ipv6-addr.',
  )
  assert.match(flaw('::1', undefined, NS.iodef1) ?? '', /; without a category it counts as ipv4-addr\.$/)
  assert.match(flaw('x'.repeat(500), 'mac') ?? '', /^Address "x{60}…" is not a MAC address/)
})

test('a category that nobody knows here has no form', () => {
  for (const category of ['ext-value', 'atm', 'constructor', '__proto__']) assert.equal(flaw('?', category), undefined)
})
