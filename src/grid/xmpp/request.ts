import type { GridReply, GridRequest } from '../contract.ts'
import { NS_PING } from './caps.ts'
import { errorText, type StanzaError } from './iq.ts'
import { payloadXml } from './payload.ts'
import type { Session } from './session.ts'
import { elementFlaw } from './well-formed.ts'

type Line = Pick<Session, 'request' | 'longestStanza'>

/** What a server says for somebody who is not there now (RFC 6120 §8.3.3). */
const ABSENT: readonly string[] = ['recipient-unavailable', 'remote-server-timeout']

/** An IQ to somebody on the grid, and what it is answered with within the session's time for that. Never rejects. */
export async function request(session: Line, { to, type, xml }: GridRequest, signal: AbortSignal): Promise<GridReply> {
  const unfit = unfitFor(session, xml)
  if (unfit !== undefined) return unfit
  const answer = await session.request({ to, type, payload: xml, signal })
  switch (answer.kind) {
    case 'result':
      return { kind: 'result', xml: payloadXml(answer.stanza) }
    case 'error':
      return (await isAbsent(session, to, answer.error, signal))
        ? { kind: 'absent', reason: `Nobody is there: ${errorText(answer.error)}.` }
        : refusal(answer.error)
    case 'oversized':
      return { kind: 'unreadable', reason: 'Its answer is longer than the limit.' }
    case 'timeout':
      return { kind: 'unanswered', reason: 'It did not answer in time.' }
    default:
      return { kind: 'away', reason: 'The connection to the Controller was lost.' }
  }
}

/** What would end the stream, and again at every retry: it is not written. */
function unfitFor({ longestStanza = Number.POSITIVE_INFINITY }: Line, xml: string): GridReply | undefined {
  const size = Buffer.byteLength(xml)
  const refused = (condition: string, reason: string) => ({ kind: 'error', type: 'modify', condition, reason }) as const
  if (size > longestStanza) {
    const reason = `It needs a stanza of ${size} bytes; the Controller takes ${longestStanza}, less than grid.maxItem.`
    return refused('policy-violation', reason)
  }
  const flaw = elementFlaw(xml)
  return flaw === undefined ? undefined : refused('undefined-condition', `It cannot be sent: ${flaw}.`)
}

function refusal(error: StanzaError): GridReply {
  return { kind: 'error', type: error.type, condition: error.condition, reason: errorText(error) }
}

/**
 * A server answers for a full JID that is not logged in as one does that does not know what it is asked (RFC 6121 §8.5.3.2.3):
 * service-unavailable. Who answers a ping (XEP-0199), or refuses it in other words, is there.
 */
async function isAbsent(session: Line, to: string, { type, condition }: StanzaError, signal: AbortSignal) {
  if (ABSENT.includes(condition)) return true
  if (condition !== 'service-unavailable' || type === 'wait') return false
  const pong = await session.request({ to, type: 'get', payload: `<ping xmlns="${NS_PING}"/>`, signal })
  return pong.kind !== 'result' && !(pong.kind === 'error' && pong.error.condition !== 'service-unavailable')
}
