import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import type { Config } from '../../src/config/types.ts'
import { createLiveConfig } from '../../src/gateway/live-config.ts'
import { restartNeeded } from '../../src/gateway/restart-needed.ts'
import { FULL } from '../config/example.ts'

const dir = mkdtempSync(join(tmpdir(), 'reload-'))
after(() => rmSync(dir, { recursive: true }))

/** The example with these texts changed. */
function config(...changes: readonly (readonly [from: string, to: string])[]): Config {
  let text = FULL
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), from)
    text = text.replaceAll(from, to)
  }
  const file = join(dir, 'gateway.yaml')
  writeFileSync(file, text)
  return loadConfig(file, { OTHER: 'x' })
}

test('whoever reads a key of the live configuration has the one in force, also a copy that is made later', () => {
  const first = config()
  const next = config(['traffic: Attack', 'traffic: Network'])
  const live = createLiveConfig(first)
  assert.equal(live.config.peers, first.peers)
  assert.deepEqual({ ...live.config }, first)
  live.take(next)
  assert.equal(live.config.peers, next.peers)
  assert.deepEqual({ ...live.config }, next)
})

test('the same configuration, and one that changes what can be changed, need no restart', () => {
  assert.deepEqual(restartNeeded(config(), config()), [])
  for (const change of [
    ['dns: csirt-a.example', 'dns: csirt-new.example'],
    ['cert: rid.pem', 'cert: other.pem'],
    ['accept: [Report]', 'accept: [Query]'],
    ['url: https://csirt-a.example:4590/', 'url: https://csirt-a.example:4591/'],
  ] as const) {
    assert.deepEqual(restartNeeded(config(), config(change)), [], change[0])
  }
})

for (const [path, from, to] of [
  ['rid.host', 'host: 0.0.0.0', 'host: 127.0.0.1'],
  ['rid.port', 'port: 4590', 'port: 4599'],
  ['rid.name', 'name: gateway.example', 'name: other.example'],
  ['audit', 'path: ./audit/audit.jsonl', 'path: ./elsewhere/audit.jsonl'],
] as const) {
  test(`${path} needs a restart, and that is said`, () => {
    const [obstacle, ...more] = restartNeeded(config(), config([from, to]))
    assert.deepEqual(more, [])
    assert.equal(obstacle?.path, path)
    assert.match(obstacle.message, /needs a restart/)
  })
}
