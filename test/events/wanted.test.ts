import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWanted, type Levels, leastOf } from '../../src/events/wanted.ts'

const LEVELS: Levels = { level: 'warn', levels: { rid: 'debug', grid: 'silent' } }

test('a subject with a level of its own is wanted from that on, all others from the level on', () => {
  assert.equal(isWanted(LEVELS, 'rid-request', 'debug'), true)
  assert.equal(isWanted(LEVELS, 'rid-request', 'trace'), false)
  assert.equal(isWanted(LEVELS, 'gap', 'fatal'), false)
  assert.equal(isWanted(LEVELS, 'serving', 'info'), false)
  assert.equal(isWanted(LEVELS, 'serving', 'warn'), true)
})

test('the log lets through the least that is wanted of anything', () => {
  assert.equal(leastOf(LEVELS), 'debug')
  assert.equal(leastOf({ level: 'warn', levels: { grid: 'error' } }), 'warn')
  assert.equal(leastOf({ level: 'silent', levels: {} }), 'silent')
})
