import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ROOT } from './command.ts'

const dir = mkdtempSync(join(tmpdir(), 'deadline-'))
after(() => rmSync(dir, { recursive: true }))

const EVENTUALLY = JSON.stringify(new URL('./eventually.ts', import.meta.url).href)

/** What `npm test` makes of a test file with this in it. */
function run(body: string): { status: number | null; text: string } {
  const file = join(dir, 'some.test.ts')
  const head = `import { test } from 'node:test'\nimport { eventually, within } from ${EVENTUALLY}\n`
  writeFileSync(file, head + body)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--test', '--test-timeout=500', '--import=./test/support/deadline.ts', '--test-reporter=spec', file],
    { cwd: ROOT, encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  )
  return { status, text: stdout + stderr }
}

describe('a run that would hang', () => {
  test('ends, and says what the test waited for', () => {
    const { status, text } = run(`
      test('of a condition', () => eventually(() => 'the moon; it is at ' + 7, () => false))
      test('of a promise', () => within(60_000, 'the sun', new Promise(() => {})))`)
    assert.equal(status, 1, text)
    assert.match(text, /'test timed out after 500ms, as it waited for the moon; it is at 7 \(open: timer\)'/)
    assert.match(text, /waited for .*the sun/)
  })

  test('ends, and says what is open, where the wait has no name', () => {
    const { status, text } = run(`
      import { createServer } from 'node:net'
      test('of nothing in particular', () => new Promise(() => createServer().listen(0)))`)
    assert.equal(status, 1, text)
    assert.match(text, /as it waited for something without a name \(open: Server\)/)
  })

  test('ends, and names the test that never lets go of its processor', () => {
    const { status, text } = run(`
      test('that passes', () => {})
      test('that loops', () => { for (;;); })`)
    assert.equal(status, 1, text)
    assert.match(text, /some\.test\.ts: nothing happened for 10 s after "that loops" had begun/)
  })

  test('ends, and says what a file has left open', () => {
    const { status, text } = run(`
      import { spawn } from 'node:child_process'
      test('that passes', () => void spawn('sleep', ['30'], { detached: true }))`)
    assert.equal(status, 1, text)
    assert.match(text, /some\.test\.ts: left open after its last test: .*sleep \(process \d+\)/)
  })

  test('is no concern of a file that leaves nothing open', () => {
    const { status, text } = run(`test('that passes', () => eventually('something that is there', () => true))`)
    assert.equal(status, 0, text)
  })
})
