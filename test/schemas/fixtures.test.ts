import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { missingFrom } from '../../src/iodef/restriction.ts'
import { createReader } from '../../src/reading/reader.ts'
import { decode } from '../../src/xml/decode.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { brokenRules, neededBy } from '../support/trees.ts'

interface Fixture {
  readonly file: string
  readonly format: string
  readonly valid: boolean
  readonly rules?: readonly string[]
  readonly reason: string
}

const folder = new URL('../../fixtures/', import.meta.url)
const bytes = (file: string) => readFileSync(new URL(file, folder))
const fixtures: readonly Fixture[] = JSON.parse(bytes('manifest.json').toString('utf8'))

function tree(file: string) {
  const decoded = decode(bytes(file))
  assert.ok(decoded.ok, file)
  return scan(decoded.text)
}

describe('fixtures', () => {
  const reader = createReader({ threads: 1, deadlineMs: 60_000 })
  after(() => reader[Symbol.asyncDispose]())

  test('are all in the manifest, once, with a reason', () => {
    const there = ['valid', 'invalid', 'rid'].flatMap((d) => readdirSync(new URL(d, folder)).map((f) => `${d}/${f}`))
    assert.deepEqual(fixtures.map((f) => f.file).sort(), there.sort())
    for (const { file, reason } of fixtures) assert.ok(reason.length > 5, file)
  })

  for (const { file, format, valid, rules = [] } of fixtures) {
    test(`${file} is ${valid ? 'valid' : 'not valid'}`, async () => {
      const found = await reader.inspect(bytes(file))
      assert.equal(found.valid, valid, found.errors[0]?.message)
      assert.equal(found.format, format)
      if (!valid) assert.ok(found.errors.length > 0)
      const strict = await reader.inspect(bytes(file), { strict: true })
      assert.equal(strict.valid, valid && rules.length === 0, strict.errors[0]?.message)
    })
  }

  test('break the rules of the text that the manifest says, and no others', () => {
    for (const { file, valid, rules = [] } of fixtures) {
      if (!valid) continue
      const broken = new Set(brokenRules(tree(file)).musts.map((f) => f.rule))
      assert.deepEqual([...broken].sort(), [...rules].sort(), file)
    }
  })

  test('may be told to partners, unless their name says restricted', () => {
    for (const { file } of fixtures.filter((f) => f.file.startsWith('valid/'))) {
      const stopped = missingFrom(['public', 'partner'], neededBy(tree(file)))
      assert.equal(stopped !== undefined, file.startsWith('valid/restricted-'), `${file} needs ${stopped}`)
    }
  })

  test('reach from half a kilobyte to 200', () => {
    const sizes = fixtures.filter((f) => f.valid).map((f) => bytes(f.file).length)
    assert.ok(Math.min(...sizes) < 700)
    assert.ok(Math.max(...sizes) > 190_000 && Math.max(...sizes) < 210_000)
  })
})
