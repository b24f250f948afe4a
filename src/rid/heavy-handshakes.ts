import { networkOf } from './handshakes.ts'

/** Bytes from which on a handshake that fails was heavy: a client's certificates have a few thousand. */
export const HEAVY = 16_384
/** Heavy ones that a network may have at once, and ms until it may have another. */
const AT_ONCE = 4
const ANOTHER = 5_000
/** networks that are remembered */
const MOST = 10_000

/**
 * Whose handshakes cost too much. OpenSSL checks every signature of a chain, also of one that leads nowhere: 91 certificates that
 * somebody made himself, 61 KB, take a tenth of a second of the only thread there is, and Node.js has no bound for it. So a network with
 * many such has to wait, before anything of it is read. Never one that a peer came from: it would wait for a stranger's sake.
 */
export class HeavyHandshakes {
  readonly #now: () => number
  /** by network: ms when it has nothing more to answer for */
  readonly #until = new Map<string, number>()
  readonly #peers = new Set<string>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A handshake from there failed, after so many bytes. */
  failed(address: string, bytes: number): void {
    if (bytes < HEAVY) return
    const network = networkOf(address)
    const until = Math.max(this.#until.get(network) ?? 0, this.#now()) + ANOTHER
    this.#until.delete(network)
    this.#until.set(network, until)
    forgetOldest(this.#until)
  }

  /** A peer came from there. */
  vouch(address: string): void {
    const network = networkOf(address)
    this.#peers.delete(network)
    this.#peers.add(network)
    forgetOldest(this.#peers)
  }

  refuses(address: string): boolean {
    const network = networkOf(address)
    const until = this.#until.get(network)
    return until !== undefined && until - this.#now() > (AT_ONCE - 1) * ANOTHER && !this.#peers.has(network)
  }
}

function forgetOldest(networks: Map<string, number> | Set<string>): void {
  const [oldest] = networks.keys()
  if (networks.size > MOST && oldest !== undefined) networks.delete(oldest)
}
