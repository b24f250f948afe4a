import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scan } from '../../src/xml/parse-tree.ts'
import { findIn, type Visitor, walk } from '../../src/xml/tree.ts'

const TREE = scan('<a><b><c/>text<d/></b><e><f/></e></a>')

test('a walk shows every element once, in document order', () => {
  const seen: string[] = []
  walk(TREE, ({ local }) => {
    seen.push(local)
    return undefined
  })
  assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e', 'f'])
})

test('whom a visitor returns looks at what is below, and at nothing else', () => {
  const seen: string[] = []
  const note =
    (who: string, next?: Visitor): Visitor =>
    ({ local }) => {
      seen.push(`${who} ${local}`)
      return local === 'b' ? next : undefined
    }
  walk(TREE, note('outer', note('inner')))
  assert.deepEqual(seen, ['outer a', 'outer b', 'inner c', 'inner d', 'outer e', 'outer f'])
})

test('the first that is such a one is found, and nothing behind it looked at', () => {
  const seen: string[] = []
  const found = findIn(TREE, ({ local }) => {
    seen.push(local)
    return local === 'c' || local === 'd'
  })
  assert.equal(found?.local, 'c')
  assert.deepEqual(seen, ['a', 'b', 'c'])
  assert.equal(
    findIn(TREE, ({ local }) => local === 'z'),
    undefined,
  )
})

test('a hundred thousand levels are walked', () => {
  let count = 0
  walk(scan('<a>'.repeat(100_000) + '</a>'.repeat(100_000)), () => {
    count += 1
    return undefined
  })
  assert.equal(count, 100_000)
})

test('a walk says how deep each stands', () => {
  const seen: [string, number][] = []
  walk(TREE, ({ local }, level) => {
    seen.push([local, level])
    return undefined
  })
  assert.deepEqual(seen, [
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['d', 3],
    ['e', 2],
    ['f', 3],
  ])
})
