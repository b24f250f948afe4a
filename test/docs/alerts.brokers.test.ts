import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from './markdown.ts'

/** Debian's package prometheus has it. */
function promtool(...args: string[]): string {
  return execFileSync('promtool', args, {
    cwd: join(ROOT, 'examples'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

test('Prometheus takes the rules, and each fires when it should and not before', () => {
  assert.match(promtool('check', 'rules', 'alerts.yml'), /SUCCESS: \d+ rules found/)
  promtool('test', 'rules', 'alerts.test.yml')
})
