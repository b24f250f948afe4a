import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DELIVERY_STATES, GRID_STATES } from '../../src/vocabulary.ts'
import { page } from './markdown.ts'

/** The states of each drawing, in the order of the page. */
const drawings = [...page('docs/states.md').matchAll(/^```mermaid\nstateDiagram-v2\n(.*?)^```/gms)].map(
  ([, body = '']) => {
    const arrows = [...body.matchAll(/^\s*(\S+) --> ([\w[\]*]+)(?:: .+)?$/gm)]
    assert.equal(arrows.length, body.trim().split('\n').length, 'every line is an arrow')
    return {
      states: [...new Set(arrows.flatMap(([, from = '', to = '']) => [from, to]))].filter((name) => name !== '[*]'),
      arrows: arrows.map(([, from, to]) => `${from} ${to}`),
    }
  },
)

describe('docs/states.md', () => {
  it('draws each state of a delivery, and no other', () => {
    assert.deepEqual(drawings[0]?.states.toSorted(), [...DELIVERY_STATES].sort())
  })

  it('draws each state of a Topic and of the session, and no other', () => {
    assert.deepEqual(drawings[1]?.states.toSorted(), [...GRID_STATES].sort())
  })

  it('leads out of every state but delivered', () => {
    for (const { states, arrows } of drawings)
      for (const state of states)
        assert.ok(
          arrows.some((arrow) => arrow.startsWith(`${state} `)),
          `out of ${state}`,
        )
  })
})
