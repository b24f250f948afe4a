import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { didYouMean, nearest } from '../src/did-you-mean.ts'

const WORDS = ['restrictions', 'identity', 'accept', 'url']

describe('the nearest word', () => {
  test('is found through typos, swaps and upper case', () => {
    assert.equal(nearest('restrictoins', WORDS), 'restrictions')
    assert.equal(nearest('Identiy', WORDS), 'identity')
    assert.equal(nearest('ulr', WORDS), 'url')
    assert.equal(nearest('ACCEPT', WORDS), 'accept')
  })

  test('is none when nothing is near', () => {
    assert.equal(nearest('colour', WORDS), undefined)
    assert.equal(nearest('z', ['a']), undefined)
    assert.equal(nearest('x', []), undefined)
    assert.equal(nearest('', ['ab']), undefined)
  })

  test('has at most a third of its letters changed, and one of a short word', () => {
    // twelve letters: four changes, not five
    assert.equal(nearest('restrictXXXX', ['restrictions']), 'restrictions')
    assert.equal(nearest('restricXXXXX', ['restrictions']), undefined)
    assert.equal(nearest('ur', ['url']), 'url')
    assert.equal(nearest('u', ['url']), undefined)
  })

  test('counts a swap of neighbours as one change, beside others', () => {
    assert.equal(nearest('rul', ['url']), 'url')
    // three other letters and a swap are four changes; four and a swap are five
    assert.equal(nearest('XXXtrictoins', ['restrictions']), 'restrictions')
    assert.equal(nearest('XXXXrictoins', ['restrictions']), undefined)
    // two letters that are not the other two are two changes
    assert.equal(nearest('ruL', ['abl']), undefined)
    assert.equal(nearest('uxrl', ['url']), 'url')
    assert.equal(nearest('lru', ['url']), undefined)
  })

  test('is the first of those that are equally near', () => {
    assert.equal(nearest('topis', ['topic', 'topit']), 'topic')
    assert.equal(nearest('topic', ['topit', 'topic']), 'topic')
  })

  test('is told in brackets, or not at all', () => {
    assert.equal(didYouMean('ulr', WORDS), ' (did you mean "url"?)')
    assert.equal(didYouMean('colour', WORDS), '')
  })

  test('is every word for itself, and takes no time over a long one', () => {
    fc.assert(fc.property(fc.constantFrom(...WORDS), (word) => nearest(word, WORDS) === word))
    const began = performance.now()
    assert.equal(nearest('x'.repeat(1_000_000), WORDS), undefined)
    assert.ok(performance.now() - began < 5_000)
  })
})
