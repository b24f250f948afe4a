import type { Diagnostic, XmlElement } from '../xml/tree.ts'
import { lapses, oddities } from './lapses.ts'
import { at, type MessageParts, partsOf } from './message-parts.ts'

/** What RFC 6545's text says of a message and no schema states, in document order of its rules. */
interface MessageFindings {
  /** the message contradicts itself: whatever was made of it would be a guess */
  readonly contradictions: readonly Diagnostic[]
  /** it lacks what the text demands: warnings; errors where `strict` is asked for */
  readonly lapses: readonly Diagnostic[]
  /** warnings, `strict` or not */
  readonly oddities: readonly Diagnostic[]
}

/** `document`: the IODEF-Document in it, when there is one, and what it mentions (mentionOf). */
export function checkMessage(
  rid: XmlElement,
  document: XmlElement | undefined,
  mentioned: ReadonlySet<string>,
): MessageFindings {
  const parts = partsOf(rid, document, mentioned)
  if (parts === undefined) return { contradictions: [], lapses: [], oddities: [] }
  const contradictions: Diagnostic[] = []
  for (const rule of RULES) {
    const found = rule(parts)
    if (found !== undefined) contradictions.push(found)
  }
  return { contradictions, lapses: lapses(parts), oddities: oddities(parts) }
}

type Rule = (parts: MessageParts) => Diagnostic | undefined

const REQUESTS: readonly string[] = ['InvestigationRequest', 'TraceRequest']

/** Each with the section of RFC 6545 that it comes from. */
const RULES: readonly Rule[] = [
  ({ status, msgType }) =>
    status && msgType !== 'Acknowledgement'
      ? at(status, '5', `RequestStatus stands in an Acknowledgement only, and this message is a ${msgType}.`)
      : undefined,
  ({ policy, status, msgType }) =>
    msgType === 'Acknowledgement' && status === undefined
      ? at(policy, '6.2', 'An Acknowledgement needs a RequestStatus behind RIDPolicy.')
      : undefined,
  ({ source, msgType }) =>
    source && msgType !== 'Result'
      ? at(source, '5', `IncidentSource stands in a Result only, and this message is a ${msgType}.`)
      : undefined,
  ({ policy, source, msgType }) =>
    msgType === 'Result' && source === undefined
      ? at(policy, '6.3', 'A Result needs an IncidentSource behind RIDPolicy, with SourceFound.')
      : undefined,
  ({ policy, toSource, msgType }) =>
    toSource && msgType !== 'InvestigationRequest'
      ? at(policy, '5.1', `Only an InvestigationRequest goes to SourceOfIncident, and this message is a ${msgType}.`)
      : undefined,
  ({ toSource, names: [name] }) =>
    toSource && name
      ? at(name, '5.1', "To SourceOfIncident, Node is the source's address and has no NodeName.")
      : undefined,
  ({ node, toSource, addresses }) =>
    toSource && node && addresses.length === 0
      ? at(node, '5.1', "To SourceOfIncident, Node needs an Address: the source's.")
      : undefined,
  ({ policy, isEmpty, msgType }) =>
    REQUESTS.includes(msgType) && isEmpty ? at(policy, '6.1', `A ${msgType} needs an IODEF-Document.`) : undefined,
]
