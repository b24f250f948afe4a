import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { missingFrom } from '../../src/iodef/restriction.ts'
import { downgradedText } from '../../src/reading/downgraded-document.ts'
import { readText } from '../../src/reading/read-text.ts'
import { policyOf, renderMessage } from '../../src/rid/message.ts'
import { nodeOf } from '../../src/rid/node.ts'
import { valid } from '../relay/journey.ts'
import { complaint } from '../schemas/support.ts'
import { runs, withChance } from '../support/arbitraries.ts'
import { schemas } from '../support/documents.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'
import { fixtures } from '../support/reports.ts'
import { iodef2Documents } from '../support/schema-documents.ts'

const POLICY = policyOf('Report', 'PeerToPeer', 'Network', nodeOf({ name: 'a.example', address: '192.0.2.1' }), null)
const LISTS = [['public'], ['public', 'partner'], ['public', 'partner', 'need-to-know'], ['default', 'private']]

/** Out as IODEF 1 by the real validator, and back as it was. */
function goesRound(text: string): void {
  const { document } = valid(text)
  const made = downgradedText(schemas(), document.original?.text ?? document.xml)
  assert.ok(made.kind === 'downgraded', JSON.stringify(made))
  assert.equal(complaint('iodef-1.0.xsd', made.xml), undefined)
  const back = valid(made.xml).document
  assert.equal(back.version, 2)
  assert.equal(back.xml, document.xml)
  assert.equal(back.original?.text, document.original?.text)
  assert.deepEqual(back.needed, document.needed)
  if (document.misfit === null) {
    const message = renderMessage(POLICY, { xml: made.xml, version: 1 })
    assert.equal(complaint('iodef-rid-2.0.xsd', message), undefined)
    assert.equal(valid(message).document.xml, document.xml)
    assert.equal(valid(message).document.original?.text, document.original?.text)
  }
  // as those see it who do not look inside
  const shown = readText(schemas(), made.xml, {}).document
  assert.equal(shown?.version, 1)
  for (const list of LISTS) {
    if (missingFrom(list, shown?.needed ?? []) === undefined)
      assert.equal(missingFrom(list, document.needed), undefined)
  }
  assert.deepEqual(
    shown?.incidents.map(({ key }) => key),
    document.incidents.map(({ key }) => key),
  )
}

describe('goes out as valid IODEF 1, never less strict, and comes back equal', () => {
  for (const { name, bytes } of fixtures('valid').filter((one) => !one.name.startsWith('v1-'))) {
    test(name, () => goesRound(Buffer.from(bytes).toString(name === 'utf-16.xml' ? 'utf16le' : 'utf8')))
  }

  test('whatever the schema of IODEF 2 takes', () => {
    fc.assert(fc.property(iodef2Documents(), goesRound), runs(150))
  })

  test('whatever others write', () => {
    const texts = withChance((chance) => iodefDocument(chance).text)
    fc.assert(fc.property(texts, goesRound), runs(40))
  })
})
