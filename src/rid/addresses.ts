import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** The IP addresses of a receiver. */
interface Addresses {
  /** Those to try, the best first: at least one. Rejects with what the resolver says. */
  candidates(): Promise<readonly string[]>
  /** The same, where the resolver need not be asked. */
  known(): readonly string[] | undefined
  /** It answered: the first to try from now on. */
  worked(address: string): void
}

/** ms that an answer of the resolver is good for */
const FRESH = 60_000
/** addresses that are tried for one message */
const MOST = 4

/** `host`: of a URL, a name or an address. `now` in ms since the epoch. */
export function createAddresses(host: string, now: () => number, resolve = resolveAll): Addresses {
  let known: readonly string[] = isIP(host) === 0 ? [] : [host]
  let until = isIP(host) === 0 ? 0 : Number.POSITIVE_INFINITY
  let last: string | undefined
  const inOrder = () =>
    last !== undefined && known.includes(last) ? [last, ...known.filter((one) => one !== last)] : known
  return {
    async candidates() {
      if (now() >= until) {
        known = (await resolve(host)).slice(0, MOST)
        until = now() + FRESH
      }
      return inOrder()
    },
    known: () => (now() < until ? inOrder() : undefined),
    worked(address) {
      last = address
    },
  }
}

async function resolveAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return [...new Set(found.map(({ address }) => address))]
}
