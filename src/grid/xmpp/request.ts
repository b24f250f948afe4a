import type { GridReply, GridRequest } from '../contract.ts'
import { errorText } from './iq.ts'
import { payloadXml } from './payload.ts'
import type { Session } from './session.ts'

/** An IQ to somebody on the grid, and what it is answered with within the session's time for that. Never rejects. */
export async function request(
  session: Pick<Session, 'request'>,
  { to, type, xml }: GridRequest,
  signal: AbortSignal,
): Promise<GridReply> {
  const answer = await session.request({ to, type, payload: xml, signal })
  switch (answer.kind) {
    case 'result':
      return { kind: 'result', xml: payloadXml(answer.stanza) }
    case 'error': {
      const { type: kind, condition } = answer.error
      return { kind: 'error', type: kind, condition, reason: errorText(answer.error) }
    }
    case 'oversized':
      return { kind: 'unanswered', reason: 'Its answer is longer than the limit.' }
    case 'timeout':
      return { kind: 'unanswered', reason: 'It did not answer in time.' }
    default:
      return { kind: 'away', reason: 'The connection to the Controller was lost.' }
  }
}
