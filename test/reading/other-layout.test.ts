import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

test('where the memory of libxml2 is laid out otherwise, documents are read step by step, and that is said once', async () => {
  const worker = new Worker(new URL('./other-layout-worker.ts', import.meta.url), { stderr: true })
  const [{ valid, warnings }] = await once(worker, 'message')
  await worker.terminate()
  assert.deepEqual(valid, [true, true, true])
  assert.deepEqual(warnings, ['The memory of libxml2 is not laid out as expected: reading takes longer.'])
})
