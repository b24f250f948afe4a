import type { PeerConfig } from '../config/types.ts'
import { incidentKey } from '../iodef/incident-id.ts'
import type { DocumentReading } from '../reading/document.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Problem } from '../rid/contract.ts'
import type { Justification } from '../rid/message.ts'
import { isQuestion, MSG_TYPES, type MsgType } from '../vocabulary.ts'
import type { Publication, TooLarge } from './make-items.ts'
import { firstObjection, type Objection } from './objection.ts'
import { type PlanConfig, planItems } from './plan-items.ts'

/** What the one door in makes of a RID message: `code` is the name of an objection. */
export type Judgement =
  | {
      readonly kind: 'problem'
      readonly code: string
      readonly problem: Problem
      readonly incidents: readonly string[]
    }
  | {
      readonly kind: 'denied'
      readonly code: string
      readonly reason: string
      readonly justification: Justification
      readonly msgType: MsgType
      readonly incidents: readonly string[]
    }
  | {
      readonly kind: 'accepted'
      readonly msgType: MsgType
      readonly document: DocumentReading
      readonly incidents: readonly string[]
      readonly publications: readonly Publication[]
    }

/** A message that was read, and what of it counts. */
interface Asked {
  readonly peer: PeerConfig
  readonly inspection: Inspection
  /** undefined for a word that is none of RFC 6545's */
  readonly msgType: MsgType | undefined
}

/** An HTTP status: what came is not RID, or its sender may not send it. */
interface Refusal<Of> {
  readonly kind: 'problem'
  readonly status: Problem['status']
  readonly title: string
  readonly about: (of: Of) => Pick<Problem, 'detail' | 'errors' | 'more'>
}

/** An Acknowledgement `Denied` (RFC 6545 §7.2), with the reason in log and trace. */
interface Denial {
  readonly kind: 'denied'
  readonly justification: Justification
  readonly reason: (asked: Asked) => string
}

/** Why a message is not looked at further, in this order. */
export const OBJECTIONS: readonly Objection<Asked, Refusal<Asked> | Denial>[] = [
  {
    name: 'invalid',
    when: ({ inspection }) => !inspection.valid,
    answer: {
      kind: 'problem',
      status: 400,
      title: 'Not a valid RID message',
      about: ({ inspection: { format, errors, more } }) => ({
        detail: format === 'unknown' ? 'The body cannot be read.' : `The body is not a valid ${format} document.`,
        errors,
        more,
      }),
    },
  },
  {
    name: 'improper',
    when: ({ inspection }) => inspection.format === 'XEP-0268',
    answer: improper('The root element is neither RID nor IODEF-Document.'),
  },
  {
    name: 'improper',
    when: ({ inspection: { format, rid } }) => format === 'RID' && rid?.policy == null,
    answer: improper('There is no RIDPolicy (RFC 6545 §5.1), so the message has no type.'),
  },
  {
    // one that nobody looked at would be lost
    name: 'improper',
    when: ({ inspection: { rid } }) => rid !== null && rid.documents > 1,
    answer: improper('There is more than one IODEF-Document.'),
  },
  {
    name: 'msg-type',
    when: ({ msgType, peer }) => msgType === undefined || !peer.accept.includes(msgType),
    answer: {
      kind: 'problem',
      status: 403,
      title: 'Message type not allowed',
      about: () => ({ detail: 'This peer may not send messages of this type.' }),
    },
  },
  {
    name: 'improper',
    when: ({ inspection: { improper = [] } }) => improper.length > 0,
    answer: {
      kind: 'problem',
      status: 400,
      title: 'Improper RID message',
      about: ({ inspection: { improper = [] } }) => ({
        detail: 'The message contradicts itself, or lacks what RFC 6545 demands of it.',
        errors: improper,
      }),
    },
  },
  {
    name: 'test',
    when: ({ peer, msgType }) => peer.test === true && isQuestion(msgType),
    answer: {
      kind: 'denied',
      justification: 'test',
      reason: () => 'the peer is under test: nobody is asked, and nothing is looked up',
    },
  },
  {
    // RFC 6545 §7: a Query is owed a Report, unless it is denied
    name: 'no-answer',
    when: ({ msgType }) => msgType === 'Query',
    answer: {
      kind: 'denied',
      justification: 'CannotProcess',
      reason: () => 'a Query is owed a Report, and nobody would be asked for one',
    },
  },
  {
    name: 'no-document',
    when: ({ inspection: { document, rid } }) => document === null && rid?.hasPayload !== true,
    answer: {
      kind: 'denied',
      justification: 'CannotProcess',
      reason: ({ inspection: { rid } }) => `the message carries no IODEF-Document: ${rid?.lacks ?? 'it is empty'}`,
    },
  },
  {
    name: 'format',
    when: ({ inspection }) => inspection.document === null,
    answer: {
      kind: 'denied',
      justification: 'UnrecognizedFormat',
      reason: ({ inspection: { rid } }) =>
        `the message carries no IODEF-Document: ${rid?.lacks ?? 'it has another format'}`,
    },
  },
  {
    name: 'format',
    when: ({ inspection }) => unpublishable(inspection) !== undefined,
    answer: {
      kind: 'denied',
      justification: 'UnrecognizedFormat',
      reason: ({ inspection }) => `the IODEF 1 document cannot be written as IODEF 2: ${unpublishable(inspection)}`,
    },
  },
]

