import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crossCheck } from '../../src/config/cross-checks.ts'
import { pathText } from '../../src/config/problems.ts'

const SOC = 'soc@grid.example'

function found(participants: unknown, routes: unknown = [{ topic: 't' }]): { problems: string[]; warnings: string[] } {
  const peers = [{ name: 'a', publish: ['t'] }]
  const grid = { jid: 'gateway@grid.example', topics: [{ name: 't' }], participants }
  const { problems, warnings } = crossCheck({ peers, grid, routes })
  const inWords = (findings: typeof problems) => findings.map(({ path, message }) => `${pathText(path)}: ${message}`)
  return { problems: inWords(problems), warnings: inWords(warnings) }
}

describe('a participant', () => {
  test('that may ask and see has nothing to hear', () => {
    assert.deepEqual(found([{ jid: SOC, accept: ['inquiry'], query: ['t'] }]), { problems: [], warnings: [] })
  })

  test('sees Topics of this configuration', () => {
    assert.deepEqual(found([{ jid: SOC, accept: ['inquiry'], query: ['x'] }]).problems, [
      'grid.participants[0].query[0]: "x" is no Topic of this configuration',
    ])
  })

  test('stands there once, however it is written, and is not the gateway', () => {
    const twice = [{ jid: SOC }, { jid: 'SOC@Grid.example' }, { jid: 'gateway@grid.example' }]
    assert.deepEqual(found(twice).problems, [
      'grid.participants[1].jid: is the same as in grid.participants[0]: each needs one of its own',
      'grid.participants[2].jid: is the gateway itself (grid.jid)',
    ])
  })

  test('is told of what it may send and nobody takes', () => {
    assert.deepEqual(found([{ jid: SOC, accept: ['inquiry', 'request', 'report'] }]).warnings, [
      'grid.participants[0].accept[0]: every inquiry is refused: it has no "query", and no route asks anybody',
      'grid.participants[0].accept[1]: every request is refused: no route with ask is for it',
      'grid.participants[0].accept[2]: every report is refused: no route with topic or peers names it in match.jid',
    ])
    assert.deepEqual(found([{ jid: SOC, query: ['t'] }]).warnings, [
      'grid.participants[0].query: it may not ask: "accept" does not list inquiry',
    ])
  })
})

describe('a route for participants', () => {
  test('names those that there are', () => {
    const routes = [{ topic: 't' }, { match: { jid: ['sic@grid.example'] }, topic: 't' }]
    const { problems } = found([{ jid: SOC, accept: ['inquiry'], query: ['t'] }], routes)
    assert.equal(problems.length, 1)
    assert.match(
      problems[0] ?? '',
      /^routes\[1\]\.match\.jid\[0\]: "sic@grid\.example" is in no entry of grid\.participants/,
    )
  })

  test('may lead to peers that can be sent to, and no other route does', () => {
    const routes = [{ topic: 't' }, { match: { jid: [SOC] }, peers: ['a', 'b'] }, { match: {}, topic: 't', peers: [] }]
    assert.deepEqual(found([{ jid: SOC, accept: ['report'] }], routes), {
      problems: [
        'routes[1].peers[1]: "b" is no peer of this configuration',
        'routes[1].peers[0]: peer "a" has no url, so nothing can be sent to it',
        'routes[2].peers: is for reports of participants: match.jid has to name them',
      ],
      warnings: ['routes[2]: is never reached: routes[0] matches everything. Put this one before it'],
    })
  })

  test('names no peers besides', () => {
    const routes = [{ match: { jid: [SOC], peer: ['a'] }, topic: 't' }, { topic: 't' }]
    const { warnings } = found([{ jid: SOC, accept: ['inquiry'], query: ['t'] }], routes)
    assert.ok(
      warnings.some((line) => line.startsWith('routes[0].match.jid: never matches')),
      warnings.join('\n'),
    )
  })
})
