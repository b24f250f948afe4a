import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { watchFiles } from '../src/watch-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'watch-'))
after(() => rmSync(dir, { recursive: true }))
const [one, two, link] = ['one', 'two', 'link'].map((name) => join(dir, name)) as [string, string, string]

describe('files that are watched', () => {
  beforeEach(() => {
    for (const file of [one, two]) writeFileSync(file, 'before')
    rmSync(link, { force: true })
    symlinkSync('one', link)
  })

  for (const [what, change] of [
    ['written', () => writeFileSync(one, 'longer than before')],
    ['touched', () => utimesSync(one, 1, 1)],
    [
      'replaced by one of the same size and time',
      () => {
        utimesSync(one, 7, 7)
        writeFileSync(two, 'beforE')
        utimesSync(two, 7, 7)
        renameSync(two, one)
      },
    ],
    ['taken away', () => unlinkSync(one)],
    [
      'reached by another link',
      () => {
        unlinkSync(link)
        writeFileSync(two, 'other')
        symlinkSync('two', link)
      },
    ],
  ] as const) {
    test(`are seen to be ${what}, once`, (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] })
      let changes = 0
      using _ = watchFiles(
        () => [one, link],
        1000,
        () => void changes++,
      )
      t.mock.timers.tick(1000)
      assert.equal(changes, 0)
      change()
      t.mock.timers.tick(999)
      assert.equal(changes, 0)
      t.mock.timers.tick(1)
      assert.equal(changes, 1)
      t.mock.timers.tick(5000)
      assert.equal(changes, 1)
    })
  }

  test('may come back', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    let changes = 0
    using _ = watchFiles(
      () => [join(dir, 'later')],
      10,
      () => void changes++,
    )
    writeFileSync(join(dir, 'later'), 'x')
    t.mock.timers.tick(10)
    rmSync(join(dir, 'later'))
    t.mock.timers.tick(10)
    assert.equal(changes, 2)
  })

  test('are not looked at any more behind the end', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    let changes = 0
    const watching = watchFiles(
      () => [one],
      10,
      () => void changes++,
    )
    watching[Symbol.dispose]()
    writeFileSync(one, 'another')
    t.mock.timers.tick(1000)
    assert.equal(changes, 0)
  })
})
