import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readInput, UnreadableError } from '../../src/cli/input.ts'

const dir = mkdtempSync(join(tmpdir(), 'input-'))
after(() => rmSync(dir, { recursive: true }))

const unreadable = (file: string, message: RegExp | string) =>
  assert.rejects(readInput(file), (error) => {
    assert.ok(error instanceof UnreadableError)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })

describe('a file', () => {
  test('is read whole, byte by byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n & 0xff))
    writeFileSync(join(dir, 'bytes'), bytes)
    assert.ok(bytes.equals(Buffer.from(await readInput(join(dir, 'bytes')))))
    writeFileSync(join(dir, 'empty'), '')
    assert.equal((await readInput(join(dir, 'empty'))).length, 0)
  })

  test('that cannot be read is told why, for people', async () => {
    await unreadable(join(dir, 'none'), 'no such file or directory')
    await unreadable(dir, 'it is a directory')
    await unreadable('', 'the name of the file is empty')
  })

  test('that never ends is not read for ever', async () => {
    await unreadable('/dev/zero', 'it is larger than 64 MiB')
  })
})
