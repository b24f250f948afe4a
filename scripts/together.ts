/** Unit test files that share a process: to start one, and to load what it tests, costs most of them more than their tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ringOf } from './rings.ts'

/** Files with a process of their own: the long ones, so that every processor has something to do until the end, */
const LONG = [
  'test/reading/floods.test.ts',
  'test/reading/worker-pool.test.ts',
  'test/cli/validate.test.ts',
  'test/delivery/engine.test.ts',
  'test/soak/traffic.test.ts',
]
/** and one that changes how what it tests is loaded. */
const HOOKED = ['test/reading/walks.test.ts']
export const ALONE: readonly string[] = [...LONG, ...HOOKED]

export interface Together extends Disposable {
  /** what to run: the long ones first */
  readonly files: readonly string[]
}

/** Puts the unit test files of one folder of test/ into one file that imports them. The others stay as they are. */
export function together(root: string, files: readonly string[]): Together {
  const shares = (file: string) => ringOf(file) === 'unit' && !ALONE.includes(file)
  const alone = files.filter((file) => ringOf(file) === 'unit' && !shares(file))
  const folders = Map.groupBy(files.filter(shares), (file) => dirname(file).split('/').slice(0, 2).join('/'))
  // not in node_modules: the runner takes no file from there
  const place = mkdtempSync(join(tmpdir(), 'iodef-gateway-unit-'))
  const groups = [...folders].map(([folder, members]) => {
    const group = join(place, `${folder}.test.mjs`)
    mkdirSync(dirname(group), { recursive: true })
    writeFileSync(
      group,
      source(
        folder,
        members.map((file) => pathToFileURL(join(root, file)).href),
      ),
    )
    return group
  })
  const rest = files.filter((file) => ringOf(file) !== 'unit')
  return {
    files: [...alone, ...groups, ...rest],
    [Symbol.dispose]: () => rmSync(place, { recursive: true }),
  }
}

/**
 * The first test waits until all are loaded, and the others wait for it: as some load, the tests of those before would be over, and the
 * runner would take the process for done.
 */
function source(folder: string, urls: readonly string[]): string {
  return [
    "import { test } from 'node:test'",
    'const loaded = Promise.withResolvers()',
    `test('the files of ${folder} load', () => loaded.promise)`,
    ...urls.map((url) => `await import(${JSON.stringify(url)})`),
    'loaded.resolve()',
    '',
  ].join('\n')
}
