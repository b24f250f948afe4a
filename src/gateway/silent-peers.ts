import type { Clock } from '../clock.ts'
import { repliesTo } from '../rid/exchange.ts'
import type { ReloadableRidSender } from '../rid/sender.ts'
import type { MsgType } from '../vocabulary.ts'

/** ms after which a message that only needs to be acknowledged has been unanswered for too long, though it may yet be (RFC 6546 §3) */
const SILENT = 10_000

/** Notices peers that take connections and messages, and say nothing: an attempt ends only after half a minute. */
export interface SilentPeers {
  /** A sender to that peer which is watched. */
  watch(peer: string, sender: ReloadableRidSender): ReloadableRidSender
  /** Those from which nothing has come for a while, and why that is said. */
  list(): readonly { readonly peer: string; readonly reason: string }[]
}

export function createSilentPeers(clock: Pick<Clock, 'now'>): SilentPeers {
  /** when each message under way was begun; when the peer answered last */
  const peers = new Map<string, { readonly begun: Set<{ readonly at: number }>; answered: number }>()
  return {
    watch(peer, sender) {
      const known = peers.get(peer) ?? { begun: new Set(), answered: Number.NEGATIVE_INFINITY }
      peers.set(peer, known)
      return {
        ...sender,
        async send(message, signal) {
          if (mayTakeLong(message.msgType)) return sender.send(message, signal)
          const one = { at: clock.now() }
          known.begun.add(one)
          try {
            const outcome = await sender.send(message, signal)
            if (outcome.kind !== 'retry' || !outcome.destinationDown) known.answered = clock.now()
            return outcome
          } finally {
            known.begun.delete(one)
          }
        },
      }
    },
    list() {
      const now = clock.now()
      return [...peers].flatMap(([peer, { begun, answered }]) => {
        const oldest = Math.min(...[...begun].flatMap(({ at }) => (at >= answered ? at : [])))
        if (now - oldest < SILENT || oldest > now) return []
        return { peer, reason: `It has not answered a message that it was sent at ${new Date(oldest).toISOString()}.` }
      })
    },
  }
}

/** A question may be answered when there is an answer. */
function mayTakeLong(msgType: MsgType | undefined): boolean {
  return msgType === undefined || repliesTo(msgType).some((reply) => reply !== 'Acknowledgement')
}
