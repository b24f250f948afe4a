import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isInTree, merkleTree } from '../../src/profile/merkle-tree.ts'

const sha = (text: string | Buffer) => createHash('sha256').update(text).digest()
const entries = (n: number) => Array.from({ length: n }, (_, i) => sha(`${i}`).toString('hex'))

/** As RFC 9162 §2.1.1 defines it. */
function treeHash(list: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = list
  if (list.length < 2) return sha(Buffer.concat([Buffer.of(0), first]))
  const k = 2 ** (Math.ceil(Math.log2(list.length)) - 1)
  return sha(Buffer.concat([Buffer.of(1), treeHash(list.slice(0, k)), treeHash(list.slice(k))]))
}

test('a list is named by its Merkle Tree Hash', () => {
  for (let n = 1; n <= 70; n += 1) {
    const list = entries(n)
    assert.equal(merkleTree(list).name, treeHash(list.map((one) => Buffer.from(one, 'hex'))).toString('hex'))
  }
})

test('an entry is shown to be at its place, and at no other; nothing else is shown to be anywhere', () => {
  for (const n of [1, 2, 3, 7, 8, 9, 33, 64, 65]) {
    const list = entries(n)
    const { name, proof } = merkleTree(list)
    for (const [i, entry] of list.entries()) {
      const places = list.flatMap((_, at) => (isInTree(name, entry, at, n, proof(i)) ? [at] : []))
      assert.deepEqual(places, [i])
      assert.equal(isInTree(name, sha('another').toString('hex'), i, n, proof(i)), false)
    }
  }
})

test('a proof is short, and one that is cut, changed or goes on shows nothing', () => {
  const list = entries(500)
  const { name, proof } = merkleTree(list)
  const good = Buffer.from(proof(7), 'base64')
  assert.equal(good.length, 9 * 32)
  const changed = Buffer.from(good)
  changed[100] = (changed[100] ?? 0) ^ 1
  for (const bad of [
    good.subarray(32),
    good.subarray(0, -32),
    good.subarray(1),
    changed,
    Buffer.concat([good, good]),
  ]) {
    assert.equal(isInTree(name, list[7] ?? '', 7, 500, bad.toString('base64')), false)
  }
  assert.equal(isInTree(name, list[7] ?? '', 7, 500, '%%'), false)
})
