import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const module = new URL('../../src/cli/small-heap.ts', import.meta.url).href

function run(program: string, ...flags: string[]) {
  const whole = `import { keepHeapSmall } from ${JSON.stringify(module)}; keepHeapSmall(); ${program}`
  const args = [...flags, '--input-type=module', '--eval', whole]
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
}

test('the flags that keep the heap small are some that this Node.js knows', () => {
  const { status, stdout, stderr } = run("console.log('kept')")
  // V8 says on standard error what it does not know, and goes on
  assert.deepEqual([status, stdout, stderr], [0, 'kept\n', ''])
})

test('a thread has the nursery that it is given, and not that of the main thread', () => {
  const fill = 'for (let i = 0; i < 500; i += 1) globalThis.kept = new Array(10_000).fill(i)'
  const worker = `new Worker(${JSON.stringify(fill)}, { eval: true, resourceLimits: { maxYoungGenerationSizeMb: 48 } })`
  const program = `const { Worker } = await import('node:worker_threads'); ${worker}`
  const { stdout } = run(program, '--max-semi-space-size=1', '--trace-gc')
  const sizes = [...stdout.matchAll(/Scavenge ([\d.]+) \([\d.]+\) -> ([\d.]+)/g)].map(
    ([, a, b]) => Number(a) - Number(b),
  )
  assert.ok(Math.max(...sizes) > 3, `collections of at most ${Math.max(...sizes)} MiB`)
})
