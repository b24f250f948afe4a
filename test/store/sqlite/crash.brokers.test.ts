import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createBench, request, sha } from '../support.ts'

const LINES = 300

/** What the child had acknowledged when it was killed in the middle of its work. */
async function runAndKill(path: string, round: number): Promise<{ accepted: string[]; delivered: string[] }> {
  const child = spawn(process.execPath, [new URL('crash-child.ts', import.meta.url).pathname, path, `${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const accepted: string[] = []
  const delivered: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, name] = line.split(' ') as [string, string]
    if (what === 'accepted') accepted.push(name)
    if (what === 'delivered') delivered.push(name)
    if (accepted.length + delivered.length >= LINES) child.kill('SIGKILL')
  }
  assert.ok(accepted.length > 10 && delivered.length > 10, 'the child did its work')
  return { accepted, delivered }
}

test('killed at any moment, everything acknowledged is there, and all or nothing of the rest', {
  timeout: 120_000,
}, async () => {
  await using bench = await createBench()
  const { store, path } = bench
  const accepted: string[] = []
  const delivered: string[] = []
  for (let round = 0; round < 4; round++) {
    const acknowledged = await runAndKill(path, round)
    accepted.push(...acknowledged.accepted)
    delivered.push(...acknowledged.delivered)
  }
  for (const name of accepted) {
    assert.ok(await store.findEnvelope('rid-to-grid', 'csirt-a', sha(`message ${name}`)), `${name} is lost`)
    for (const part of ['a', 'b']) {
      assert.notEqual(
        await store.findPayload('topic', 'incident', sha(`${name}${part}`)),
        undefined,
        `${name}${part} is lost`,
      )
    }
  }
  const states = new Map((await store.list({ limit: 1e6 })).map((one) => [one.item, one.state]))
  for (const item of delivered) assert.equal(states.get(item), 'delivered')

  using db = new DatabaseSync(path)
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), [])
  const torn = db.prepare('SELECT envelope FROM delivery GROUP BY envelope HAVING count(*) <> 2').all()
  assert.deepEqual(torn, [], 'an envelope has one of its two deliveries')

  await store.releaseLeases()
  const open = [...states.values()].filter((state) => state !== 'delivered').length
  const rest = await store.claim(request(bench.clock, { limit: 1e6, now: Date.now() + 1000 }))
  assert.equal(rest.length, open)
})
