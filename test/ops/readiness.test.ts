import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../../src/clock.ts'
import { createReadiness, works } from '../../src/ops/readiness.ts'

let now = Date.parse('2026-03-01T12:00:00Z')
const clock: Clock = { now: () => now, sleep: async () => undefined, random: () => 0.5 }

describe('readiness', () => {
  test('remembers since when, and tells of changes only', () => {
    const told: string[] = []
    const board = createReadiness(clock, (part, { state, reason }) => void told.push(`${part} ${state} ${reason}`))
    board.set('grid', 'down', 'not connected yet')
    const since = new Date(now).toISOString()
    now += 5000
    board.set('grid', 'down', 'not connected yet')
    board.set('grid', 'down', 'ECONNREFUSED')
    assert.deepEqual(board.read(), { ready: false, parts: { grid: { state: 'down', since, reason: 'ECONNREFUSED' } } })
    board.set('grid', 'up')
    assert.deepEqual(board.read().parts.grid, { state: 'up', since: new Date(now).toISOString(), reason: null })
    assert.equal(board.read().ready, true)
    assert.deepEqual(told, ['grid down not connected yet', 'grid down ECONNREFUSED', 'grid up null'])
  })

  test('is lost while draining', () => {
    const board = createReadiness(clock)
    board.set('drain', 'off')
    assert.equal(board.read().ready, true)
    board.set('drain', 'draining')
    assert.equal(board.read().ready, false)
  })

  test('is that of every part', () => {
    const board = createReadiness(clock)
    assert.deepEqual(board.read(), { ready: true, parts: {} })
    for (const part of ['store', 'grid', 'topic:incident']) board.set(part, part === 'store' ? 'ok' : 'up')
    assert.equal(board.read().ready, true)
    board.set('topic:incident', 'refused', 'forbidden')
    assert.equal(board.read().ready, false)
    assert.deepEqual(Object.keys(board.read().parts), ['store', 'grid', 'topic:incident'])
  })

  test('counts three states as working, and no other', () => {
    for (const state of ['up', 'ok', 'off']) assert.ok(works(state), state)
    for (const state of ['down', 'connecting', 'refused', 'draining', 'failed', '', 'UP'])
      assert.ok(!works(state), state)
  })
})
