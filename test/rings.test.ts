import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Ring, ringOf, testFiles } from '../scripts/rings.ts'
import { ALONE, together } from '../scripts/together.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = testFiles(root)

/** Files and packages that a file loads when it runs: what is imported for types alone is not. */
function loads(file: string): string[] {
  const path = join(root, file)
  if (!file.endsWith('.ts') || !existsSync(path)) return []
  const text = readFileSync(path, 'utf8')
  const found = text.matchAll(
    /^\s*(?:import|export)\s+(?!type\s)(?:[^'"]*?from\s+)?'([^']+)'|\bimport\('([^']+)'\)|^const \w+ = await import\('([^']+)'\)/gm,
  )
  return [...found].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? ''
    return target.startsWith('.') ? normalize(join(dirname(file), target)) : target
  })
}

/** How `file` comes to load what `wanted` says: a chain of imports; undefined when it does not, or only by way of `closed`. */
function way(
  file: string,
  wanted: (target: string) => boolean,
  closed: (target: string) => boolean = () => false,
  seen = new Set<string>(),
): string[] | undefined {
  if (wanted(file)) return [file]
  if (seen.has(file) || closed(file)) return undefined
  seen.add(file)
  for (const target of loads(file)) {
    const rest = way(target, wanted, closed, seen)
    if (rest !== undefined) return [file, ...rest]
  }
  return undefined
}

const startsProcesses = (target: string) => /^(node:)?(child_process|cluster)$/.test(target)
const startsGateway = (target: string) =>
  ['test/support/boot.ts', 'test/support/site.ts', 'src/gateway.ts'].includes(target)

function inRing(ring: Ring): string[] {
  return files.filter((file) => ringOf(file) === ring)
}

describe('the rings of tests', () => {
  test('were read at all', () => {
    for (const [ring, least] of [
      ['unit', 50],
      ['brokers', 10],
      ['e2e', 10],
    ] as const) {
      assert.ok(inRing(ring).length > least, `${inRing(ring).length} files in ${ring}`)
    }
    assert.deepEqual(way('test/rid/listener-tls.brokers.test.ts', startsProcesses)?.slice(-3), [
      'test/rid/setup.ts',
      'test/support/pki.ts',
      'node:child_process',
    ])
  })

  test('know a file by its name', () => {
    for (const [file, ring] of [
      ['test/backoff.test.ts', 'unit'],
      ['test/e2e/crash.test.ts', 'e2e'],
      ['test/blackbox/cli.test.ts', 'e2e'],
      ['test/cli/start.e2e.test.ts', 'e2e'],
      ['test/rid/sender.brokers.test.ts', 'brokers'],
      ['test/grid/brokers.test.ts', 'unit'],
    ] as const) {
      assert.equal(ringOf(file), ring, file)
    }
  })

  for (const file of inRing('unit')) {
    test(`unit: ${file} starts no Broker and no child process`, () => {
      // the command line loads what one of its commands, `init`, makes certificates with
      const chain = way(file, startsProcesses, (target) => target === 'src/cli/openssl.ts')
      const name = file.replace(/\.test\.ts$/, '.brokers.test.ts')
      assert.equal(chain, undefined, `${chain?.join(' -> ')}: its name would be ${name}`)
    })
  }

  test('unit: no file has hooks for each test outside of a suite: they would be run for others of its process, too', () => {
    const hooked = inRing('unit').filter((file) =>
      /^(before|after)Each\(/m.test(readFileSync(join(root, file), 'utf8')),
    )
    assert.deepEqual(hooked, [])
  })

  for (const file of inRing('brokers')) {
    test(`brokers: ${file} starts a process, and not the whole gateway`, () => {
      assert.ok(way(file, startsProcesses), `it starts none: its name would be ${file.replace('.brokers.', '.')}`)
      // the command line loads the gateway for whoever uses any of its commands
      const chain = way(file, startsGateway, (target) => target.startsWith('src/cli/'))
      assert.equal(chain, undefined, `${chain?.join(' -> ')}: its name would be ${file.replace('.brokers.', '.e2e.')}`)
    })
  }

  for (const file of inRing('e2e').filter((name) => name.startsWith('test/blackbox/'))) {
    test(`the black box: ${file} loads nothing of src/`, () => {
      assert.deepEqual(way(file, (target) => target.startsWith('src/')) ?? [], [])
    })
  }

  test('leave out no file that shares a process', () => {
    assert.deepEqual(
      ALONE.filter((file) => !inRing('unit').includes(file)),
      [],
    )
    using shared = together(root, files)
    const loaded = shared.files.flatMap((file) =>
      file.startsWith(tmpdir())
        ? [...readFileSync(file, 'utf8').matchAll(/import\("(file:[^"]+)"\)/g)].map(([, url = '']) =>
            relative(root, fileURLToPath(url)),
          )
        : file,
    )
    assert.deepEqual(loaded.toSorted(), files.toSorted())
    assert.ok(shared.files.length < files.length - 100)
  })

  test('are written with `test`, none with `it`: one word for one thing', () => {
    const sayIt = globSync('test/**/*.ts', { cwd: root }).filter((file) =>
      /^import \{[^}]*\bit\b[^}]*\} from 'node:test'$/m.test(readFileSync(join(root, file), 'utf8')),
    )
    assert.deepEqual(sayIt, [])
  })
})
