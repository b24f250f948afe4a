import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { page, ROOT } from './markdown.ts'

const exec = promisify(execFile)
const UNIT = 'examples/gateway.service'

/** What systemd-analyze prints; undefined where there is none. */
async function analyze(...args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await exec('systemd-analyze', args, { timeout: 60_000 })
    return stdout + stderr
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

test('the unit exposes less than 2.0 of 10, as systemd counts', async (t) => {
  const said = await analyze('security', '--offline=true', '--no-pager', join(ROOT, UNIT))
  if (said === undefined) return t.skip('systemd-analyze is not installed')
  const [, exposure] = /Overall exposure level for \S+: (\d+\.\d+)/.exec(said) ?? []
  assert.ok(Number(exposure) < 2, `${exposure}: ${said.slice(-300)}`)
})

test('the unit starts and reloads nothing that check objects to', () => {
  const unit = page(UNIT)
  for (const [step, command] of [
    ['ExecStartPre', 'check'],
    ['ExecReload', 'reload'],
  ]) {
    const line = `^${step}=\\S+/iodef-gateway ${command} --config /etc/iodef-gateway/gateway\\.yaml$`
    assert.match(unit, new RegExp(line, 'm'))
  }
})
