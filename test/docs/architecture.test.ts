import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { page, ROOT } from './markdown.ts'

const architecture = page('docs/architecture.md')

test('the steps of reading are the files that the page says', () => {
  const steps = [...architecture.matchAll(/^\| ([a-z-]+) \| `(reading\/[a-z-]+)` \|/gm)].map(
    ([, step = '', file = '']) => ({
      step,
      text: page(`src/${file}.ts`),
    }),
  )
  assert.equal(steps.length, 8)
  for (const { step, text } of steps) assert.match(text, new RegExp(`The step \`${step}\``))
})

test('every file of ours that the page names is there', () => {
  const named = [...architecture.matchAll(/`((?:reading|relay|test)\/[a-z/-]+)(\.test\.ts|\.ts)?`/g)]
  assert.ok(named.length > 20)
  for (const [, path = '', end = '.ts'] of named) {
    const file = path.startsWith('test/') ? path : `src/${path}`
    assert.ok(existsSync(join(ROOT, `${file}${end}`)) || existsSync(join(ROOT, file)), path)
  }
})
