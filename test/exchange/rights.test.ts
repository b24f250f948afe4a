import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hiddenFrom, visibleNeeds } from '../../src/exchange/rights.ts'
import { LABELS, missingFrom, neededFor } from '../../src/iodef/restriction.ts'
import { RESTRICTIONS } from '../../src/vocabulary.ts'

test('whatever a document asks for, it may be seen exactly where its restriction is listed', () => {
  fc.assert(
    fc.property(fc.subarray([...LABELS]), fc.subarray([...RESTRICTIONS]), (asked, restrictions) => {
      const needed = neededFor(new Set(asked))
      const listed = visibleNeeds({ restrictions }).some((one) => one.join() === needed.join())
      assert.equal(listed, missingFrom(restrictions, needed) === undefined)
      assert.equal(hiddenFrom({ restrictions, query: [] }, { topics: [], needed }) === undefined, listed)
    }),
  )
})

test('an answer is hidden from who may not ask about one of its Topics', () => {
  const asker = { query: ['incident'], restrictions: ['public'] as const }
  assert.equal(hiddenFrom(asker, { topics: ['incident'], needed: ['public'] }), undefined)
  assert.match(hiddenFrom(asker, { topics: ['incident', 'other'], needed: ['public'] }) ?? '', /Topic other/)
  assert.match(hiddenFrom(asker, { topics: ['incident'], needed: ['private'] }) ?? '', /"private"/)
  assert.equal(hiddenFrom({ restrictions: [] }, { topics: [], needed: [] }), undefined, 'that there is nothing')
})
