import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoTime, publicDelivery, shortTime } from '../../src/cli/store.ts'

const AT = Date.parse('2026-11-22T20:31:07.125Z')

test('a time is ISO 8601 for programs and without fractions for people; there may be none', () => {
  assert.equal(isoTime(AT), '2026-11-22T20:31:07.125Z')
  assert.equal(shortTime(AT), '2026-11-22 20:31:07Z')
  assert.equal(isoTime(0), '1970-01-01T00:00:00.000Z')
  assert.equal(shortTime(0), '1970-01-01 00:00:00Z')
  assert.equal(isoTime(null), null)
  assert.equal(shortTime(null), '-')
})

test('a delivery is printed with the documented keys, in their order, and nothing else of it', () => {
  const delivery = {
    id: '7',
    direction: 'rid-to-grid',
    source: 'csirt-a',
    kind: 'topic',
    destination: 'incident',
    incident: 'csirt.example 1',
    item: 'f'.repeat(64),
    state: 'pending',
    attempts: 2,
    nextAttempt: AT,
    reason: null,
    payload: '<secret/>',
  } as unknown as Parameters<typeof publicDelivery>[0]
  assert.equal(
    JSON.stringify(publicDelivery(delivery)),
    '{"id":"7","direction":"rid-to-grid","source":"csirt-a","destination":"incident","incident":"csirt.example 1",' +
      '"state":"pending","attempts":2,"nextAttempt":"2026-11-22T20:31:07.125Z","reason":null}',
  )
})
