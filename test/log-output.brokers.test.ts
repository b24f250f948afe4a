import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'

test('lines on standard output are all there when the process ends in order', () => {
  const program = `
    import { createLog, flushLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}
    const log = createLog('info')
    for (let n = 0; n < 3000; n += 1) log.info({ n }, 'line')
    setTimeout(() => { log.info({ n: 3000 }, 'line'); flushLog() }, 100)`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  const numbers = output
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n)
  assert.deepEqual(
    numbers,
    Array.from({ length: 3001 }, (_, n) => n),
  )
})

/** As the gateway does: it looks at its standard output, which makes a pipe one that is never waited for. */
const program = (text: string) => `
  import { createLog, flushLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}
  import { setTimeout as wait } from 'node:timers/promises'
  process.stdout.on('error', () => {})
  const log = createLog('info')
  ${text}`

test('a log that cannot be written keeps nobody from going on, nor from ending', {
  skip: existsSync('/dev/full') ? false : 'this machine has no /dev/full',
}, () => {
  const text = program(`
    for (let n = 0; n < 30; n += 1) { log.info({ n }, 'x'.repeat(100_000)); await wait(10) }
    process.stderr.write('still serving\\n')
    log.info('Stopped')
    flushLog()
    process.exit(3)`)
  const run = spawnSync('sh', ['-c', 'exec "$0" --input-type=module --eval "$1" >/dev/full', process.execPath, text], {
    encoding: 'utf8',
    timeout: 10_000,
  })
  assert.equal(run.status, 3, `${run.signal} ${run.stderr}`)
  const said = run.stderr.trimEnd().split('\n')
  assert.deepEqual([said.length, said.at(-1)], [2, 'still serving'], run.stderr)
  assert.match(said[0]!, /^iodef-gateway: the log cannot be written: ENOSPC/)
})

test('a log that nobody reads takes no memory without end, and the process ends', async () => {
  const text = program(`
    const before = process.memoryUsage().rss
    for (let n = 0; n < 3000; n += 1) { log.info({ n }, 'x'.repeat(100_000)); if (n % 100 === 0) await wait(1) }
    globalThis.gc()
    process.stderr.write(String(process.memoryUsage().rss - before))
    flushLog()
    process.exit(3)`)
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', text], { timeout: 20_000 })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const [status, signal] = await once(child, 'exit')
  assert.equal(status, 3, `${signal} ${said}`)
  assert.ok(Number(said) < 150_000_000, said)
})

test('a reader who goes away keeps nobody from going on', async () => {
  const text = program(`
    for (let n = 0; n < 20; n += 1) { log.info({ n }, 'line'); await wait(20) }
    process.stderr.write('survived')
    flushLog()
    process.exit(3)`)
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], { timeout: 20_000 })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const [status] = await once(child, 'exit')
  assert.deepEqual([status, said], [3, 'survived'])
})
