import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { GatewayError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { openGatewayStore, openQueue } from '../../src/store/sqlite.ts'
import { eventually } from '../support/eventually.ts'

const log = createLog('silent')
let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gateway-store-'))
})
after(() => rm(dir, { recursive: true, force: true }))

const options = (name: string) => ({ path: join(dir, name), log, clock: systemClock })

test('a second gateway on the same store is refused, the queue command is not', async () => {
  await using first = await openGatewayStore(options('one.db'))
  await assert.rejects(
    openGatewayStore(options('one.db')),
    (error) =>
      error instanceof GatewayError && error.code === 'store-unavailable' && /Another gateway/.test(error.message),
  )
  for (const end of ['', '.lock', '-wal'])
    assert.equal((await stat(join(dir, `one.db${end}`))).mode & 0o777, 0o600, end)
  await using queue = await openQueue(options('one.db'))
  assert.deepEqual(queue.list(), [])
  await first.probe()
})

test('the store is free again when the gateway was killed', async () => {
  const child = `
    import { lockStore } from ${JSON.stringify(new URL('../../src/store/lock.ts', import.meta.url).href)}
    lockStore(${JSON.stringify(join(dir, 'two.db'))})
    process.kill(process.pid, 'SIGKILL')`
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', child])
  assert.equal(run.signal, 'SIGKILL', run.stderr.toString())
  await using store = await openGatewayStore(options('two.db'))
  await store.probe()
})

test('the write-ahead log is moved into the database while commits go on', async () => {
  await using store = await openGatewayStore(options('three.db'))
  const sizeBefore = (await stat(join(dir, 'three.db'))).size
  const payload = 'x'.repeat(100_000)
  for (let i = 0; i < 80; i += 1) {
    await store.accept({
      direction: 'rid-to-grid',
      source: 'a',
      digest: String(i),
      msgType: 'Report',
      incidents: [`a ${i}`],
      receivedAt: i,
      deliveries: [{ kind: 'topic', destination: 't', incident: `a ${i}`, item: String(i), payload, state: 'pending' }],
    })
  }
  await eventually('a checkpoint', async () => (await stat(join(dir, 'three.db'))).size > sizeBefore + 4_000_000)
})
