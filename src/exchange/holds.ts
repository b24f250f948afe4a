import type { Clock } from '../clock.ts'

/** Responses that wait for an answer. */
export interface Holds {
  /** From now on whatever happens to the exchange is noticed: to be called before it is looked at, and disposed of in the end. */
  watch(exchange: string): Watch
  /** Something happened to it; or may have, to any of them. */
  happened(exchange?: string): void
  /** Nobody waits from now on. */
  end(): void
}

interface Watch extends Disposable {
  /**
   * Until something has happened since the last time: false when `until` (ms since the epoch) came first, or nobody may wait any
   * longer, or so many wait already.
   */
  wait(peer: string, until: number): Promise<boolean>
}

/** of one peer, and of all: what is over is answered at once */
const PER_PEER = 8
const IN_ALL = 64

export function createHolds(clock: Clock): Holds {
  const waiting = new Map<string, Set<() => void>>()
  const held: string[] = []
  const over = new AbortController()

  async function sleep(peer: string, until: number, woken: AbortController): Promise<void> {
    const ms = until - clock.now()
    const ofPeer = held.filter((one) => one === peer).length
    if (over.signal.aborted || ms <= 0 || held.length >= IN_ALL || ofPeer >= PER_PEER) return
    const wake = () => woken.abort()
    over.signal.addEventListener('abort', wake)
    held.push(peer)
    await clock.sleep(ms, woken.signal)
    held.splice(held.indexOf(peer), 1)
    over.signal.removeEventListener('abort', wake)
  }

  return {
    watch(exchange) {
      let happened = false
      let woken = new AbortController()
      const notice = () => {
        happened = true
        woken.abort()
      }
      const others = waiting.get(exchange) ?? new Set()
      waiting.set(exchange, others.add(notice))
      return {
        async wait(peer, until) {
          if (!happened) await sleep(peer, until, woken)
          const did = happened
          happened = false
          woken = new AbortController()
          return did
        },
        [Symbol.dispose]() {
          others.delete(notice)
          if (others.size === 0) waiting.delete(exchange)
        },
      }
    },
    happened(exchange) {
      const those = exchange === undefined ? [...waiting.values()] : [waiting.get(exchange) ?? []]
      for (const notice of those.flatMap((notices) => [...notices])) notice()
    },
    end: () => over.abort(),
  }
}
