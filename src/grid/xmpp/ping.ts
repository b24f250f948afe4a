import { setTimeout as wait } from 'node:timers/promises'
import { GatewayError } from '../../errors.ts'
import type { IqAnswer } from './iq.ts'

/** What `keepAlive` needs of a session. */
interface Pinged {
  /** Never rejects. */
  ping(): Promise<IqAnswer>
  readonly closed: Promise<unknown>
  destroy(reason: GatewayError): void
}

/** The session ended because nobody was heard at its other end. */
const NO_SIGN_OF_LIFE = 'No sign of life: the ping was not answered.'

/**
 * XEP-0199: asks our own server for a sign of life at every interval and ends the session when neither an answer (an error is
 * one) nor any other byte comes in time. A line that died without a word is noticed within interval plus timeout; with our own bytes
 * before the ping, within what a slow line needs for them besides. `lastReceived`: ms since the epoch of the last byte received.
 */
export function keepAlive(session: Pinged, lastReceived: () => number, interval: number): void {
  const over = new AbortController()
  void session.closed.then(() => over.abort())
  const loop = async () => {
    for (;;) {
      await wait(interval, undefined, { signal: over.signal, ref: false })
      const asked = Date.now()
      const answer = await session.ping()
      if (answer.kind === 'timeout' && lastReceived() < asked) {
        session.destroy(new GatewayError('grid-away', NO_SIGN_OF_LIFE, { fields: { silent: true } }))
      }
    }
  }
  loop().catch(() => {
    // aborted: the session is over
  })
}
