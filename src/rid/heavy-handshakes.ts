import { HEAVY } from './handshake-turns.ts'
import { networkOf } from './handshakes.ts'

/** Heavy ones that a network may have at once, and ms until it may have another; the same of any that leads to no peer. */
const AT_ONCE = 4
const ANOTHER = 5_000
const ANOTHER_LIGHT = 100
/** networks that are remembered */
const MOST = 10_000

/**
 * Whose handshakes cost too much. OpenSSL checks every signature of a chain, also of one that leads nowhere: 91 certificates that
 * somebody made himself, 61 KB, take a tenth of a second of the only thread there is, and Node.js has no bound for it. Any other takes a
 * millisecond or two: a few hundred in a second are all there is time for. So a network with many that lead to no peer has to wait, before
 * anything of it is read. Never one that a peer came from: it would wait for a stranger's sake.
 */
export class HeavyHandshakes {
  readonly #now: () => number
  /** by network: ms when it has nothing more to answer for */
  readonly #until = new Map<string, number>()
  readonly #peers = new Set<string>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A handshake from there led to no peer, after so many bytes. */
  failed(address: string, bytes: number): void {
    // whoever only connects, to see whether anybody is there, costs next to nothing
    if (bytes === 0) return
    const network = networkOf(address)
    const until = Math.max(this.#until.get(network) ?? 0, this.#now()) + (bytes < HEAVY ? ANOTHER_LIGHT : ANOTHER)
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

  /** Did a peer come from there? */
  knows(address: string): boolean {
    return this.#peers.has(networkOf(address))
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
