import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { downgradedText } from '../../src/reading/downgraded-document.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { runs, withChance } from '../support/arbitraries.ts'
import { schemas } from '../support/documents.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'
import { fixtures } from '../support/reports.ts'

const read = (text: string) => readDocument(schemas(), Buffer.from(text))

function roundTrip(text: string): void {
  const posted = read(text)
  assert.ok(posted.valid && posted.document !== null, posted.errors[0]?.message)
  const down = downgradedText(schemas(), posted.document.original?.text ?? posted.document.xml)
  assert.ok(down.kind === 'downgraded', JSON.stringify(down))
  const back = read(down.xml)
  assert.equal(back.document?.xml, posted.document.xml)
}

describe('x', () => {
  for (const { name, bytes } of fixtures('valid').filter(
    ({ name }) => !name.startsWith('v1-') && name !== 'utf-16.xml',
  )) {
    test(name, () => roundTrip(Buffer.from(bytes).toString()))
  }
})

test('y', () => {
  fc.assert(
    fc.property(
      withChance((c) => iodefDocument(c).text),
      roundTrip,
    ),
    runs(60),
  )
})
