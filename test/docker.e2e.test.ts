import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../scripts/docker/parse.ts'

test('the Dockerfile makes a gateway that runs, step by step', () => {
  const args = [join(ROOT, 'scripts/docker-check.ts')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 })
  assert.equal(status, 0, stderr)
  assert.match(stderr, /^iodef-gateway \d+\.\d+\.\d+ runs from the image's files$/m)
})
