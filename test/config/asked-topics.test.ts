import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crossCheck } from '../../src/config/cross-checks.ts'
import { pathText } from '../../src/config/problems.ts'

function found(ask: readonly string[], { type = ['Query'], topic = {}, publish = ['t'] } = {}) {
  const peers = [{ name: 'a', publish, accept: ['Query', 'TraceRequest'], url: 'https://a.example/', topics: ['t'] }]
  const grid = { jid: 'gateway@grid.example', topics: [{ name: 't', ...topic }] }
  const { problems, warnings } = crossCheck({ peers, grid, routes: [{ match: { type }, ask }, { topic: 't' }] })
  const inWords = (findings: typeof problems) => findings.map(({ path, message }) => `${pathText(path)}: ${message}`)
  return { problems: inWords(problems), warnings: inWords(warnings) }
}

describe('a Topic that questions are asked on', () => {
  test('is one of this configuration, with a payload that can ask', () => {
    assert.deepEqual(found(['topic:t']), { problems: [], warnings: [] })
    assert.deepEqual(found(['topic:x']).problems, ['routes[0].ask[0]: "x" is no Topic of this configuration'])
    assert.deepEqual(found(['topic:t'], { topic: { payload: 'iodef' } }).problems, [
      'routes[0].ask[0]: Topic "t" has the payload iodef, in which nothing can be asked',
    ])
  })

  test('may be one of several, for a request too', () => {
    assert.deepEqual(found(['archive', 'topic:t'], { type: ['TraceRequest'] }).problems, [])
  })

  test('has to be one that who asks may publish to', () => {
    assert.ok(
      found(['topic:t'], { publish: [] }).warnings.includes(
        'routes[0].ask[0]: peer "a" has nothing asked there: its "publish" does not list "t"',
      ),
    )
  })

  test('shows on it Topics of this configuration alone', () => {
    assert.deepEqual(found(['topic:t'], { topic: { query: ['x'] } }).problems, [
      'grid.topics[0].query[0]: "x" is no Topic of this configuration',
    ])
  })
})
