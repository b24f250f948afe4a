import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { listenForReload, RELOAD } from '../../src/gateway/control.ts'
import { untold } from '../../src/tell.ts'

const dir = mkdtempSync(join(tmpdir(), 'control-'))
after(() => rmSync(dir, { recursive: true }))

test('somebody who connects and says nothing keeps no gateway from ending, and a reload is answered before', async () => {
  const path = join(dir, 'a.control')
  const control = await listenForReload(path, () => ({ taken: true, file: 'x' }), untold)
  const silent = connect(path)
  await once(silent, 'connect')
  const asking = connect(path)
  asking.write(RELOAD)
  const [answer] = await once(asking, 'data')
  assert.deepEqual(JSON.parse(String(answer)), { taken: true, file: 'x' })
  const before = performance.now()
  await control[Symbol.asyncDispose]()
  assert.ok(performance.now() - before < 8_000, 'it need not wait until he runs out of patience')
  silent.destroy()
})
