import { setTimeout as wait } from 'node:timers/promises'
import { GatewayError } from '../../errors.ts'
import type { IqAnswer } from './iq.ts'

/** What `keepAlive` needs of a session. */
interface Pinged {
  /** Asks our own server. Never rejects. */
  ask(payload: string, timeoutMs: number): Promise<IqAnswer>
  /** ms since the epoch of the last byte received */
  lastReceived(): number
  readonly closed: Promise<unknown>
  destroy(reason: GatewayError): void
}

/**
 * XEP-0199: asks our own server for a sign of life at every interval and ends the session when neither an answer (an error is
 * one) nor any other byte comes in time. A line that died without a word is noticed within interval plus timeout.
 */
export function keepAlive(session: Pinged, timing: { pingInterval: number; pingTimeout: number }): void {
  const over = new AbortController()
  void session.closed.then(() => over.abort())
  const loop = async () => {
    for (;;) {
      await wait(timing.pingInterval, undefined, { signal: over.signal, ref: false })
      const asked = Date.now()
      const answer = await session.ask('<ping xmlns="urn:xmpp:ping"/>', timing.pingTimeout)
      if (answer.kind === 'timeout' && session.lastReceived() < asked) {
        session.destroy(new GatewayError('grid-away', 'No sign of life: the ping was not answered.'))
      }
    }
  }
  loop().catch(() => {
    // aborted: the session is over
  })
}
