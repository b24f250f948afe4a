import assert from 'node:assert/strict'
import { page } from './markdown.ts'

export interface Drawing {
  readonly states: readonly string[]
  /** `FROM TO`; one of the two is `[*]` where it begins or ends */
  readonly arrows: readonly string[]
}

/** The drawings of docs/states.md in the order of the page: a delivery; a Topic and the session. */
export function drawings(): Drawing[] {
  const bodies = page('docs/states.md').matchAll(/^```mermaid\nstateDiagram-v2\n(.*?)^```/gms)
  return [...bodies].map(([, body = '']) => {
    const arrows = [...body.matchAll(/^\s*(\S+) --> ([\w[\]*]+)(?:: .+)?$/gm)]
    assert.equal(arrows.length, body.trim().split('\n').length, 'every line is an arrow')
    return {
      states: [...new Set(arrows.flatMap(([, from = '', to = '']) => [from, to]))].filter((name) => name !== '[*]'),
      arrows: arrows.map(([, from, to]) => `${from} ${to}`),
    }
  })
}
