/** The three rings of tests, by the name of a test file. test/rings.test.ts sees to it that each file is in the right one. */
import { globSync } from 'node:fs'

/**
 * `unit`: no Broker, no child process; seconds. `brokers`: a part against real servers, TLS or other processes.
 * `e2e`: the whole gateway, in this process or as `bin/iodef-gateway`.
 */
export const RINGS = ['unit', 'brokers', 'e2e'] as const
export type Ring = (typeof RINGS)[number]

/** Of `test/rid/listener.brokers.test.ts`, `test/cli/start.e2e.test.ts`, all in test/e2e and test/blackbox; the others are `unit`. */
export function ringOf(file: string): Ring {
  if (/\.e2e\.test\.ts$|^test\/(e2e|blackbox)\//.test(file)) return 'e2e'
  return /\.brokers\.test\.ts$/.test(file) ? 'brokers' : 'unit'
}

/** Every test file, the quick rings first. */
export function testFiles(root: string): string[] {
  const files = globSync('test/**/*.test.ts', { cwd: root }).sort()
  return RINGS.flatMap((ring) => files.filter((file) => ringOf(file) === ring))
}
