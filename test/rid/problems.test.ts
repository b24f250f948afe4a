import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { spelledOut } from '../../src/printable.ts'
import type { Problem } from '../../src/rid/contract.ts'
import { prefersJson, renderProblem } from '../../src/rid/problems.ts'
import { anyText, runs } from '../support/arbitraries.ts'

const ID = '0b5e9c3a-0000-4000-8000-000000000000'

test('Accept decides between XML and JSON', () => {
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/xml',
    'text/html, */*;q=0.8',
    'application/*',
    'application/problem+xml, application/problem+json',
    'application/json;q=0.5, application/xml',
    'application/json;q=0',
    'application/json;q=nonsense',
    'application/json;q=0.5, */*',
    'application/*, */*',
  ]) {
    assert.equal(prefersJson(accept), false, accept)
  }
  for (const accept of [
    'application/json',
    'Application/Problem+JSON',
    'application/problem+json, */*;q=0.1',
    'application/json, application/xml;q=0.9',
    'application/json; q=0.5, text/xml; q=0.4',
    'application/json, text/plain, */*',
  ]) {
    assert.equal(prefersJson(accept), true, accept)
  }
})

test('control characters, separators and half surrogates are spelled out', () => {
  assert.equal(
    spelledOut(`a\u0000b\n\u007f\u0085\u2028\ufffe${String.fromCharCode(0xd800)}\u{1f600}é`),
    'a\\u0000b\\u000a\\u007f\\u0085\\u2028\\ufffe\ufffd\u{1f600}é',
  )
})

test('whatever a reason holds, the XML is well-formed and says it', () => {
  const parser = new XMLParser({ parseTagValue: false, trimValues: false, isArray: (name) => name === 'i' })
  fc.assert(
    fc.property(anyText(), fc.string({ unit: 'grapheme' }), (reason, detail) => {
      const problem: Problem = { status: 400, title: 'x', detail, errors: [{ line: 1, column: 2, message: reason }] }
      const { body } = renderProblem(problem, ID, undefined)
      const parsed = parser.parse(body.toString('utf8')).problem
      assert.equal(parsed.errors.i[0].reason, spelledOut(reason))
      assert.equal(parsed.detail, spelledOut(detail))
      assert.equal(parsed.instance, `urn:uuid:${ID}`)
    }),
    runs(50),
  )
})
