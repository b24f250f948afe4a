import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createReadiness, FINE, type Finding, verdictOf } from '../../src/ops/readiness.ts'

const failed = (reason: string): Finding => ({ state: 'failed', reason })

describe('readiness', () => {
  test('remembers since when, and tells of changes only', () => {
    let now = Date.parse('2026-03-01T12:00:00Z')
    const told: string[] = []
    const board = createReadiness({ now: () => now }, (part, { state, reason }, moved) => {
      told.push(`${part} ${state} ${reason} ${moved}`)
    })
    board.set('grid', failed('not connected yet'))
    const since = new Date(now).toISOString()
    now += 5000
    board.set('grid', failed('not connected yet'))
    board.set('grid', failed('ECONNREFUSED'))
    assert.deepEqual(board.read().parts.grid, { state: 'failed', since, reason: 'ECONNREFUSED' })
    board.set('grid', FINE)
    assert.deepEqual(board.read().parts.grid, { state: 'ok', since: new Date(now).toISOString(), reason: null })
    assert.deepEqual(told, [
      'grid failed not connected yet true',
      'grid failed ECONNREFUSED false',
      'grid ok null true',
    ])
  })

  test('is lost only where no report can be taken', () => {
    const board = createReadiness({ now: Date.now })
    assert.deepEqual([board.read(), verdictOf(board.read())], [{ ready: true, parts: {} }, 'works'])
    board.set('grid', failed('the Controller is away'))
    assert.deepEqual([board.read().ready, verdictOf(board.read())], [true, 'needs-you'])
    board.set('store', { ...failed('disk full'), stops: true })
    assert.deepEqual([board.read().ready, verdictOf(board.read())], [false, 'cannot-take'])
    board.set('store', FINE)
    board.set('grid', { state: 'degraded', reason: 'slow' })
    assert.deepEqual([board.read().ready, verdictOf(board.read())], [true, 'needs-you'])
  })

  test('that comes back though state and reason stay the same', () => {
    const board = createReadiness({ now: Date.now })
    board.set('rid', { ...failed('a list ran out'), stops: true })
    board.set('rid', failed('a list ran out'))
    assert.equal(board.read().ready, true)
  })

  test('forgets parts that are no more, and tells of each', () => {
    const gone: string[] = []
    const board = createReadiness({ now: Date.now }, undefined, (part) => void gone.push(part))
    for (const part of ['certificate:a', 'certificate:b', 'grid']) board.set(part, FINE)
    board.keep('certificate:', new Set(['certificate:b']))
    assert.deepEqual(Object.keys(board.read().parts), ['certificate:b', 'grid'])
    assert.deepEqual(gone, ['certificate:a'])
  })
})
