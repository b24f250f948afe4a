import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TRANSITIONS } from '../../src/exchange/states.ts'
import { DELIVERY_STATES, EXCHANGE_STATES, GRID_STATES, LEG_STATES } from '../../src/vocabulary.ts'
import { drawings } from './drawings.ts'

const [delivery, topic, question, leg] = drawings()

describe('docs/states.md', () => {
  test('draws each state of a delivery, and no other', () => {
    assert.deepEqual(delivery?.states.toSorted(), [...DELIVERY_STATES].sort())
  })

  test('draws each state of a Topic and of the session, and no other', () => {
    assert.deepEqual(topic?.states.toSorted(), [...GRID_STATES].sort())
  })

  test('draws each state of a question and of its legs, and each change of them, and no other', () => {
    const drawn = [
      [question, TRANSITIONS.exchange, EXCHANGE_STATES],
      [leg, TRANSITIONS.leg, LEG_STATES],
    ] as const
    for (const [drawing, transitions, states] of drawn) {
      assert.deepEqual(drawing?.states.toSorted(), [...states].sort())
      const arrows = Object.entries<readonly string[]>(transitions).flatMap(([from, all]) =>
        all.map((to) => `${from} ${to}`),
      )
      assert.deepEqual(drawing?.arrows.filter((arrow) => !arrow.includes('[*]')).sort(), arrows.sort())
    }
  })

  test('leads out of every state but delivered', () => {
    for (const { states, arrows } of drawings())
      for (const state of states)
        assert.ok(
          arrows.some((arrow) => arrow.startsWith(`${state} `)),
          `out of ${state}`,
        )
  })
})
