/**
 * `npm test`: types, style, then every test file but the soak. The runner's closing count is the last that is printed.
 * Arguments narrow it to test files whose path contains one of them: `npm test -- config cli`.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const only = process.argv.slice(2)
const files = globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => !file.includes('soak'))
  .filter((file) => only.length === 0 || only.some((word) => file.includes(word)))
  .sort()

if (files.length === 0) fail(`no test file matches ${only.join(' ')}`)
step('types', ['node_modules/typescript/bin/tsc', '--noEmit'])
step('style', ['node_modules/@biomejs/biome/bin/biome', 'check', '--diagnostic-level=warn', '--error-on-warnings', '.'])
// two at a time: some start real Brokers
step(`${files.length} test files`, ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files])

function step(name: string, args: string[]): void {
  console.error(`\u2014 ${name}`)
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (error) fail(`${name}: ${error.message}`)
  if (status !== 0) fail(`${name}: failed`, status ?? 1)
}

function fail(text: string, code = 1): never {
  console.error(text)
  process.exit(code)
}
