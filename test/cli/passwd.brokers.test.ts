import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { isPassword, parsePasswordHash } from '../../src/password-hash.ts'
import { LAUNCHER, run } from '../support/command.ts'
import { within } from '../support/eventually.ts'

const LINE = /^basic: \{ user: "csirt-b", password: "(\$scrypt\$[^"]+)" \}$/m

async function assertFits(hash: string | undefined, password: string): Promise<void> {
  const parsed = parsePasswordHash(hash ?? '')
  assert.ok(parsed, hash)
  assert.equal(await isPassword(password, parsed), true)
}

/** What `passwd` says on a terminal, where somebody types these. */
async function typed(...lines: string[]): Promise<string> {
  const child = spawn('script', ['-qec', `${LAUNCHER} passwd csirt-b`, '/dev/null'])
  let said = ''
  let answered = 0
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    const asked = said.split(/Password: |Once more: /).length - 1
    for (; answered < asked && answered < lines.length; answered += 1) child.stdin.write(lines[answered] ?? '')
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  child.on('close', () => resolve())
  await within(60_000, 'passwd to end', promise)
  return said
}

describe('iodef-gateway passwd', () => {
  test('reads a password from its standard input, and prints the line to paste', async () => {
    const { code, stdout } = await run(['passwd', 'csirt-b'], { input: 'correct horse ✓\r\nmore' })
    assert.equal(code, 0)
    await assertFits(LINE.exec(stdout)?.[1], 'correct horse ✓')
  })

  test('asks on a terminal, twice, and shows nothing of what is typed', async () => {
    const said = await typed('correct horse\r', 'correct horse\r')
    assert.doesNotMatch(said, /correct/)
    await assertFits(LINE.exec(said.replaceAll('\r', ''))?.[1], 'correct horse')
    const twice = await typed('correct horse\r', 'correct horsf\r')
    assert.match(twice, /the two are not the same/)
    assert.doesNotMatch(twice, /correct|scrypt/)
  })

  test('refuses what is guessed, what HTTP Basic cannot carry, and a user that cannot be', async () => {
    for (const [input, args, reason] of [
      ['elevenchars\n', [], /fewer than 12 characters/],
      ['twelve\u0000characters\n', [], /control characters/],
      [Buffer.from('zwölf Zeichen\n', 'latin1'), [], /not in UTF-8/],
      ['correct horse\n', ['a:b'], /"a:b" is no user/],
    ] as const) {
      const { code, stdout, stderr } = await run(['passwd', ...args], { input: input as string })
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, reason)
    }
  })
})
