import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressList, isListed } from '../src/address-list.ts'

test('an address is listed by itself or by its network, whatever way it is written', () => {
  const list = addressList(['10.0.0.5', '192.0.2.0/24', '2001:db8:1::/64', '2001:db8::5'])
  for (const address of ['10.0.0.5', '::ffff:10.0.0.5', '::FFFF:192.0.2.255', '2001:db8:1::9', '2001:DB8:0::5'])
    assert.equal(isListed(list, address), true, address)
  for (const address of ['10.0.0.6', '::10.0.0.5', '192.0.3.1', '2001:db8:1:1::9', '2001:db8::6', '', 'localhost'])
    assert.equal(isListed(list, address), false, address)
})

test('an address is taken without the interface that it is on', () => {
  assert.equal(isListed(addressList(['fe80::1']), 'fe80::1%eth0'), true)
})
