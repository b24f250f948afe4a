import { createHash } from 'node:crypto'
import type { Justification, RidPolicy } from '../rid/message.ts'
import type { NewAnswer } from '../store/exchanges.ts'

/** A document as it goes out. */
export interface Carried {
  readonly xml: string
  readonly version: 1 | 2
  readonly signatures: readonly string[]
}

/** What the store keeps of a question: enough to ask it on, and to answer it in its own terms. */
export interface Question {
  readonly policy: RidPolicy
  readonly document: Carried | null
  /** incident key of the first Incident of the document, whatever is asked for */
  readonly about?: string
  /** what its asker calls it: the exchange in the context of the element that it came in */
  readonly exchange?: string
  /** the DNS name of who asks, as the element says it */
  readonly from?: string
}

/** What the store keeps of an answer. */
export interface AnswerBody {
  readonly msgType: 'Report' | 'Result' | 'Acknowledgement'
  /** what is asked for, or answered with */
  readonly incidentId: RidPolicy['incidentId']
  /** RIDPolicy's, of the message that it came with */
  readonly restriction?: string
  /** null: there is nothing (RFC 6545 §7.4), or it is an Acknowledgement */
  readonly document: Carried | null
  readonly incidentSource: string | null
  readonly status: 'Approved' | 'Pending' | { readonly denied: Justification } | null
  /** that showed it; none of what another peer answered */
  readonly topics: readonly string[]
  readonly needed: readonly string[]
}

/** The payload of a delivery: a question to a leg, an answer to its asker, one that came too late for its exchange, or the end of a question. */
export type Errand = { readonly exchange: string } & (
  | { readonly leg: number }
  | { readonly answer: number }
  | { readonly late: AnswerBody }
  /** the item of that leg is taken off its Topic */
  | { readonly retract: number }
)

/** `until`: its exchange expires then, and it is tried as long; nothing of it in what earlier versions stored. */
type StoredErrand = Errand & { readonly until?: number }

/** Of the JSON in which all of these are kept. */
const FORMAT = 1

export function encode(kept: Question | AnswerBody | StoredErrand): string {
  return JSON.stringify({ format: FORMAT, ...kept })
}

/** What `encode` made of an errand; undefined for the payload of any other delivery. Throws where it is of a newer version. */
export function parseErrand(payload: string): StoredErrand | undefined {
  if (!payload.startsWith(`{"format":${FORMAT},"exchange":`)) return undefined
  return JSON.parse(payload) as StoredErrand
}

/** What `encode` made of a question, or an answer. Throws SyntaxError, also for what another version wrote. */
export function parseQuestion(text: string): Question {
  return known(text) as unknown as Question
}

/** Undefined where it cannot be read: an exchange comes to an end all the same, and stops no other. */
export function questionOf({ question }: { readonly question: string }): Question | undefined {
  try {
    return parseQuestion(question)
  } catch {
    return undefined
  }
}

/** What an exchange asks for by number, as far as its question can be read. */
export function askedFor(exchange: { readonly question: string }): RidPolicy['incidentId'] {
  return questionOf(exchange)?.policy.incidentId ?? null
}

export function parseAnswer(text: string): AnswerBody {
  const answer = known(text) as unknown as AnswerBody
  // what needs nothing would go to everybody
  if (answer.document !== null && !(Array.isArray(answer.needed) && answer.needed.length > 0)) {
    throw new SyntaxError('what the store kept of an answer says of no restriction')
  }
  return answer
}

function known(text: string): Readonly<Record<string, unknown>> {
  const kept = JSON.parse(text) as Readonly<Record<string, unknown>>
  if (kept.format !== FORMAT) {
    throw new SyntaxError(`what the store kept has format ${String(kept.format)}, not ${FORMAT}`)
  }
  return kept
}

/** An answer as the store takes it. */
export function newAnswer(leg: number, body: AnswerBody): NewAnswer {
  const text = encode(body)
  return { leg, msgType: body.msgType, digest: createHash('sha256').update(text).digest('hex'), body: text }
}