function improper(detail: string): Refusal<unknown> {
  return { kind: 'problem', status: 400, title: 'Improper RID message', about: () => ({ detail }) }
}

function unpublishable({ document }: Inspection): string | undefined {
  const upgraded = document?.upgraded ?? null
  return upgraded !== null && 'invalid' in upgraded ? upgraded.invalid : undefined
}

/** The reason is seldom the sender's size alone: the document as it came travels in its item (docs/grid-profile.md §4.4). */
function why(original: TooLarge['original']): string {
  return original === undefined
    ? ''
    : ` ${original.bytes} are the document as it came: ${WHY_ORIGINAL[original.reason]}.`
}

const WHY_ORIGINAL = {
  version: 'it is IODEF 1, and travels beside what it is in IODEF 2',
  signature: 'it is signed, and goes nowhere without its very characters',
  characters: 'it has characters that some Brokers change',
  repaired: 'it was repaired, and is kept beside what it was',
} as const

/** What only the plan shows, as an HTTP status; its other objections are denials. */
export const TOO_LARGE: { readonly name: string; readonly answer: Refusal<TooLarge> } = {
  name: 'too-large',
  answer: {
    kind: 'problem',
    status: 413,
    title: 'Too large for the Broker',
    about: ({ items, bytes, limit, original }) => ({
      detail:
        items === 1
          ? `An item of this report would have ${bytes} bytes; the Broker takes at most ${limit}.${why(original)}`
          : `The items of this report would have more than ${limit} bytes together.`,
    }),
  },
}

/** The one judgement of what comes in from a peer: what it is, whether it may, and what it becomes on the grid. */
export function judge(config: PlanConfig, peer: PeerConfig, inspection: Inspection): Judgement {
  const { rid, document } = inspection
  const incidents = document?.incidents.map((incident) => incident.key) ?? inspection.claimed ?? []
  const written = rid === null ? 'Report' : rid.msgType
  const msgType = MSG_TYPES.find((type) => type === written)
  const problem = <Of>(code: string, { status, title, about }: Refusal<Of>, of: Of): Judgement => {
    return { kind: 'problem', code, problem: { status, title, ...about(of) }, incidents }
  }
  const asked = { peer, inspection, msgType }
  const objection = firstObjection(OBJECTIONS, asked)
  if (objection?.answer.kind === 'problem') return problem(objection.name, objection.answer, asked)
  if (msgType === undefined) throw new Error('a message of no type was not objected to')
  const denied = (code: string, reason: string, justification: Justification = 'CannotProcess'): Judgement => {
    const named = incidents.length > 0 ? incidents : messageIncident(inspection)
    return { kind: 'denied', code, reason, justification, msgType, incidents: named }
  }
  if (objection?.answer.kind === 'denied') {
    return denied(objection.name, objection.answer.reason(asked), objection.answer.justification)
  }
  const published = document?.upgraded ?? document
  if (document === null || published === null || 'invalid' in published) {
    throw new Error('a message without a document to publish was not objected to')
  }
  const plan = planItems(config, peer, msgType, published, rid)
  if (plan.kind === 'denied') return denied(plan.code, plan.reason)
  if (plan.kind === 'too-large') return problem(TOO_LARGE.name, TOO_LARGE.answer, plan)
  return { kind: 'accepted', msgType, document, incidents, publications: plan.publications }
}

/**
 * What becomes of what a peer under test sends though all is well with it. RFC 6545 §7.2 has no word for that: `Approved` would say that the
 * report is ours now, which nobody has stored. Undefined for others.
 */
export function deniedAsTest(peer: PeerConfig, { publications }: Extract<Judgement, { kind: 'accepted' }>) {
  if (peer.test !== true) return undefined
  const topics = [...new Set(publications.map(({ topic }) => topic))].join(', ')
  const items = publications.length === 1 ? 'one item' : `${publications.length} items`
  return { code: 'test', reason: `the peer is under test: it would be approved, as ${items} of ${topics}` } as const
}

/** The IncidentID of the message itself, where no document names one. */
function messageIncident({ rid }: Inspection): string[] {
  return rid?.incidentId == null ? [] : [incidentKey(rid.incidentId)]
}
