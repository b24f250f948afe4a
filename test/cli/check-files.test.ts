import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { checkFiles } from '../../src/cli/check-files.ts'

const dir = mkdtempSync(join(tmpdir(), 'check-files-'))
after(() => rmSync(dir, { recursive: true }))

function found(path: string, text: string, mode = 0o600): string[] {
  const file = join(dir, `${path}-${mode}`)
  writeFileSync(file, text, { mode })
  return checkFiles([{ path, file }], Date.now()).map(({ kind, message }) => `${kind} ${message.replace(file, 'FILE')}`)
}

describe('a file', () => {
  const HASH = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
  const path = 'peers[0].identity.basic.password.file'

  test('with the hash of a password is good, and one with the password is not', () => {
    assert.deepEqual(found(path, `${HASH}\n`), [])
    assert.deepEqual(found(path, 'correct horse battery\n'), [
      'problem FILE holds no hash of a password: it must hold what iodef-gateway passwd prints without USER',
    ])
    assert.match(String(found(path, HASH, 0o604)), /warning FILE can be read by everybody on this machine/)
  })

  test('with a password is one line', () => {
    assert.deepEqual(found('peers[0].basic.password.file', 'secret\n'), [])
    assert.match(String(found('peers[0].basic.password.file', '')), /is empty: it must hold the password/)
    assert.match(String(found('ops.token.file', 'short')), /holds less than 16 characters/)
  })
})
