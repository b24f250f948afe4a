import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ENUMERATION_RULES, EXTENSIBLE, extensions } from '../../src/iodef/rules-enumerations.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { breaches } from './breaches.ts'

const extended = (attributes: string) => extensions(scan(`<x xmlns="${NS.iodef2}" ${attributes}/>`))
const texts = (attributes: string) => extended(attributes).map(({ text }) => text)

describe('ext-value and its ext- attribute (RFC 7970 §5.1.1)', () => {
  test('go together', () => {
    assert.deepEqual(extended('role="ext-value" ext-role="x" type="policy"'), [])
    assert.deepEqual(extended('role=" ext-value\n" ext-role=""'), [])
  })

  test('are missed on either side, with a sentence each', () => {
    assert.deepEqual(texts('role="ext-value"'), ['role is "ext-value", so ext-role must be set.'])
    assert.deepEqual(texts('ext-role="x"'), ['ext-role must not be set unless role is "ext-value".'])
    assert.deepEqual(texts('role="creator" ext-role="x"'), ['ext-role must not be set unless role is "ext-value".'])
    assert.deepEqual(texts('role="ext-value" ext-type="x"'), [
      'role is "ext-value", so ext-role must be set.',
      'ext-type must not be set unless type is "ext-value".',
    ])
    for (const { must, section } of extended('role="ext-value" ext-type="x"'))
      assert.deepEqual([must, section], [true, '§5.1.1'])
    assert.deepEqual(
      extended('role="ext-value" ext-type="x"').map(({ rule }) => rule),
      ['ext-value-without-ext', 'ext-without-ext-value'],
    )
  })

  test('are nothing in an attribute that cannot be extended, or is not IODEF’s', () => {
    assert.deepEqual(extended('meaning="ext-value" formatid="ext-value"'), [])
    assert.deepEqual(extended('xmlns:p="urn:p" p:role="ext-value" p:ext-role="x"'), [])
    for (const name of EXTENSIBLE) assert.equal(extended(`${name}="ext-value"`).length, 1, name)
  })
})

test('what can be extended is what the schema has an ext- attribute for', () => {
  const schema = readFileSync(new URL('../../schemas/iodef-2.0.xsd', import.meta.url), 'utf8')
  const extended = new Set([...schema.matchAll(/<xs:attribute name="ext-([\w-]+)"/g)].map((match) => match[1]))
  assert.deepEqual([...EXTENSIBLE].sort(), [...extended].sort())
})

describe('particular values', () => {
  const said = (xml: string) => breaches(ENUMERATION_RULES, xml)
  test('that a note of the RFC made common are told by their right name', () => {
    assert.deepEqual(said('<BulkObservable type=" fqdn "/>'), [
      'bulk-fqdn-unregistered MUST §3.29.3.1: BulkObservable type "fqdn" is no registered value; use "domain-name".',
    ])
    assert.deepEqual(said('<BulkObservable type="domain-name"/>'), [])
  })

  test('that point at a course of action need one', () => {
    assert.deepEqual(said('<HistoryItem action="defined-coa"><Description>x</Description></HistoryItem>'), [
      'defined-coa MUST §3.13.1: The action of HistoryItem is "defined-coa", so DefinedCOA must be present.',
    ])
    assert.deepEqual(said('<Expectation action="defined-coa"/>'), [
      'defined-coa MUST §3.15: The action of Expectation is "defined-coa", so DefinedCOA must be present.',
    ])
    assert.deepEqual(said('<Expectation action="defined-coa">x<DefinedCOA>y</DefinedCOA></Expectation>'), [])
    assert.deepEqual(said('<Expectation action="investigate"/>'), [])
  })
})
