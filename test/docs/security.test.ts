import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configKeys, shownDefault } from './config-keys.ts'
import { page, ROOT } from './markdown.ts'
import { hasTest } from './test-names.ts'

const guide = page('docs/security.md')
const keys = new Map(configKeys().map((key) => [key.path, key]))

/** The lines `- WHAT: ...` of the page. */
function linesOf(what: string, text = guide): string[] {
  return [...text.matchAll(new RegExp(`^- ${what}: (.+)$`, 'gm'))].map(([, line = '']) => line)
}

test('the security guide names settings that there are, with their defaults', () => {
  const lines = linesOf('Settings')
  assert.ok(lines.length >= 7)
  for (const line of lines) {
    const named = [...line.matchAll(/`([^`]+)`(?: \(`([^`]+)`\))?/g)]
    assert.equal(line, named.map(([one]) => one).join(', '), 'nothing else stands there')
    for (const [, path = '', fallback] of named) {
      const key = keys.get(path)
      assert.ok(key, `there is a key ${path}`)
      // an empty list is none: the schema says it or not
      const shown = key.fallback === undefined ? '[]' : shownDefault(key.fallback)
      assert.equal(fallback ?? '[]', shown, path)
    }
  }
})

test('the security guide names tests that there are', () => {
  const lines = linesOf('Shown by')
  assert.ok(lines.length > 40)
  for (const line of lines) {
    const [, file = '', name = ''] = /^`(test\/[\w./-]+\.test\.ts)`: (.+)$/.exec(line) ?? []
    assert.ok(file !== '' && existsSync(join(ROOT, file)) && hasTest(file, name), line)
  }
})

test('the security guide has each section of RFC 8600 section 8, and of section 5 of its draft', () => {
  const count = { '8.1': 4, '8.2': 4, '8.3': 7, '5.1': 4, '5.2': 4, '5.3': 6 }
  const numbers = Object.entries(count).flatMap(([head, last]) =>
    Array.from({ length: last }, (_, i) => `${head}.${i + 1}`),
  )
  assert.deepEqual(
    numbers.filter((number) => !new RegExp(`(?<![\\d.])${number.replaceAll('.', '\\.')}(?![\\d])`).test(guide)),
    [],
  )
})

test('each consideration of the security guide says what is set, what shows it and what is left to others', () => {
  const sections = guide.split(/^## /m).filter((section) => section.includes('\n- Settings: '))
  assert.ok(sections.length >= 8)
  for (const section of sections) {
    const title = section.split('\n')[0]
    assert.match(section, /^(RFC 8600|draft) sections? /m, title)
    assert.ok(linesOf('Shown by', section).length > 0, title)
    assert.equal(linesOf('Left to you', section).length, 1, title)
  }
})
