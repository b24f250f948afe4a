import { policyOf, type RidPolicy, renderAcknowledgement, renderMessage, SOURCE_NOT_FOUND } from '../rid/message.ts'
import { nodeOf, type RidSystem } from '../rid/node.ts'
import type { AnswerBody, Question } from './stored.ts'

/**
 * An answer as a RID message, to whom asked: region and traffic are those of the question, and the incident is the one that was asked
 * for (RFC 6545 §5.1, §7.4).
 */
export function renderAnswer(answer: AnswerBody, { policy: asked }: Pick<Question, 'policy'>, to: RidSystem): string {
  const { msgType, document, incidentSource, status, restriction, incidentId } = answer
  const own = policyOf(msgType, 'PeerToPeer', 'Network', nodeOf(to), null)
  const policy: RidPolicy = {
    ...own,
    attributes: { ...own.attributes, ...(restriction !== undefined && { restriction }) },
    regions: asked.regions.length > 0 ? asked.regions : own.regions,
    traffic: asked.traffic.length > 0 ? asked.traffic : own.traffic,
    incidentId,
  }
  if (status !== null) return renderAcknowledgement(policy, status)
  return renderMessage(policy, document, msgType === 'Result' ? (incidentSource ?? SOURCE_NOT_FOUND) : null)
}

/** A question as it is asked on: as it came, for another RID system. */
export function renderQuestion({ policy, document }: Question, to: RidSystem): string {
  return renderMessage({ ...policy, node: nodeOf(to) }, document)
}
