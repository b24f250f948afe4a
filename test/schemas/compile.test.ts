import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileSchemas } from '../../src/xml/libxml.ts'
import { attribute } from '../../src/xml/tree.ts'
import { descendants } from '../support/trees.ts'
import { files, schema, TOPS, XS } from './support.ts'

/** What the gateway writes behind an Incident; nobody imports it, since what others write is read with more patience. */
const CONTEXT = 'context.xsd'

function imports(name: string): { namespace: string | undefined; location: string }[] {
  return [...descendants(schema(name))]
    .filter((e) => e.ns === XS && ['import', 'include', 'redefine'].includes(e.local))
    .map((e) => ({ namespace: attribute(e, 'namespace'), location: attribute(e, 'schemaLocation') ?? '' }))
}

describe('the schema files', () => {
  for (const top of [...TOPS, CONTEXT]) {
    test(`compile from memory, ${top} at the top`, () => {
      assert.equal(compileSchemas(files, [top]).size, 1)
    })
  }

  test('import each other by plain name, and by the namespace the file really has', () => {
    for (const name of files.keys()) {
      for (const { namespace, location } of imports(name)) {
        assert.ok(files.has(location), `${name} imports ${location}, which is not in the folder`)
        assert.equal(attribute(schema(location), 'targetNamespace'), namespace, `${name} imports ${location}`)
      }
    }
  })

  test('are all reached from a top file, or tops themselves', () => {
    const reached = new Set<string>([...TOPS, CONTEXT])
    for (const name of reached) for (const { location } of imports(name)) reached.add(location)
    assert.deepEqual([...reached].sort(), [...files.keys()].sort())
  })

  test('are XSD 1.0 without a document type declaration, in lines one can read', () => {
    for (const [name, bytes] of files) {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      assert.ok(!text.includes('<!DOCTYPE'), name)
      assert.ok(!/<xs:(assert|alternative|override|openContent)\b/.test(text), `${name} needs XSD 1.1`)
      assert.ok(
        text.split('\n').every((line) => line.length <= 130),
        `${name} has long lines`,
      )
    }
  })
})
