import { createHash, hash } from 'node:crypto'

/** RFC 9162 §2.1.1: what is hashed in front of an entry and of two nodes, so that neither can stand for the other. */
const [ENTRY, NODE] = [Buffer.of(0), Buffer.of(1)]

/** A list of SHA-256 in hex, with a name and short proofs that an entry is at its place (RFC 9162 §2.1). */
interface MerkleTree {
  /** hex: the root hash */
  readonly name: string
  /** For the entry at `index`, from 0. Base64: the hashes of its inclusion path (RFC 9162 §2.1.3), from the entry up. */
  proof(index: number): string
}

export function merkleTree(entries: readonly string[]): MerkleTree {
  const levels = [entries.map(ofEntry)]
  for (let level = levels[0] ?? []; level.length > 1; levels.push(level)) level = above(level)
  const [root = Buffer.alloc(0)] = levels.at(-1) ?? []
  return {
    name: root.toString('hex'),
    proof(index) {
      // where a level has no sibling the node itself goes up
      const path = levels.slice(0, -1).flatMap((level, height) => level[(index >> height) ^ 1] ?? [])
      return Buffer.concat(path).toString('base64')
    },
  }
}

/** Is this entry the one at `index` (from 0) of the list of `size` entries that has this name (RFC 9162 §2.1.3.2)? */
export function isInTree(name: string, entry: string, index: number, size: number, proof: string): boolean {
  const path = Buffer.from(proof, 'base64')
  let node = ofEntry(entry)
  let at = index
  let last = size - 1
  for (let from = 0; from < path.length; from += 32) {
    if (last === 0) return false
    const sibling = path.subarray(from, from + 32)
    while (at % 2 === 0 && at === last && at > 0) {
      at >>= 1
      last >>= 1
    }
    node = at % 2 === 1 ? ofTwo(sibling, node) : ofTwo(node, sibling)
    at >>= 1
    last >>= 1
  }
  return at === 0 && last === 0 && node.toString('hex') === name
}

function above(level: readonly Buffer[]): Buffer[] {
  const parents: Buffer[] = []
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i], level[i + 1]]
    if (left !== undefined) parents.push(right === undefined ? left : ofTwo(left, right))
  }
  return parents
}

function ofEntry(entry: string): Buffer {
  return hash('sha256', Buffer.concat([ENTRY, Buffer.from(entry, 'hex')]), 'buffer')
}

function ofTwo(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest()
}
