/**
 * `npm test`: types, style, then every test file. The runner's closing count is the last that is printed.
 * `npm run unit`, `npm run brokers`, `npm run e2e`: the test files of one ring (scripts/rings.ts says which those are).
 * `npm run coverage`: every test file, and fails below what src/ must be covered by; without the one whose measure is time.
 * Further arguments narrow each to test files whose path contains one of them: `npm test -- config cli`.
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RINGS, type Ring, ringOf, testFiles } from './rings.ts'
import { together } from './together.ts'

/** ms that one test may take: its deadline ends hangs only, so it is generous */
const DEADLINES: Readonly<Record<Ring, number>> = { unit: 120_000, brokers: 120_000, e2e: 300_000 }
/** ms that all of them may take together: CI gives `npm test` a quarter of an hour */
const WHOLE = { npmTest: 14 * 60_000, coverage: 40 * 60_000 }

const root = fileURLToPath(new URL('..', import.meta.url))
/** An eighth of a unit test file's time is the compilation of what it imports. What is counted must not come from there. */
const COMPILED = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') }
/** % of src/ that the tests run through. What runs in a child process alone is not counted. */
const LEAST = { lines: 95, branches: 90 }
/** counting makes code slow: what must be quick enough cannot be told then */
const TIMED = ['test/reading/floods.test.ts']

const [first = '', ...rest] = process.argv.slice(2)
const ring = RINGS.find((name) => name === first)
const covering = first === 'coverage'
const words = ring !== undefined || covering ? rest : process.argv.slice(2)
const files = testFiles(root)
  .filter((file) => ring === undefined || ringOf(file) === ring)
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .filter((file) => !covering || !TIMED.includes(file))

/** how many times the cases of what could go on for ever (test/support/effort.ts): more where nobody waits for every second */
const effort = Number(process.env.EFFORT ?? (ring === undefined && !covering ? 2 : 1))

if (files.length === 0) fail(`no test file matches ${words.join(' ')}`)
if (ring === undefined && !covering) {
  step('types', ['node_modules/typescript/bin/tsc', '--noEmit'])
  step('style', [
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--diagnostic-level=warn',
    '--error-on-warnings',
    '.',
  ])
}
// one file, or a few, are run as they are: one of them is being worked on
const shared = words.length === 0 ? together(root, files) : { files, [Symbol.dispose]() {} }
process.on('exit', () => shared[Symbol.dispose]())
step(`${files.length} test files`, [
  '--test',
  // what starts real Brokers waits for them most of the time
  `--test-concurrency=${ring === 'unit' ? Math.max(2, availableParallelism()) : 4}`,
  `--test-timeout=${DEADLINES[ring ?? 'e2e'] * Math.max(1, effort / 5)}`,
  '--import=./test/support/deadline.ts',
  '--test-reporter=spec',
  ...(covering ? coverage() : []),
  ...shared.files,
])

function coverage(): string[] {
  const least = Object.entries(LEAST).map(([what, percent]) => `--test-coverage-${what}=${percent}`)
  return ['--experimental-test-coverage', '--test-coverage-include=src/**/*.ts', ...least]
}

function step(name: string, args: string[]): void {
  console.error(`\u2014 ${name}`)
  // the runner ends its files at SIGTERM, and says which those were
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, EFFORT: `${effort}`, ...(covering ? {} : COMPILED) },
    timeout: covering ? WHOLE.coverage : WHOLE.npmTest,
  })
  if (error) fail(`${name}: ${'code' in error && error.code === 'ETIMEDOUT' ? 'took too long' : error.message}`)
  if (status !== 0) fail(`${name}: failed`, status ?? 1)
}

function fail(text: string, code = 1): never {
  console.error(text)
  process.exit(code)
}
