import type { Clock } from '../clock.ts'
import { FINE, type Finding } from './readiness.ts'

/** ms without a 429 after which a peer is limited no more */
const OVER = 60_000

export interface Limited {
  readonly peer: string | undefined
  readonly limit: string
}

/** Which peers are being answered 429. */
export function createPeerLimits(clock: Pick<Clock, 'now'>) {
  const last = new Map<string, { readonly at: number; readonly limit: string }>()
  return {
    limited({ peer, limit }: Limited): void {
      if (peer !== undefined) last.set(peer, { at: clock.now(), limit })
    },
    of(peer: string): Finding {
      const { at, limit } = last.get(peer) ?? {}
      const ago = at === undefined ? OVER : clock.now() - at
      if (ago < 0 || ago >= OVER) return FINE
      return {
        state: 'degraded',
        reason: `It sends more than its limit (\`${limit}\` of its \`limits\` or of \`rid.limits\`): what is over is answered 429, and it has to send that again. Tell the peer, or raise the limit.`,
      }
    },
  }
}
