import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { ROOT } from '../support/command.ts'

/** What is left of a process that starts `worker` as a reader thread, if any, and then is to end with 7. */
function ended(worker?: string) {
  const start = `const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
    worker.on('message', (text) => console.log(text))
    nowLoading(worker)`
  const program = `
    import { Worker } from 'node:worker_threads'
    import { endProcess } from './src/cli/end-process.ts'
    import { nowLoading } from './src/reading/end-thread.ts'
    ${worker === undefined ? '' : start}
    endProcess(7)
    console.log('goes on')`
  const { status, signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  return { status, signal, said: stdout.trim().split('\n') }
}

// V8 ended the process by SIGTRAP where a thread was ended as it loaded: a second signal during the start did so six times of sixty
describe('the end of the process', () => {
  test('waits for a thread that loads', () => {
    const loads = `import('node:worker_threads').then(({ parentPort }) => setTimeout(() => parentPort.postMessage('loaded'), 500))`
    assert.deepEqual(ended(loads), { status: 7, signal: null, said: ['goes on', 'loaded'] })
  })

  test('comes all the same when the thread never has', () => {
    assert.deepEqual(ended('setInterval(() => {}, 1000)'), { status: 7, signal: null, said: ['goes on'] })
  })

  test('comes at once when none loads', () => {
    assert.deepEqual(ended(), { status: 7, signal: null, said: [''] })
  })
})
