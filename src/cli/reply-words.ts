import type { SendOutcome } from '../outcome.ts'
import type { Reply } from '../rid/contract.ts'
import type { PeerResponse } from '../rid/reply-outcome.ts'
import type { MsgType } from '../vocabulary.ts'
import { isQuestion } from '../vocabulary.ts'
import type { ExitCode } from './output.ts'

/** What a reply means to whoever asked. `text` is a sentence for people. */
export interface Meaning {
  readonly outcome:
    | 'delivered'
    | 'answered'
    /** an answer without a document: nothing is known, or nothing that may be told (RFC 6545 §7.4) */
    | 'nothing'
    | 'denied'
    /** the answer comes later: with a token, or without */
    | 'promised'
    | 'pending'
    /** it is no answer to what was asked (RFC 6546 Table 1) */
    | 'improper'
    | 'refused'
    | 'unreachable'
  readonly text: string
  readonly exit: ExitCode
}

export interface Heard {
  readonly msgType: MsgType | undefined
  readonly result: SendOutcome
  readonly response: PeerResponse | undefined
  /** undefined: the body was none, or was not read */
  readonly reply: Reply | undefined
  /** Incidents in the reply */
  readonly incidents: number
}

/** Of the HTTP response to what was sent. */
export function meaningOf({ msgType, result, response, reply, incidents }: Heard): Meaning {
  const asks = isQuestion(msgType)
  if (response === undefined) return { outcome: 'unreachable', text: reasonIn(result), exit: 3 }
  if (result.kind !== 'delivered') {
    const denied = reply?.kind === 'acknowledgement' && reply.status === 'Denied'
    return { outcome: denied ? 'denied' : 'refused', text: reasonIn(result), exit: 1 }
  }
  const note = result.note === undefined ? '' : `: ${result.note.text}`
  const text = `HTTP ${response.status}, delivered${note}`
  const code = result.note?.code
  if (!asks) return { outcome: code === 'improper-reply' ? 'improper' : 'delivered', text, exit: 0 }
  if (code === 'promised') {
    const token = response.callbackToken
    return { outcome: 'promised', text: `HTTP 202, the answer comes by callback, with the token ${token}`, exit: 0 }
  }
  if (code === 'improper-reply') {
    return { outcome: 'improper', text: `HTTP ${response.status}, ${result.note?.text}`, exit: 1 }
  }
  return answerMeaning(reply, incidents, `HTTP ${response.status}, `)
}

/** Of an answer to a question, in the response or by callback. */
export function answerMeaning(reply: Reply | undefined, incidents: number, where: string): Meaning {
  if (reply?.kind === 'message') {
    if (incidents > 0) {
      const many = incidents === 1 ? 'one Incident' : `${incidents} Incidents`
      return { outcome: 'answered', text: `${where}answered with a ${reply.msgType} of ${many}`, exit: 0 }
    }
    return { outcome: 'nothing', text: `${where}answered with a ${reply.msgType} that holds nothing`, exit: 1 }
  }
  const why = reply?.kind === 'acknowledgement' && reply.justification !== undefined ? `: ${reply.justification}` : ''
  if (reply?.kind === 'acknowledgement' && reply.status === 'Denied') {
    return { outcome: 'denied', text: `${where}denied${why}`, exit: 1 }
  }
  const status = reply?.kind === 'acknowledgement' ? reply.status : 'taken'
  return { outcome: 'pending', text: `${where}${status}${why}: the answer comes later`, exit: 0 }
}

function reasonIn(result: SendOutcome): string {
  return result.kind === 'delivered' ? '' : result.reason
}
