import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from './recorder.ts'

const START_BROKER = fileURLToPath(new URL('./start-broker.ts', import.meta.url))

describe('brokers for tests', () => {
  for (const kind of ['prosody', 'ejabberd'] as const) {
    test(`${kind} ends with the process that started it, even when that is killed`, async () => {
      const script = [
        `const { START } = await import(${JSON.stringify(START_BROKER)})`,
        `const broker = await START.${kind}()`,
        'console.log(JSON.stringify({ pid: broker.pid, dir: broker.dir }))',
        'setInterval(() => {}, 1000)',
      ].join('\n')
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString('utf8')
      })
      await until(() => output.includes('\n'), 'the broker', 60_000)
      const { pid, dir } = JSON.parse(output) as { pid: number; dir: string }
      assert.ok(runs(pid))
      child.kill('SIGKILL')
      await until(() => !runs(pid) && !existsSync(dir), 'its end')
    })
  }
})

/** Also false of one that has ended and that nobody has collected yet. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
