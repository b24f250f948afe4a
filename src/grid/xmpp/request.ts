import type { GridReply, GridRequest } from '../contract.ts'
import { NS_PING } from './caps.ts'
import { errorText, type IqAnswer, type StanzaError } from './iq.ts'
import { payloadXml } from './payload.ts'
import type { Session } from './session.ts'
import { elementFlaw } from './well-formed.ts'

type Line = Pick<Session, 'request' | 'longestStanza' | 'closed'>

/** What a server says for somebody who is not there now (RFC 6120 §8.3.3). */
const ABSENT: readonly string[] = ['recipient-unavailable', 'remote-server-timeout']

/** bytes that every server takes (RFC 6120 §13.12) */
const SHORT = 10_000
/** IQs remembered at which a stream ended, and how often it must end before it is the IQ */
const REMEMBERED = 1_000
const OFTEN = 2

/**
 * Sends IQs to somebody on the grid, through one session after the other, and waits for what each is answered with within the session's
 * time for that. One that the Controller ends the stream for, as it is too long, is not tried for ever: nobody else would get through.
 * Never rejects.
 */
export function createRequests(): (session: Line, iq: GridRequest, signal: AbortSignal) => Promise<GridReply> {
  const ends = new Map<string, number>()

  /** Is it this one, and not another stanza of that time? */
  async function endsStreams({ closed }: Line, key: string, size: number): Promise<string | undefined> {
    const { condition, said } = (await closed).fields
    if (condition !== 'policy-violation' || size <= SHORT) return undefined
    const count = (ends.get(key) ?? 0) + 1
    ends.set(key, count)
    for (const oldest of ends.keys()) {
      if (ends.size <= REMEMBERED) break
      ends.delete(oldest)
    }
    if (count < OFTEN) return undefined
    ends.delete(key)
    return `The Controller ended the stream (${said}) twice while this IQ of ${size} bytes was sent. Perhaps it takes less than grid.maxItem.`
  }

  return async (session, iq, signal) => {
    const size = Buffer.byteLength(iq.xml)
    const unfit = unfitFor(session, iq, size)
    if (unfit !== undefined) return refused('policy-violation', unfit)
    const answer = await session.request({ to: iq.to, type: iq.type, payload: iq.xml, signal })
    const key = `${iq.to}\n${size}`
    if (answer.kind !== 'away') {
      // one as long got through: it was another stanza
      ends.delete(key)
      return replyOf(session, iq.to, answer, signal)
    }
    const why = signal.aborted ? undefined : await endsStreams(session, key, size)
    if (why !== undefined) return refused('policy-violation', why)
    return { kind: 'away', reason: 'The connection to the Controller was lost.' }
  }
}

async function replyOf(
  session: Line,
  to: string,
  answer: Exclude<IqAnswer, { kind: 'away' }>,
  signal: AbortSignal,
): Promise<GridReply> {
  switch (answer.kind) {
    case 'result':
      return { kind: 'result', xml: payloadXml(answer.stanza) }
    case 'error':
      return (await isAbsent(session, to, answer.error, signal))
        ? { kind: 'absent', reason: `Nobody is there: ${errorText(answer.error)}.` }
        : refusal(answer.error)
    case 'oversized':
      return { kind: 'unreadable', reason: 'Its answer is longer than the limit.' }
    default:
      return { kind: 'unanswered', reason: 'It did not answer in time.' }
  }
}

/** What would end the stream, and again at every retry: it is not written. */
function unfitFor({ longestStanza = Number.POSITIVE_INFINITY }: Line, { xml }: GridRequest, size: number) {
  if (size > longestStanza)
    return `It needs a stanza of ${size} bytes; the Controller takes ${longestStanza}, less than grid.maxItem.`
  const flaw = elementFlaw(xml)
  return flaw && `It cannot be sent: ${flaw}.`
}

function refused(condition: string, reason: string): GridReply {
  return { kind: 'error', type: 'modify', condition, reason }
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
