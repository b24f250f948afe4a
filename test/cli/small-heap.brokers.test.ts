import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('the flag that keeps the heap small is one that this Node.js knows', () => {
  const module = new URL('../../src/cli/small-heap.ts', import.meta.url).href
  const program = `import { keepHeapSmall } from ${JSON.stringify(module)}; keepHeapSmall(); console.log('kept')`
  const args = ['--input-type=module', '--eval', program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  // V8 says on standard error what it does not know, and goes on
  assert.deepEqual([status, stdout, stderr], [0, 'kept\n', ''])
})
