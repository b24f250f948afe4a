/**
 * `npm test`: types, style, then every test file. The runner's closing count is the last that is printed.
 * `npm run unit`, `npm run brokers`, `npm run e2e`: the test files of one ring (scripts/rings.ts says which those are).
 * Further arguments narrow each to test files whose path contains one of them: `npm test -- config cli`.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { RINGS, type Ring, ringOf, testFiles } from './rings.ts'

/** ms that one test may take: its deadline ends hangs only, so it is generous */
const DEADLINES: Readonly<Record<Ring, number>> = { unit: 120_000, brokers: 120_000, e2e: 300_000 }
/** ms that all of them may take together */
const WHOLE = 14 * 60_000

const root = fileURLToPath(new URL('..', import.meta.url))
const ring = RINGS.find((name) => name === process.argv[2])
const words = process.argv.slice(ring === undefined ? 2 : 3)
const files = testFiles(root)
  .filter((file) => ring === undefined || ringOf(file) === ring)
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))

if (files.length === 0) fail(`no test file matches ${words.join(' ')}`)
if (ring === undefined) {
  step('types', ['node_modules/typescript/bin/tsc', '--noEmit'])
  step('style', [
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--diagnostic-level=warn',
    '--error-on-warnings',
    '.',
  ])
}
step(`${files.length} test files`, [
  '--test',
  // two at a time: some start real Brokers
  '--test-concurrency=2',
  `--test-timeout=${DEADLINES[ring ?? 'e2e']}`,
  '--import=./test/support/deadline.ts',
  '--test-reporter=spec',
  ...files,
])

function step(name: string, args: string[]): void {
  console.error(`\u2014 ${name}`)
  // the runner ends its files at SIGTERM, and says which those were
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', timeout: WHOLE })
  if (error) fail(`${name}: ${'code' in error && error.code === 'ETIMEDOUT' ? 'took too long' : error.message}`)
  if (status !== 0) fail(`${name}: failed`, status ?? 1)
}

function fail(text: string, code = 1): never {
  console.error(text)
  process.exit(code)
}
