import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DELIVERY_STATES, GRID_STATES } from '../../src/vocabulary.ts'
import { drawings } from './drawings.ts'

const [delivery, topic] = drawings()

describe('docs/states.md', () => {
  it('draws each state of a delivery, and no other', () => {
    assert.deepEqual(delivery?.states.toSorted(), [...DELIVERY_STATES].sort())
  })

  it('draws each state of a Topic and of the session, and no other', () => {
    assert.deepEqual(topic?.states.toSorted(), [...GRID_STATES].sort())
  })

  it('leads out of every state but delivered', () => {
    for (const { states, arrows } of drawings())
      for (const state of states)
        assert.ok(
          arrows.some((arrow) => arrow.startsWith(`${state} `)),
          `out of ${state}`,
        )
  })
})
