import type { Problem } from '../rid/contract.ts'
import type { Justification } from '../rid/message.ts'

interface Refusal {
  readonly status: Problem['status']
  readonly title: string
  readonly detail: string
}

/** Why a question or an answer is not taken, by its code, as an HTTP status: docs/guide.md has each. */
export const REFUSALS = {
  'too-many-asked': {
    status: 429,
    title: 'Too Many Requests',
    detail: 'This peer asked too many questions within a minute.',
  },
  'too-many-open': {
    status: 429,
    title: 'Too Many Requests',
    detail: 'Too many questions of this peer are not answered yet.',
  },
  'exchanges-full': {
    status: 503,
    title: 'Try again later',
    detail: 'Too many questions are not answered yet.',
  },
  'not-asked': {
    status: 403,
    title: 'Not asked for',
    detail: 'No question of this RID system is answered by this message.',
  },
  'wrong-answer': {
    status: 400,
    title: 'Improper RID message',
    detail: 'A message of this type is no answer to what was asked (RFC 6546 section 3, Table 1).',
  },
} as const satisfies Readonly<Record<string, Refusal>>
export type RefusalCode = keyof typeof REFUSALS

interface Denial {
  readonly justification: Justification
  readonly reason: string
}

/** Why a question is denied (RFC 6545 §7.2) that somebody would be asked. */
export const DENIALS = {
  'no-criterion': {
    justification: 'CannotProcess',
    reason: 'the Query names no incident, and nothing that an incident could be found by',
  },
  'own-path': {
    justification: 'CannotProcess',
    reason: 'the path in its document names this system: it has been here before',
  },
  'asked-back': {
    justification: 'CannotProcess',
    reason: 'this system is asking the same of the peer who asks it',
  },
  'too-many-matches': {
    justification: 'SystemResource',
    reason: 'more than 10,000 of the Incidents that its sender may see fit the Query',
  },
  format: {
    justification: 'UnrecognizedFormat',
    reason: 'the question carries no IODEF-Document that can be read, and without one it says nothing',
  },
} as const satisfies Readonly<Record<string, Denial>>
export type DenialCode = keyof typeof DENIALS
