import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** The files that a module loads, with all that these load. */
function loaded(module: string): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({
      load(url, context, next) {
        urls.push(url)
        return next(url, context)
      },
    })
    await import(${JSON.stringify(new URL(module, import.meta.url).href)})
    console.log(JSON.stringify(urls.filter((url) => url.startsWith('file:'))))
    process.exit(0)`
  const args = ['--input-type=module', '--eval', program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

const packageOf = (url: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]

// each MiB of source is some three in memory
test('a gateway loads nothing at its start that it does not need: of undici a quarter, and no parser of XML in its main thread', () => {
  const urls = loaded('../src/cli/start.ts')
  const of = (name: string) => urls.filter((url) => packageOf(url) === name).length
  assert.ok(of('undici') > 0 && of('undici') < 40, `${of('undici')} files of undici`)
  assert.equal(of('libxml2-wasm'), 0)
  const own = urls.filter((url) => packageOf(url) === undefined)
  for (const command of ['check', 'probe', 'send', 'validate', 'explain', 'topics', 'tail', 'init']) {
    assert.ok(!own.some((url) => url.endsWith(`/src/cli/${command}.ts`)), command)
  }
})

test('a thread that reads documents loads the parser, and no library besides', () => {
  const packages = new Set(loaded('../src/reading/reader-worker.ts').map(packageOf))
  assert.deepEqual(
    [...packages].filter((name) => name !== undefined),
    ['libxml2-wasm'],
  )
})
