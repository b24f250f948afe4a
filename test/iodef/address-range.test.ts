import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressRange, beginningsAround } from '../../src/iodef/address-range.ts'

const V4 = '00000000000000000000ffff'

test('an address is a range of one', () => {
  assert.deepEqual(addressRange('192.0.2.1'), { lo: `${V4}c0000201`, hi: `${V4}c0000201` })
  const v6 = '20010db8000000000000000000000001'
  for (const written of ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', ' 2001:db8::0001 ', '2001:db8::1%eth0']) {
    assert.deepEqual(addressRange(written), { lo: v6, hi: v6 }, written)
  }
  assert.deepEqual(addressRange('::ffff:192.0.2.1'), addressRange('192.0.2.1'))
  assert.deepEqual(addressRange('::'), { lo: '0'.repeat(32), hi: '0'.repeat(32) })
})

test('a network is all of its addresses, whichever of them it is written with', () => {
  const net = { lo: `${V4}c0000200`, hi: `${V4}c00002ff` }
  for (const written of ['192.0.2.0/24', '192.0.2.77/24', '192.0.2.0/255.255.255.0']) {
    assert.deepEqual(addressRange(written), net, written)
  }
  assert.deepEqual(addressRange('0.0.0.0/0'), { lo: `${V4}00000000`, hi: `${V4}ffffffff` })
  assert.deepEqual(addressRange('::/0'), { lo: '0'.repeat(32), hi: 'f'.repeat(32) })
})

test('a stranger with very many zones in front of a line costs no time', () => {
  const began = process.cpuUsage()
  assert.equal(addressRange(`${'%'.repeat(200_000)}\nx`), undefined)
  assert.ok(process.cpuUsage(began).user < 2_000_000)
})

test('what is no address, or has a mask with holes, is no range', () => {
  for (const written of [
    '',
    '64496',
    '192.0.2',
    '192.0.2.0/33',
    '2001:db8::/129',
    '192.0.2.0/255.0.255.0',
    'a/b/c',
    '::1/::',
  ]) {
    assert.equal(addressRange(written), undefined, written)
  }
})

test('each network that holds an address begins at one of the beginnings around it', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, prefix) => {
      const [host, net] = [addressRange(address), addressRange(`${address}/${prefix}`)]
      assert.ok(host !== undefined && net !== undefined)
      assert.ok(net.lo <= host.lo && host.hi <= net.hi)
      assert.ok(beginningsAround(host.lo).includes(net.lo))
    }),
  )
})
