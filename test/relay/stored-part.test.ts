import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LABELS } from '../../src/iodef/restriction.ts'
import type { Part } from '../../src/relay/part.ts'
import { createPartReader, encodePart, parsePart } from '../../src/relay/stored-part.ts'
import { runs } from '../support/arbitraries.ts'
import { incidentText, ridText } from '../support/documents.ts'
import { fixtures } from '../support/reports.ts'
import { createSigner } from '../support/signed.ts'
import { consume, grid, plan, valid } from './journey.ts'

/** Parts of all valid documents that are published. */
const PARTS: readonly Part[] = [...fixtures('valid'), ...fixtures('rid')].flatMap(({ bytes }) => {
  try {
    const made = plan(valid(bytes), grid())
    return made.kind === 'publish' ? made.publications.map(({ item }) => consume(item.xml).part) : []
  } catch {
    return []
  }
})

const signed = createSigner('ec').sign(
  `<IODEF-Document version="2.00" xmlns="urn:ietf:params:xml:ns:iodef-2.0">${incidentText()}<AdditionalData dtype="xml">@SIGNATURE@</AdditionalData></IODEF-Document>`,
)
const message = ridText(signed, {
  incidentId: '<IncidentID xmlns="urn:ietf:params:xml:ns:iodef-1.0" name="x">7</IncidentID>',
})
const FULL = plan(valid(message), grid())
const [full] = FULL.kind === 'publish' ? FULL.publications.map(({ item }) => consume(item.xml).part) : []
assert.ok(full?.original && full.policy?.incidentId)

describe('a stored part', () => {
  test('that goes to several peers is read once, and as it is read for each alone', () => {
    const read = createPartReader()
    const [first, ...others] = PARTS.map(encodePart)
    assert.ok(first !== undefined && others.length > 20)
    // the store gives each delivery a text of its own
    const copy = (text: string) => Buffer.from(text).toString()
    const part = read(first)
    assert.deepEqual(part, parsePart(first))
    assert.equal(read(copy(first)), part)
    for (const text of others) assert.deepEqual(read(copy(text)), parsePart(text))
    assert.notEqual(read(copy(first)), part, 'it is not remembered for ever')
    const damaged = first.replace('"format":1', '"format":2')
    assert.deepEqual([read(damaged).kind, read(copy(damaged)).kind], ['unreadable', 'unreadable'])
  })

  test('is what it was', () => {
    assert.ok(PARTS.length > 30)
    for (const part of [...PARTS, full]) assert.deepEqual(parsePart(encodePart(part)), { kind: 'part', part })
  })

  test('is what it was, too, when it was written before it had the number of its format', () => {
    for (const part of [...PARTS, full]) assert.deepEqual(parsePart(JSON.stringify(part)), { kind: 'part', part })
  })

  test('tells equal parts by equal JSON', () => {
    for (const part of [...PARTS, full]) {
      const kept = parsePart(JSON.stringify(part))
      assert.equal(kept.kind === 'part' && encodePart(kept.part), encodePart(part))
    }
  })

  for (const key of Object.keys(full)) {
    test(`is unreadable when its ${key} is gone or something else`, () => {
      const { [key as keyof Part]: _, ...rest } = full
      if (key !== 'originalVersion') assert.match(reasonOf(rest), new RegExp(`read: ${key} is (missing|no )`))
      for (const other of [17, [17], { other: 17 }, true]) {
        assert.match(
          reasonOf({ ...full, [key]: other }),
          new RegExp(`read: ${key}[\\w.[\\]]* is `),
          JSON.stringify(other),
        )
      }
    })
  }

  test('that was not valid keeps its errors, and the item where it is short', () => {
    for (const kept of [{ invalid: 'line 1: no' }, { invalid: 'line 1: no', item: '<a/>' }]) {
      assert.deepEqual(parsePart(encodePart(kept)), { kind: 'invalid', ...kept })
      assert.deepEqual(parsePart(JSON.stringify(kept)), { kind: 'invalid', ...kept })
    }
    assert.match(reasonOf({ invalid: '' }), /invalid is empty$/)
    assert.match(reasonOf({ invalid: 'no', item: 7 }), /item is no text$/)
  })

  test('says in its reason nothing of what a report says', () => {
    for (const payload of ['{"secret": <x>', JSON.stringify({ ...full, msgType: 'secret', needed: ['secret'] })]) {
      const kept = parsePart(payload)
      assert.ok(kept.kind === 'unreadable' && !kept.reason.includes('secret'))
    }
  })

  test('is whole or unreadable, whatever befell it', () => {
    const text = encodePart(full)
    const cut = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 5 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(full)),
        fc.jsonValue({ maxDepth: 3 }),
        cut,
        (key, value, [at, n, by]) => {
          const torn = text.slice(0, at) + by + text.slice(at + n)
          for (const payload of [JSON.stringify({ ...full, [key]: value }), JSON.stringify(value), torn]) {
            const kept = parsePart(payload)
            if (kept.kind !== 'part') continue
            const { needed, incidents, shell } = kept.part
            assert.ok(needed.length > 0 && needed.every((label) => LABELS.includes(label)))
            assert.ok(
              incidents.length > 0 && incidents.every((xml) => typeof xml === 'string' && xml !== '') && shell !== '',
            )
          }
        },
      ),
      runs(400, 5),
    )
  })
})

function reasonOf(value: unknown): string {
  const kept = parsePart(JSON.stringify(value))
  return kept.kind === 'unreadable' ? kept.reason : kept.kind
}
