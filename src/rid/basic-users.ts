import { createHmac, randomBytes } from 'node:crypto'
import type { PeerConfig } from '../config/types.ts'
import { type PasswordHash, parsePasswordHash } from '../password-hash.ts'

/** Who showed a password on a connection, as much as tells whether the same would be good now. */
export interface Login {
  readonly user: string
  /** the text of the hash that it was held against */
  readonly hash: string
  /** of user and password, under a key that nobody has */
  readonly digest: string
}

interface BasicUser {
  readonly peer: PeerConfig
  /** as it is written; '' where it cannot be read */
  readonly hash: string
  /** undefined: no password fits */
  readonly parsed: PasswordHash | undefined
}

interface BasicUsers {
  find(user: string): BasicUser | undefined
  /** What the password of a user that there is not is held against: of the same user always the same. Undefined where there is nobody. */
  decoy(user: string): PasswordHash | undefined
}

/** nobody can tell beforehand which one it is */
const KEY = randomBytes(32)

/** The peers that show a user and a password, with what their hashes are now. Never throws. */
export function createBasicUsers(peers: readonly PeerConfig[]): BasicUsers {
  const users = new Map<string, BasicUser>()
  for (const peer of peers) {
    const { basic } = peer.identity
    if (basic === undefined) continue
    const hash = read(basic.readHash)
    users.set(basic.user, { peer, hash, parsed: parsePasswordHash(hash) })
  }
  const hashes = [...users.values()].flatMap(({ parsed }) => parsed ?? [])
  return {
    find: (user) => users.get(user),
    // hashes may cost more or less: the time must not tell who is there
    decoy: (user) => hashes[createHmac('sha256', KEY).update(user).digest().readUInt32BE() % hashes.length],
  }
}

function read(readHash: () => string): string {
  try {
    return readHash().trim()
  } catch {
    return ''
  }
}
