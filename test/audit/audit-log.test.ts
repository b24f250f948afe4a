import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type AuditOptions, openAuditLog } from '../../src/audit/audit-log.ts'
import { filesOf, verify } from '../../src/audit/verify.ts'

/** A log in a folder of its own. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  const path = join(folder, 'log', 'audit.jsonl')
  const found: string[] = []
  const states: unknown[] = []
  const open = (more: Partial<AuditOptions> = {}) =>
    openAuditLog({
      path,
      size: 1_000_000,
      keep: 3,
      now: () => 1_000,
      state: (error) => void states.push(error),
      found: (sentence) => void found.push(sentence),
      ...more,
    })
  return {
    path,
    found,
    states,
    open,
    add: async (...words: string[]) => {
      await using log = open()
      for (const what of words) log.add({ who: 'operator:alice', what })
    },
    lines: () => readFileSync(path, 'utf8').trimEnd().split('\n'),
    whats: () => {
      const all: string[] = []
      verify(filesOf(path), undefined, ({ what }) => void all.push(what))
      return all
    },
    verify: () => verify(filesOf(path)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

describe('the audit log', () => {
  test('goes on in the same chain after a restart', async () => {
    using t = setup()
    await t.add('a', 'b')
    await t.add('c')
    assert.deepEqual(t.whats(), ['log-begun', 'a', 'b', 'c'])
    assert.equal(t.verify().broken, undefined)
    assert.deepEqual(t.found, [])
  })

  test('is for its owner alone, also where it was made otherwise', async () => {
    using t = setup()
    await t.add('a')
    assert.equal(statSync(t.path).mode & 0o777, 0o600)
    chmodSync(t.path, 0o644)
    await t.add('b')
    assert.equal(statSync(t.path).mode & 0o777, 0o600)
  })

  test('keeps a last line that a power cut ended, and says so behind it', async () => {
    using t = setup()
    await t.add('a', 'b')
    truncateSync(t.path, statSync(t.path).size - 7)
    const cut = readFileSync(t.path)
    await t.add('c')
    assert.deepEqual(readFileSync(t.path).subarray(0, cut.length), cut, 'nothing of it was taken away')
    assert.deepEqual(t.whats(), ['log-begun', 'a', 'torn-line', 'c'])
    const { broken, torn } = t.verify()
    assert.equal(broken, undefined)
    assert.deepEqual(
      torn.map(({ line }) => line),
      [3],
    )
    assert.match(t.found[0] ?? '', /was not written to its end/)
  })

  test('keeps a torn line behind a torn line', async () => {
    using t = setup()
    await t.add('a')
    appendFileSync(t.path, '{"seq":3')
    await t.add()
    truncateSync(t.path, statSync(t.path).size - 5)
    await t.add('b')
    assert.deepEqual(t.whats(), ['log-begun', 'a', 'torn-line', 'b'])
    assert.equal(t.verify().broken, undefined)
  })

  test('shows that somebody changed an entry, and goes on', async () => {
    using t = setup()
    await t.add('a', 'b')
    writeFileSync(t.path, readFileSync(t.path, 'utf8').replace('"what":"a"', '"what":"x"'))
    await t.add('c')
    assert.equal(t.verify().broken?.line, 3)
    assert.match(t.found[0] ?? '', /Line 3 of .* does not fit what stands before it/)
    assert.ok(t.whats().includes('c'))
  })

  test('shows that somebody cut off its end while it was written', async () => {
    using t = setup()
    await using log = t.open()
    for (const what of ['a', 'b', 'c']) log.add({ who: 'gateway', what })
    await log.written()
    const end = readFileSync(t.path, 'utf8').trimEnd().lastIndexOf('\n') + 1
    truncateSync(t.path, end)
    log.add({ who: 'gateway', what: 'd' })
    await log.written()
    assert.equal(t.verify().broken?.line, 4)
    assert.match(t.found[0] ?? '', /changed, moved or replaced/)
  })

  test('shows that somebody took it away while it was written, and is there again', async () => {
    using t = setup()
    await using log = t.open()
    log.add({ who: 'gateway', what: 'a' })
    await log.written()
    rmSync(t.path)
    log.add({ who: 'gateway', what: 'b' })
    await log.written()
    assert.deepEqual(t.whats(), ['changed-outside', 'b'])
    assert.match(t.verify().broken?.reason ?? '', /begins with entry 3/)
  })

  test('tells whether an entry is there whose hash was written down elsewhere', async () => {
    using t = setup()
    await t.add('a', 'b')
    const { hash = '' } = t.verify().head ?? {}
    assert.equal(verify(filesOf(t.path), hash).hasExpected, true)
    truncateSync(t.path, readFileSync(t.path, 'utf8').trimEnd().lastIndexOf('\n') + 1)
    assert.equal(t.verify().broken, undefined, 'the chain alone does not tell')
    assert.equal(verify(filesOf(t.path), hash).hasExpected, false)
  })

  test('begins new files that go on in the chain, keeps as many as it should, and says which it dropped', async () => {
    using t = setup()
    await using log = t.open({ size: 2_000, keep: 2, carried: () => ({ position: 7 }) })
    for (let i = 0; i < 100; i += 1) {
      log.add({ who: 'gateway', what: 'entry', i })
      await log.written()
    }
    const files = filesOf(t.path)
    assert.equal(files.length, 3)
    const { broken, head, entries } = t.verify()
    assert.equal(broken, undefined)
    assert.ok(entries < 100 && (head?.seq ?? 0) > 100)
    const first = JSON.parse(t.lines()[0] ?? '')
    assert.equal(first.what, 'rotated')
    assert.equal(first.position, 7)
    assert.equal(first.dropped.length, 1)
    for (const file of files) assert.ok(statSync(file).size < 2_500, file)
  })

  test('shows that an older file is gone', async () => {
    using t = setup()
    await using log = t.open({ size: 500, keep: 10 })
    for (let i = 0; i < 20; i += 1) {
      log.add({ who: 'gateway', what: 'entry', i })
      await log.written()
    }
    const [, second = ''] = filesOf(t.path)
    rmSync(second)
    assert.match(t.verify().broken?.reason ?? '', /should follow: entries were taken out/)
  })

  test('goes on behind its older files when it ended between two', async () => {
    using t = setup()
    {
      await using log = t.open({ size: 400, keep: 10 })
      for (let i = 0; i < 6; i += 1) {
        log.add({ who: 'gateway', what: 'entry', i })
        await log.written()
      }
    }
    rmSync(t.path)
    await t.add('a')
    assert.deepEqual(t.whats().slice(-2), ['rotated', 'a'])
  })

  test('goes on in its chain when a power cut ended the first line of a new file', async () => {
    using t = setup()
    await t.add('a')
    renameSync(t.path, `${t.path}.000000000002`)
    writeFileSync(t.path, '{"seq":3,"at":"1970')
    {
      await using log = t.open({ carried: () => ({ position: 7 }) })
      log.add({ who: 'operator:alice', what: 'b' })
    }
    assert.deepEqual(t.whats(), ['log-begun', 'a', 'torn-line', 'b'])
    assert.equal(t.verify().broken, undefined)
    const positions: unknown[] = []
    await using _ = t.open({ each: ({ position }) => void positions.push(position) })
    assert.equal(t.found.length, 1, 'nothing is wrong with it at the next start')
    assert.ok(positions.includes(7))
  })

  test('waits for a disk that takes nothing, and has it all afterwards', async () => {
    using t = setup()
    await using log = t.open()
    log.add({ who: 'gateway', what: 'a' })
    await log.written()
    const folder = join(t.path, '..')
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'no folder')
    for (let i = 0; i < 11_000; i += 1) log.add({ who: 'gateway', what: 'b' })
    await log.written()
    assert.ok(t.states.at(-1) instanceof Error)
    rmSync(folder)
    await log.written()
    assert.equal(t.states.at(-1), null)
    const whats = t.whats()
    assert.equal(whats.filter((what) => what === 'b').length, 10_000)
    assert.equal(whats.at(-1), 'entries-lost')
    assert.equal(JSON.parse(t.lines().at(-1) ?? '').count, 1_000)
  })

  test('has what was added last when it is closed', async () => {
    using t = setup()
    await t.add(...Array.from({ length: 3_000 }, (_, i) => `w${i}`))
    assert.equal(t.whats().length, 3_001)
    assert.equal(readdirSync(join(t.path, '..')).length, 1)
  })
})
