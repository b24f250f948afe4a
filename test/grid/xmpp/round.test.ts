import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRound } from '../../../src/grid/xmpp/round.ts'

function setUp(...addresses: string[]) {
  const world = { now: 1_000, addresses, asked: 0 }
  const find = async () => {
    world.asked += 1
    return world.addresses
  }
  return { world, round: createRound(find, () => world.now) }
}

describe('the addresses of a Controller', () => {
  test('have a turn each, in order, and are asked for once in a round', async () => {
    const { world, round } = setUp('a', 'b')
    assert.equal(await round.next(), 'a')
    assert.equal(round.others, true)
    assert.equal(round.failed('a'), true)
    assert.equal(await round.next(), 'b')
    assert.equal(round.others, false)
    assert.equal(round.failed('b'), false)
    assert.equal(world.asked, 1)
    assert.equal(round.wait(), undefined)
    world.addresses = ['c']
    assert.equal(await round.next(), 'c')
  })

  test('that had a session that was of use come last', async () => {
    const { round } = setUp('a', 'b', 'c')
    round.failed(await round.next())
    assert.equal(await round.next(), 'b')
    assert.equal(round.ended('b'), true)
    assert.equal(await round.next(), 'a')
  })

  test('that refused the login are let alone, while others are not', async () => {
    const { world, round } = setUp('a', 'b')
    assert.equal(round.failed(await round.next(), 5_000), true)
    round.failed(await round.next())
    assert.equal(round.wait(), undefined)
    assert.equal(await round.next(), 'b')
    assert.equal(round.failed('b'), false)
    world.now = 5_000
    assert.equal(await round.next(), 'a')
  })

  test('that all refused the login are tried again when the first of them may be, or all at once where it is forgiven', async () => {
    const { world, round } = setUp('a', 'b')
    round.failed(await round.next(), 5_000)
    world.now = 2_000
    round.failed(await round.next(), 6_000)
    assert.equal(round.wait(), 3_000)
    world.now = 5_000
    round.over()
    assert.equal(await round.next(), 'a')
    assert.equal(round.others, false)
    round.over(true)
    assert.equal(await round.next(), 'a')
    assert.equal(round.others, true)
  })

  test('that are not known have no wait of their own', async () => {
    const { round } = setUp()
    assert.equal(round.wait(), undefined)
  })
})
