import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../support/arbitraries.ts'
import { EFFORT } from '../support/effort.ts'
import { iodef1Documents } from './upgrade-documents.ts'
import { goRound, inspect, postable, upgradedOf } from './upgrade-journey.ts'

const documents = iodef1Documents()

test('whatever IODEF 1 takes, IODEF 2 takes its upgrade', () => {
  fc.assert(
    fc.property(documents, ({ xml }) => {
      const posted = postable(xml)
      const again = inspect(upgradedOf(posted).xml)
      assert.ok(again.valid, again.errors[0]?.message)
      assert.equal(again.format, 'IODEF 2')
      assert.equal(again.document?.xml, upgradedOf(posted).xml, 'it is in normal form')
      assert.deepEqual(
        again.document?.incidents.map(({ key, purpose }) => ({ key, purpose })),
        posted.incidents.map(({ key, purpose }) => ({ key, purpose })),
      )
    }),
    runs(40),
  )
})

test('an upgrade counts as strict as the document', () => {
  fc.assert(
    fc.property(documents, ({ xml }) => {
      const posted = postable(xml)
      const { document } = inspect(upgradedOf(posted).xml)
      assert.deepEqual(document?.needed, posted.needed)
      assert.deepEqual(upgradedOf(posted).needed, posted.needed)
    }),
    runs(20),
  )
})

/** RFC 5070 §5.1: an ext- attribute speaks only where its attribute says ext-value, so it may give way. */
const IDLE = /<(?:Impact|Address)\b(?![^>]*\b(?:type|category)=" ?ext-value ?")[^>]*\bext-(?:type|category)="([^"]*)"/g

test('an upgrade loses no text and no attribute', () => {
  let checked = 0
  fc.assert(
    fc.property(documents, ({ xml, words }) => {
      const upgraded = upgradedOf(postable(xml)).xml
      const idle = [...xml.matchAll(IDLE)].map((match) => match[1] ?? '').join()
      for (const word of words) {
        if (!xml.includes(word) || idle.includes(word)) continue
        assert.ok(upgraded.includes(word), `${word} of ${xml} is not in ${upgraded}`)
        checked += 1
      }
    }),
    runs(20),
  )
  assert.ok(checked > 200 * EFFORT)
})

test('every IODEF 1 document comes back as it was posted', () => {
  fc.assert(
    fc.property(documents, ({ xml }) => {
      const posted = postable(xml)
      const back = goRound(posted)
      assert.equal(back.version, 1)
      assert.equal(back.xml, posted.xml)
    }),
    runs(20),
  )
})
