import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Features } from '../../../src/grid/pubsub/features.ts'

const error = (condition: string, more: { application?: string; feature?: string } = {}) => ({
  type: 'cancel',
  condition,
  application: undefined,
  text: undefined,
  ...more,
})

describe('what a Broker can do', () => {
  test('is what it lists; one that lists nothing may have everything', () => {
    assert.deepEqual(new Features().lacking, [])
    assert.deepEqual(new Features(['publish', 'publish-options']).lacking, ['retrieve-items'])
  })

  test('is also what it refuses by name, whatever it lists', () => {
    const features = new Features(['publish-options', 'retrieve-items'])
    assert.ok(!features.refusedBy(error('feature-not-implemented'), 'publish-options'))
    assert.ok(!features.lacks('publish-options'))
    const unsupported = error('feature-not-implemented', { application: 'unsupported', feature: 'publish-options' })
    assert.ok(features.refusedBy(unsupported, 'publish-options'))
    assert.ok(features.lacks('publish-options'))
  })

  test('is guessed from a plain refusal only where it lists nothing', () => {
    for (const condition of ['feature-not-implemented', 'bad-request']) {
      assert.ok(new Features().refusedBy(error(condition), 'publish-options'), condition)
    }
    const other = error('feature-not-implemented', { application: 'unsupported', feature: 'persistent-items' })
    assert.ok(!new Features().refusedBy(other, 'publish-options'))
    assert.ok(!new Features().refusedBy(error('bad-request', { application: 'invalid-payload' }), 'publish-options'))
    assert.ok(!new Features().refusedBy(error('forbidden'), 'publish-options'))
  })
})
