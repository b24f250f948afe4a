import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { openGatewayStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { untold } from '../../../src/tell.ts'

const dir = mkdtempSync(join(tmpdir(), 'lock-'))
after(() => rmSync(dir, { recursive: true, force: true }))

test('the store is free again when the gateway was killed', async () => {
  const child = `
    import { lockStore } from ${JSON.stringify(new URL('../../../src/store/sqlite/lock.ts', import.meta.url).href)}
    lockStore(${JSON.stringify(join(dir, 'two.db'))})
    process.kill(process.pid, 'SIGKILL')`
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', child])
  assert.equal(run.signal, 'SIGKILL', run.stderr.toString())
  await using store = await openGatewayStore({
    path: join(dir, 'two.db'),
    tell: untold,
    clock: systemClock,
  })
  await store.probe()
})
