import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reference, writtenReference } from '../../scripts/reference.ts'
import { EVENTS } from '../../src/events/table.ts'
import { createMetrics } from '../../src/metrics.ts'
import { configKeys, shownDefault } from './config-keys.ts'
import { PAGES, page } from './markdown.ts'

test('docs/reference.md is current (sh scripts/node scripts/reference.ts writes it)', async () => {
  assert.equal(writtenReference(), await reference())
})

describe('the reference', () => {
  const text = page('docs/reference.md')
  const rows = new Map(
    [...text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name = '', rest = '']) => [name, rest.split(' | ')]),
  )

  test('has each key, what may be written there, its default, an example and a sentence', () => {
    const keys = configKeys()
    assert.ok(keys.length > 90)
    for (const { path, fallback } of keys) {
      const [value = '', shown = '', example = '', sentence = ''] = rows.get(path) ?? []
      assert.ok(
        /[\w`]/.test(value) && value !== 'text' && example.length > 2 && sentence.length > 8,
        `${path}: ${rows.get(path)}`,
      )
      if (fallback === undefined) continue
      const plain = shown.replaceAll(/[`"]/g, '')
      assert.equal(plain, Array.isArray(fallback) && fallback.length === 0 ? 'none' : shownDefault(fallback), path)
    }
  })

  test('has each metric that there is, and each event that is told above debug', () => {
    const metrics = createMetrics().registry.getMetricsAsArray()
    assert.ok(metrics.length > 20)
    for (const { name } of metrics) assert.ok(rows.has(name), name)
    for (const [event, { level }] of Object.entries<{ level: string | readonly string[] }>(EVENTS))
      assert.equal(rows.has(event), level !== 'debug', event)
  })
})

/** Sections of the configuration: what begins so between backquotes is a key. */
const SECTIONS = new Set(configKeys().map(({ path }) => path.split(/[.[]/)[0]))

describe('the keys that a page names', () => {
  const known = configKeys().map(({ path }) => path.replaceAll('[]', ''))
  const ours = (file: string) =>
    [...page(file).matchAll(/`([a-z]+(?:\[\])?(?:\.\w+(?:\[\])?)+)`/g)]
      .map(([, path = '']) => path.replaceAll('[]', ''))
      // rid.pem and grid.example are a file and a domain
      .filter((path) => SECTIONS.has(path.split('.')[0]) && !/^\w+\.(pem|key|crl|example)$/.test(path))

  for (const file of PAGES.filter((one) => !/CHANGELOG|decisions/.test(one) && ours(one).length > 0)) {
    test(`are there: ${file}`, () => {
      // a section stands for its keys
      const unknown = ours(file).filter((path) => !known.some((key) => key === path || key.startsWith(`${path}.`)))
      assert.deepEqual(unknown, [])
    })
  }

  test('are many in the guide', () => assert.ok(ours('docs/guide.md').length > 30))
})
