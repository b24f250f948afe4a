import type { PeerConfig } from '../config/types.ts'
import { missingFrom, type Reasons } from '../iodef/restriction.ts'
import { joinDocument } from '../profile/shell.ts'
import type { OutgoingMessage } from '../rid/contract.ts'
import { policyOf, type RidPolicy, renderMessage, SOURCE_NOT_FOUND } from '../rid/message.ts'
import { nodeOf, type RidSystem } from '../rid/node.ts'
import type { OutgoingDocument } from './in-version.ts'
import type { Part } from './part.ts'

/**
 * Why the peer may not have it now, or undefined. Asked when an item comes in, and again before it goes out, when nobody knows any more
 * which element asks for what.
 */
export function withheldFrom(
  peer: PeerConfig,
  topic: string,
  { msgType, needed, routed }: Pick<Part, 'msgType' | 'needed' | 'routed'>,
  reasons: Reasons = {},
): string | undefined {
  if (routed !== true && !peer.topics.includes(topic)) return `Topic ${topic} is not listed for ${peer.name}`
  // whoever may publish on a Topic would have the gateway ask for anything, in its own name
  if (!peer.send.includes(msgType)) return `a ${msgType}: "send" of ${peer.name} does not list it`
  const missing = missingFrom(peer.restrictions, needed)
  if (missing === undefined) return undefined
  const why = reasons[missing] === undefined ? '' : `: ${reasons[missing]}`
  return `restriction: the document counts as "${missing}", which ${peer.name} may not be sent${why}`
}

/**
 * The RID message for the parts of one document (in document order, `complete` when none is lacking): the document as it came
 * to the grid, its RIDPolicy or the peer's defaults, the peer as the RID system that it is for (RFC 6545 §5.1, §5.5).
 */
export function renderRid(
  peer: PeerConfig,
  parts: readonly Part[],
  complete: boolean,
  document: OutgoingDocument = documentOf(parts, complete),
): OutgoingMessage {
  const first = firstOf(parts)
  const { msgType } = first
  // RFC 6545 §5, §6.3: a Result has one, and nothing else
  const source = msgType === 'Result' ? (first.incidentSource ?? SOURCE_NOT_FOUND) : null
  const write = (to: RidSystem) => {
    const own = policyOf(msgType, peer.policy.region, peer.policy.traffic, nodeOf(to), first.id)
    const policy = first.policy === null ? own : adopt(first.policy, own)
    return renderMessage(policy, document, source)
  }
  return { write, msgType }
}

/** What the parts are together: the document as it came to the grid, or, where some are lacking, those that are there. */
export function documentOf(parts: readonly Part[], complete: boolean): OutgoingDocument {
  const first = firstOf(parts)
  const signed = parts.find((part) => part.original !== null)
  const original = signed?.original ?? null
  const signatures = complete ? (signed?.signatures ?? []) : []
  if (original !== null && complete) {
    return { xml: original, version: signed?.originalVersion ?? first.version, signatures }
  }
  const incidents = parts.flatMap((part) => part.incidents)
  return { xml: joinDocument(first.shell, incidents), version: first.version, signatures }
}

function firstOf([first]: readonly Part[]): Part {
  if (first === undefined) throw new Error('nothing to render')
  return first
}

/** The policy that the message came with, to another system: unless an InvestigationRequest names the source of its incident. */
function adopt(came: RidPolicy, own: RidPolicy): RidPolicy {
  const { MsgType = '' } = own.attributes
  const toSource = came.attributes.MsgDestination === 'SourceOfIncident'
  const keepsNode = toSource && MsgType === 'InvestigationRequest' && came.node !== ''
  return {
    attributes: { ...came.attributes, MsgType, ...(toSource && !keepsNode && { MsgDestination: 'RIDSystem' }) },
    regions: came.regions.length > 0 ? came.regions : own.regions,
    node: keepsNode ? came.node : own.node,
    traffic: came.traffic.length > 0 ? came.traffic : own.traffic,
    incidentId: came.incidentId ?? own.incidentId,
  }
}
