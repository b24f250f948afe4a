import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { iodef, ridReport } from '../support/reports.ts'
import { createSite } from '../support/site.ts'

const MIB = 1024 * 1024

/** How many threads with a JavaScript heap of their own, some 10 to 30 MiB each, a process has besides its main one. */
function workers(pid: number): number {
  const name = (thread: string) => readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim()
  return readdirSync(`/proc/${pid}/task`).filter((thread) => name(thread) === 'WorkerThread').length
}

test('a gateway at rest keeps nothing of its start, and has one thread beside its main one until a big document comes', async () => {
  await using site = await createSite()
  await using gateway = await site.spawn()
  const atStart = await gateway.memory()
  await eventually('memory to be given back', async () => (await gateway.memory()) < atStart - 5 * MIB)
  assert.equal(workers(gateway.pid), 1)
  await using client = await site.client('csirt-a')
  assert.equal((await client.post(ridReport(iodef({ id: 'small' })))).status, 200)
  assert.equal(workers(gateway.pid), 1)
  const big = ridReport(iodef({ id: 'big', description: 'x'.repeat(20_000) }))
  assert.equal((await client.post(big)).status, 200)
  assert.equal(workers(gateway.pid), 2)
})
