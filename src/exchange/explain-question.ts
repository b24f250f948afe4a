import type { Ask, Config, PeerConfig } from '../config/types.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Justification } from '../rid/message.ts'
import { isQuestion } from '../vocabulary.ts'
import { criteriaOf, lacksDocument } from './criteria.ts'
import { DENIALS, type DenialCode } from './refusals.ts'
import { whomToAsk } from './route-question.ts'

type ExplainedQuestion =
  | { readonly asked: readonly Ask[] }
  | { readonly code: DenialCode; readonly reason: string; readonly justification: Justification }

/**
 * What would become of a message of this peer, were it sent now, as a question: whom it would be asked of, or why it would be denied.
 * Undefined: it is none, or nobody would be asked, so that it is as any other message.
 */
export function explainQuestion(
  { routes }: Pick<Config, 'routes'>,
  peer: PeerConfig,
  inspection: Inspection,
): ExplainedQuestion | undefined {
  const { valid, rid, improper = [] } = inspection
  if (!valid || rid === null || rid.policy === null || rid.documents > 1 || improper.length > 0) return undefined
  const { msgType } = rid
  if (!isQuestion(msgType) || !peer.accept.includes(msgType)) return undefined
  const asked = whomToAsk(routes, peer, msgType, inspection)
  if (asked.length === 0) return undefined
  if (lacksDocument(inspection, msgType)) return { code: 'format', ...DENIALS.format }
  const criteria = criteriaOf(inspection)
  // others may find by what the archive cannot
  if (criteria.kind === 'criteria' || asked.length > 1 || asked[0] !== 'archive') return { asked }
  return { code: criteria.code, ...DENIALS[criteria.code] }
}
