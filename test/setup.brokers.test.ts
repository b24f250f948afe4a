import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A checkout as npm before 11.8 leaves it: packages are there, a Node.js among them, and nothing in .bin. */
describe('a checkout without node_modules/.bin/node', () => {
  let dir = ''

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'setup-'))
    for (const file of ['scripts/setup', 'scripts/node', 'package.json', 'package-lock.json']) put(file)
    for (const name of ['zod', 'typescript']) mkdirSync(join(dir, 'node_modules', name), { recursive: true })
    utimesSync(join(dir, 'package-lock.json'), 1, 1) // older than what was installed from it
    writeFileSync(join(dir, 'node_modules/.package-lock.json'), '{}')
    mkdirSync(join(dir, 'path'))
    for (const tool of ['bash', 'sh', 'dirname', 'cksum', 'cat', 'env'])
      symlinkSync(which(tool), join(dir, 'path', tool))
    program('path/npm', 'echo "npm $*" >&2; exit 1')
    program('path/node', '[ "$1" = --version ] && echo v18.20.4; exit 1')
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  function put(file: string): void {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    copyFileSync(join(ROOT, file), join(dir, file))
  }

  function program(file: string, body: string): void {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    writeFileSync(join(dir, file), `#!/bin/sh\n${body}\n`)
    chmodSync(join(dir, file), 0o755)
  }

  function bringNode(processor: string): void {
    program(`node_modules/node-linux-${processor}/bin/node`, `exec '${process.execPath}' "$@"`)
  }

  function run(...command: string[]) {
    const [name = '', ...args] = command
    return spawnSync(join(dir, 'path', name), args, { cwd: dir, env: { PATH: join(dir, 'path') }, encoding: 'utf8' })
  }

  for (const processor of ['x64', 'arm64']) {
    test(`is ready, with the Node.js for ${processor} that npm brought`, () => {
      bringNode(processor)
      for (const _ of ['first', 'second']) {
        const { status, stderr } = run('bash', 'scripts/setup', '--node')
        assert.deepEqual([status, stderr], [0, ''])
      }
      const { stdout } = run('sh', 'scripts/node', '-p', 'process.argv.length + process.versions.node')
      assert.equal(stdout, `1${process.versions.node}\n`)
    })
  }

  test('says which Node.js there is, when none is new enough', () => {
    const { status, stderr } = run('sh', 'scripts/node', '-e', '')
    assert.equal(status, 3)
    assert.match(stderr, /no Node\.js 24 or newer.*path\/node, v18\.20\.4: put a newer one there/s)
  })

  test('is installed again when development packages were left out', () => {
    bringNode('x64')
    assert.equal(run('bash', 'scripts/setup', '--node').status, 0)
    rmSync(join(dir, 'node_modules/typescript'), { recursive: true })
    const { status, stderr } = run('bash', 'scripts/setup', '--node')
    assert.equal(status, 3)
    assert.match(stderr, /^npm ci --include=dev --include=optional /m)
  })

  test('is enough for every npm script: none asks PATH or .bin for a program of ours', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    assert.ok(Object.keys(scripts).length > 10)
    const other = Object.values(scripts).filter((line) =>
      line
        .split(' && ')
        .some((part) => !/^(sh scripts\/node|bash scripts\/setup|npm run [a-z]+$|rm -rf dist$)/.test(part)),
    )
    assert.deepEqual(other, [])
  })
})

function which(tool: string): string {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
}
