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

test('the result of an order is taken by its first tag, and nothing else is', async () => {
  const tracker = new IqTracker(new Flight())
  const to = 'pubsub.grid.example'
  const order = tracker.open({ to, timeoutMs: 1_000, isOrder: true })
  const question = tracker.open({ to, timeoutMs: 1_000 })
  const iq = (id: string, type = 'result', from = to) => `<iq id="${id}" type='${type}' from='${from}'><x/></iq>`
  for (const text of [
    iq(question.id),
    iq(order.id, 'error'),
    iq(order.id, 'set'),
    iq(order.id, 'result', 'somebody@grid.example'),
    iq('another'),
    '<iq',
    '<iq type="result" type="result">',
  ])
    assert.ok(!tracker.glance(text, OWN), text)
  assert.ok(tracker.glance(iq(order.id), OWN))
  assert.ok(!tracker.glance(iq(order.id), OWN), 'it is answered')
  assert.equal((await order.answer).kind, 'result')
  tracker.close()
  assert.equal((await question.answer).kind, 'away')
})
