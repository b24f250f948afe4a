import { setTimeout as wait } from 'node:timers/promises'
import { GatewayError } from '../../errors.ts'
import type { Session } from './session.ts'
import type { Stream } from './stream.ts'

/**
 * XEP-0199: asks our own server for a sign of life at every interval and ends the session when neither an answer (an error is
 * one) nor any other byte comes in time. A line that died without a word is noticed within interval plus timeout.
 */
export function keepAlive(
  session: Session,
  stream: Stream,
  timing: { pingInterval: number; pingTimeout: number },
): void {
  const over = new AbortController()
  void session.closed.then(() => over.abort())
  const loop = async () => {
    for (;;) {
      await wait(timing.pingInterval, undefined, { signal: over.signal, ref: false })
      const asked = Date.now()
      const answer = await session.request({
        to: session.address.domain,
        type: 'get',
        payload: '<ping xmlns="urn:xmpp:ping"/>',
        timeoutMs: timing.pingTimeout,
      })
      if (answer.kind === 'timeout' && stream.lastReceived() < asked) {
        session.destroy(new GatewayError('grid-away', 'No sign of life: the ping was not answered.'))
      }
    }
  }
  loop().catch(() => {
    // aborted: the session is over
  })
}
