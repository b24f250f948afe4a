import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { at, list, record } from '../../src/config/tree.ts'

describe('a step through what is not known', () => {
  test('leads to the value at a key path, or to nothing', () => {
    const tree = { grid: { topics: [{ name: 'incident' }], none: null } }
    assert.equal(at(tree, 'grid', 'topics', '0', 'name'), 'incident')
    assert.equal(at(tree), tree)
    assert.equal(at(tree, 'grid', 'none'), null)
    for (const path of [
      ['x'],
      ['grid', 'none', 'y'],
      ['grid', 'topics', '1', 'name'],
      ['grid', 'topics', '0', 'name', '0'],
    ])
      assert.equal(at(tree, ...path), undefined, path.join('.'))
  })

  test('does not leave what the value itself holds', () => {
    for (const inherited of ['toString', 'constructor', '__proto__', 'hasOwnProperty'])
      assert.equal(at({}, inherited), undefined, inherited)
    assert.equal(at(JSON.parse('{"__proto__": 7}'), '__proto__'), 7)
  })

  test('never fails, whatever is there', () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.string()), (value, path) => {
        at(value, ...path)
        assert.equal(typeof record(value), 'object')
        assert.ok(Array.isArray(list(value)))
      }),
    )
  })

  test('takes a list for a list and a mapping for a mapping only', () => {
    const entries = [1, 2]
    assert.equal(list(entries), entries)
    for (const other of [{ length: 2 }, 'ab', undefined, null]) assert.deepEqual(list(other), [])
    const mapping = { a: 1 }
    assert.equal(record(mapping), mapping)
    for (const other of ['ab', 7, undefined, null]) assert.deepEqual(record(other), {})
  })
})
