import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** Files of libraries that a process which runs this has loaded in the end. */
function loadedBy(program: string): string[] {
  const src = new URL('../src/', import.meta.url).href
  const whole = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
    const src = ${JSON.stringify(src)}
    ${program}
    console.log(JSON.stringify(loaded))`
  const out = execFileSync(process.execPath, ['--input-type=module', '--eval', whole], { timeout: 60_000 })
  const urls = JSON.parse(out.toString()) as string[]
  return urls.flatMap((url) => url.split('/node_modules/').slice(1))
}

test('a gateway whose store is a file does not load what speaks with PostgreSQL', () => {
  const files = loadedBy("await import(src + 'gateway.ts')")
  assert.ok(files.some((file) => file.startsWith('undici/')))
  assert.deepEqual(
    files.filter((file) => file.startsWith('postgres/')),
    [],
  )
})

test('fastify is made, and answers, without what compiles JSON Schemas', () => {
  const files = loadedBy(`
    const { BARE_FASTIFY } = await import(src + 'bare-fastify.ts')
    const { fastify } = await import('fastify')
    const app = fastify(BARE_FASTIFY)
    app.get('/', async () => ({ is: 'there' }))
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const said = await (await fetch(address)).text()
    if (said !== '{"is":"there"}') throw new Error(said)
    await app.close()`)
  assert.ok(files.some((file) => file.startsWith('fastify/')))
  assert.deepEqual(
    files.filter((file) => /^(?:ajv|fast-json-stringify\/index|@fastify\/.*compiler)/.test(file)),
    [],
  )
})
