import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { hashOf, type Line } from '../../src/audit/chain.ts'
import type { Config } from '../../src/config/types.ts'
import { openAuditSide } from '../../src/gateway/audit-side.ts'
import { createLiveConfig } from '../../src/gateway/live-config.ts'
import { createReadiness } from '../../src/ops/readiness.ts'
import type { TraceEvent } from '../../src/store/contract.ts'
import { untold } from '../../src/tell.ts'

/** An audit log in a folder of its own, with the parts that it tells made after it, as in the gateway. */
function setup({ size = 1_000_000, peers = ['csirt-a'], shared = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'audit-side-'))
  const path = join(folder, 'audit.jsonl')
  const configOf = (...names: string[]) => {
    const audit = { path, size, keep: 3 }
    const store = shared ? { postgres: 'postgres://gateway@localhost/gw' } : {}
    return {
      audit,
      store,
      rid: { port: 4590 },
      peers: names.map((name) => ({ name })),
      grid: { topics: [] },
    } as unknown as Config
  }
  const live = createLiveConfig(configOf(...peers))
  const clock = { now: () => 1_000 }
  const board = createReadiness(clock)
  let made = false
  const later = <T>(what: T) => {
    assert.ok(made, 'it is not made yet')
    return what
  }
  return {
    path,
    take: (...names: string[]) => live.take(configOf(...names)),
    open() {
      const events = { tell: untold, deeds: [] }
      const parts = { events: () => later(events), readiness: () => later(board) }
      const side = openAuditSide({ config: live.config, clock, ...parts })
      made = true
      return side
    },
    part: () => board.read().parts.audit,
    lines: () => {
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
      return lines.map((line) => JSON.parse(line) as Line)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const ACCEPTED = { direction: 'rid-to-grid', envelope: '1', incidents: [], deliveries: 1 } as const

test('a configuration that is read while the gateway runs has its digest in the audit log, and its peers are called peers', async () => {
  using t = setup()
  {
    await using side = t.open()
    t.take('csirt-a', 'csirt-new')
    side.heard('configuration-read', { peers: 2, topics: 0 })
    side.heard('accepted', { ...ACCEPTED, message: '1', source: 'csirt-new' } as never)
  }
  const [first, again] = t.lines().filter(({ what }) => what.startsWith('configuration'))
  assert.match(String(again?.sha256), /^[0-9a-f]{64}$/)
  assert.notEqual(again?.sha256, first?.sha256)
  assert.equal(t.lines().find(({ what }) => what === 'accepted')?.who, 'peer:csirt-new')
})

test('an audit log that cannot be written from the start ends nothing, and its part fails also once the gateway serves', async () => {
  using t = setup({ size: 1 })
  mkdirSync(dirname(t.path), { recursive: true })
  // full, and where it would be moved to stands a folder
  writeFileSync(t.path, `${JSON.stringify({ seq: 1, at: 'x', prev: '0'.repeat(64), who: 'gateway', what: 'begun' })}\n`)
  mkdirSync(`${t.path}.000000000001`)
  const side = t.open()
  await setImmediate()
  side.heard('serving', { rid: 1, ops: 2, peers: 1, topics: 0 })
  assert.match(t.part()?.reason ?? '', /cannot be written/)
  rmSync(`${t.path}.000000000001`, { recursive: true })
  await side[Symbol.asyncDispose]()
})

test('a deed that is being read when the gateway ends is in the audit log once', async () => {
  using t = setup()
  const row = { at: 1, incident: 'c.example 1', event: 'discarded', fields: { by: 'alice', delivery: 'd1' } }
  let open = () => {}
  const late = new Promise<void>((resolve) => {
    open = resolve
  })
  {
    await using side = t.open()
    await using following = side.follow({
      record: async () => 0,
      async traced(_events, position = 0) {
        await late
        return { rows: position < 7 ? [row] : [], position: 7 }
      },
    })
    // one look is under way, and waits
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const ended = following[Symbol.asyncDispose]()
    open()
    await ended
  }
  assert.equal(t.lines().filter(({ what }) => what === 'discarded').length, 1)
})

test('what the log of another gateway on the store ended with is in our own, so that whoever cuts one has all to change', async () => {
  using t = setup({ shared: true })
  const told: TraceEvent[] = []
  const other = { gateway: 'another.example:4590', entry: 7, hash: 'f'.repeat(64) }
  const rows = () => [...told, { at: 1, incident: '', event: 'audit-head', fields: other }]
  {
    await using side = t.open()
    await using _ = side.follow({
      async record(events) {
        told.push(...events)
        return 0
      },
      traced: async (events, position = 0) => {
        assert.deepEqual(events, ['audit-head'])
        return { rows: position < 7 ? rows() : [], position: 7 }
      },
    })
  }
  const heads = t.lines().filter(({ what }) => what === 'audit-head')
  assert.deepEqual(
    heads.map(({ who, entry, hash }) => ({ who, entry, hash })),
    [{ who: 'gateway:another.example:4590', entry: 7, hash: other.hash }],
    'and not what we said ourselves',
  )
  // each is of an entry that is there: what `audit verify --expect` asks for
  const kept = readFileSync(t.path, 'utf8').trimEnd().split('\n')
  assert.ok(told.length >= 2)
  for (const { fields } of told) assert.equal(fields.hash, hashOf(kept[Number(fields.entry) - 1] ?? ''))
})
