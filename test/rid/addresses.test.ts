import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createAddresses } from '../../src/rid/addresses.ts'

describe('the addresses of a receiver', () => {
  test('are asked for once a minute, and are no more than four', async () => {
    let now = 1_000
    let asked = 0
    const addresses = createAddresses(
      'csirt-b.example',
      () => now,
      async () => {
        asked += 1
        return ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5']
      },
    )
    const four = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']
    assert.equal(addresses.known(), undefined)
    assert.deepEqual(await addresses.candidates(), four)
    assert.deepEqual(await addresses.candidates(), four)
    assert.deepEqual(addresses.known(), four)
    assert.equal(asked, 1)
    now += 60_000
    assert.equal(addresses.known(), undefined, 'they may be others by now')
    await addresses.candidates()
    assert.equal(asked, 2)
  })

  test('begin with the one that worked last, as long as the name has it', async () => {
    let now = 0
    let found = ['2001:db8::1', '192.0.2.1']
    const addresses = createAddresses(
      'csirt-b.example',
      () => now,
      async () => found,
    )
    await addresses.candidates()
    addresses.worked('192.0.2.1')
    assert.deepEqual(await addresses.candidates(), ['192.0.2.1', '2001:db8::1'])
    assert.deepEqual(addresses.known(), ['192.0.2.1', '2001:db8::1'])
    found = ['192.0.2.9', '192.0.2.8']
    now += 60_000
    assert.deepEqual(await addresses.candidates(), found)
  })

  test('of an address are that address: nobody is asked', async () => {
    for (const host of ['192.0.2.1', '2001:db8::1']) {
      const addresses = createAddresses(
        host,
        () => 0,
        () => assert.fail('asked'),
      )
      assert.deepEqual(await addresses.candidates(), [host])
    }
  })

  test('that cannot be had are asked for again', async () => {
    let fails = true
    const addresses = createAddresses(
      'csirt-b.example',
      () => 0,
      async () => {
        if (fails) throw new Error('EAI_AGAIN')
        return ['192.0.2.1']
      },
    )
    await assert.rejects(addresses.candidates())
    fails = false
    assert.deepEqual(await addresses.candidates(), ['192.0.2.1'])
  })
})
