import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { hashPassword, isPassword, parsePasswordHash } from '../src/password-hash.ts'

const parsed = (text: string) => parsePasswordHash(text) ?? assert.fail(text)

describe('the hash of a password', () => {
  test('fits that password alone, and is another each time', async () => {
    const [one, two] = [await hashPassword('correct horse'), await hashPassword('correct horse')]
    assert.notEqual(one, two)
    assert.equal(await isPassword('correct horse', parsed(one)), true)
    assert.equal(await isPassword('correct horse', parsed(two)), true)
    assert.equal(await isPassword('correct horsf', parsed(one)), false)
    assert.equal(await isPassword('', parsed(one)), false)
  })

  test('is scrypt as everybody makes it', async () => {
    const text = await hashPassword('pässword')
    assert.match(text, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    const { salt, hash } = parsed(text)
    const same = scryptSync('pässword', salt, 32, { N: 32_768, r: 8, p: 1, maxmem: 2 ** 26 })
    assert.deepEqual(hash, same)
  })

  test('fits what is the same characters otherwise written (RFC 8265 §4.2)', async () => {
    const hash = parsed(await hashPassword('schu\u0308tze mich'))
    assert.equal(await isPassword('schütze\u00a0mich', hash), true)
  })

  const SALT = 'A'.repeat(22)
  const HASH = 'A'.repeat(43)
  for (const [what, cost, is] of [
    ['of another cost', 'ln=16,r=8,p=1', true],
    ['that takes 128 MiB', 'ln=17,r=8,p=1', true],
    ['that takes more', 'ln=18,r=8,p=1', false],
    ['that takes more by r', 'ln=17,r=16,p=1', false],
    ['that takes too long', 'ln=15,r=8,p=5', false],
    ['that costs next to nothing', 'ln=10,r=8,p=1', false],
    ['of no cost', 'ln=15,r=8,p=0', false],
  ] as const) {
    test(`${what} is ${is ? 'one' : 'none'}`, () => {
      assert.equal(parsePasswordHash(`$scrypt$${cost}$${SALT}$${HASH}`) !== undefined, is)
    })
  }

  test('is nothing else', () => {
    for (const text of ['', 'hunter2', '$scrypt$', `$scrypt$ln=15,r=8,p=1$${SALT}`, `$argon2id$v=19$m=1,t=1,p=1$a$b`]) {
      assert.equal(parsePasswordHash(text), undefined, text)
    }
    assert.equal(parsePasswordHash(`$scrypt$ln=15,r=8,p=1$${SALT}$${HASH}\n`), undefined)
  })
})
