import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { restrictedIn } from '../../src/config/restricted.ts'

describe('the restrictions in force', () => {
  test('are those of every Topic, and of the peers that are sent something', () => {
    const sent = { url: 'https://a.example/', topics: ['incident'] }
    const tree = {
      grid: { topics: [{ name: 'incident' }, { name: 'other', restrictions: ['private', 'default'] }] },
      peers: [
        { name: 'a', ...sent, restrictions: ['red'] },
        { name: 'only sends' },
        { name: 'no url', topics: ['incident'] },
        { name: 'no topics', url: 'https://b.example/' },
        { name: 'empty', url: 'https://c.example/', topics: [] },
        { name: 'b', ...sent },
      ],
    }
    assert.deepEqual(restrictedIn(tree), [
      { path: 'grid.topics[0]', kind: 'topic', restrictions: ['public', 'partner'] },
      { path: 'grid.topics[1]', kind: 'topic', restrictions: ['private', 'default'] },
      { path: 'peers[0]', kind: 'peer', restrictions: ['red'] },
      { path: 'peers[5]', kind: 'peer', restrictions: ['public', 'partner'] },
    ])
  })

  test('leave out a list that is wrong itself, and keep the place of the others', () => {
    const topics = [
      { restrictions: ['pubic'] },
      { restrictions: 'public' },
      { restrictions: [7] },
      { restrictions: [] },
    ]
    assert.deepEqual(restrictedIn({ grid: { topics } }), [{ path: 'grid.topics[3]', kind: 'topic', restrictions: [] }])
  })

  test('are none of what is no configuration', () => {
    for (const tree of [undefined, null, 'x', [], { grid: 7, peers: {} }, { grid: { topics: 'x' }, peers: [null] }])
      assert.deepEqual(restrictedIn(tree), [])
  })
})
