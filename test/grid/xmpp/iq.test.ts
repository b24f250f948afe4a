import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xml } from '@xmpp/client'
import { Flight } from '../../../src/grid/xmpp/flight.ts'
import { errorText, IqTracker } from '../../../src/grid/xmpp/iq.ts'

const OWN = { bare: 'gateway@grid.example', full: 'gateway@grid.example/1', domain: 'grid.example' }

test('an error with names as long as a book, or that turn the line around, is told in one short line', async () => {
  const tracker = new IqTracker(new Flight())
  const { id, answer } = tracker.open({ to: 'pubsub.grid.example', timeoutMs: 1_000 })
  const error = xml(
    'error',
    { type: 'cancel' },
    xml(`\u202e${'c'.repeat(100_000)}`, { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' }),
    xml(`a\u009b${'s'.repeat(100_000)}`, { xmlns: 'urn:x' }),
  )
  tracker.take(xml('iq', { type: 'error', id, from: 'pubsub.grid.example' }, error), OWN)
  tracker.close()
  const given = await answer
  assert.equal(given.kind, 'error')
  const text = given.kind === 'error' ? errorText(given.error) : ''
  assert.match(text, /^c+ \(a s+\)$/)
  assert.ok(text.length < 200, `${text.length} characters`)
})
