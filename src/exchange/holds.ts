import type { Clock } from '../clock.ts'

/** Responses that wait for an answer. */
export interface Holds {
  /**
   * Until something happens to the exchange: false when `until` (ms since the epoch) came first, or nobody may wait any longer, or so
   * many wait already.
   */
  wait(exchange: string, peer: string, until: number): Promise<boolean>
  /** Something happened to it. */
  happened(exchange: string): void
  /** Nobody waits from now on. */
  end(): void
}

/** of one peer, and of all: what is over is answered at once */
const PER_PEER = 8
const IN_ALL = 64

export function createHolds(clock: Clock): Holds {
  const waiting = new Map<string, Set<() => void>>()
  const held: string[] = []
  const over = new AbortController()
  return {
    async wait(exchange, peer, until) {
      const ms = until - clock.now()
      const ofPeer = held.filter((one) => one === peer).length
      if (over.signal.aborted || ms <= 0 || held.length >= IN_ALL || ofPeer >= PER_PEER) return false
      let happened = false
      const woken = new AbortController()
      const wake = () => woken.abort()
      const notice = () => {
        happened = true
        wake()
      }
      const others = waiting.get(exchange) ?? new Set()
      waiting.set(exchange, others.add(notice))
      over.signal.addEventListener('abort', wake)
      held.push(peer)
      await clock.sleep(ms, woken.signal)
      held.splice(held.indexOf(peer), 1)
      over.signal.removeEventListener('abort', wake)
      others.delete(notice)
      if (others.size === 0) waiting.delete(exchange)
      return happened
    },
    happened(exchange) {
      for (const notice of [...(waiting.get(exchange) ?? [])]) notice()
    },
    end: () => over.abort(),
  }
}
