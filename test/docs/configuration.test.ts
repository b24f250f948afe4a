import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildConfig } from '../../src/config/config.ts'
import { parseSource } from '../../src/config/read.ts'
import { blocks, PAGES, page } from './markdown.ts'

const examples = [
  ...PAGES.flatMap((file) =>
    blocks(page(file))
      .filter(({ language }) => language === 'yaml')
      .map(({ body }) => [file, body] as const),
  ),
  ['examples/gateway.yaml', page('examples/gateway.yaml')] as const,
]

describe('every configuration that is shown', () => {
  test('is there', () => assert.ok(examples.length >= 2))
  for (const [file, text] of examples) {
    test(`loads: ${file}`, () => {
      const { source, problems } = parseSource(text)
      assert.deepEqual(problems, [])
      assert.ok(source)
      const loaded = buildConfig(source, '/etc/iodef-gateway', { GATEWAY_PASSWORD: 'x' })
      assert.deepEqual(loaded.problems, [])
      assert.deepEqual(loaded.warnings, [])
      assert.ok(loaded.config)
    })
  }

  test('has ten lines in the README', () => {
    const [readme] = examples.filter(([file]) => file === 'README.md')
    const lines = (readme?.[1] ?? '').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
    assert.ok(lines.length <= 10, `${lines.length} lines`)
  })
})
