import { spawnSync } from 'node:child_process'
import { ROOT } from '../support/command.ts'
import type { Proof } from './proof.ts'

/**
 * The unit tests with `count` times the cases of those that could go on for ever: what `npm test` has of them is a sample. No Broker has
 * a part in it.
 */
export const cases: Proof = async ({ count, seed }) => {
  const { stdout, status } = spawnSync(process.execPath, ['scripts/test.ts', 'unit'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, EFFORT: `${count}`, SEED: `${seed}` },
    maxBuffer: Number.POSITIVE_INFINITY,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [, tests = 0] = /^\S* ?tests (\d+)$/m.exec(stdout) ?? []
  const [failed] = /^.*failing tests:[\s\S]*/m.exec(stdout) ?? []
  return {
    figures: { 'unit tests': Number(tests), 'times the cases': count },
    failures: status === 0 ? [] : [failed ?? stdout.slice(-2_000)],
  }
}
