import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildConfig } from '../../src/config/config.ts'
import { parseSource } from '../../src/config/read.ts'
import { leavesOf, type Schema } from './config-keys.ts'
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

describe('the reference in docs/guide.md', () => {
  const rows = [...page('docs/guide.md').matchAll(/^\| (`[^|]+`) \|([^|]*)\| [^|]*\|$/gm)].map(
    ([, keys = '', value = '']) => ({
      keys: [...keys.matchAll(/`([\w.]+)`/g)].map((m) => m[1] ?? ''),
      value: value.trim(),
    }),
  )
  const schema = JSON.parse(page('schemas/config.schema.json')) as Schema
  const leaves = [...leavesOf(schema)]

  for (const { path, fallback } of leaves) {
    test(`has ${path}`, () => {
      // sections whose keys stand there without prefix: peers, grid.topics, routes
      const short = shortOf(path)
      const row = rows.find(({ keys }) => keys.includes(short))
      if (path === 'grid.allowPlain') {
        assert.match(page('docs/guide.md'), /`grid\.allowPlain` is taken for `grid\.auth\.allowPlain`/)
        return
      }
      assert.ok(row, `there is a row for ${short}`)
      if (fallback === undefined) return
      const shown = row.value.replaceAll(/[`"]/g, '')
      assert.equal(
        shown,
        Array.isArray(fallback) ? (fallback.length === 0 ? 'none' : `[${fallback.join(', ')}]`) : String(fallback),
      )
    })
  }

  test('has no key that does not exist', () => {
    const known = leaves.map(({ path }) => shortOf(path))
    const section = /^## Configuration$(.*?)^## /ms.exec(page('docs/guide.md'))?.[1] ?? ''
    const named = [...section.matchAll(/^\| ((?:`[\w.]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([\w.]+)`/g)].map((match) => match[1] ?? ''),
    )
    assert.ok(named.length > 40)
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
  })
})

/** As the guide has it: sections whose keys stand there without prefix, and one with a prefix of its own. */
function shortOf(path: string): string {
  return path.replace(/^(peers|grid\.topics|routes)\[\]\./, '').replace(/^grid\.participants\[\]/, 'participants')
}
