import type { Config, PeerConfig } from '../config/types.ts'
import { missingFrom, type Reasons } from '../iodef/restriction.ts'
import { joinDocument } from '../profile/shell.ts'
import type { OutgoingMessage } from '../rid/contract.ts'
import { nodeOf, policyOf, type RidPolicy, renderMessage } from '../rid/message.ts'
import type { Part } from './part.ts'

/**
 * Why the peer may not have it now, or undefined. Asked when an item comes in, and again before it goes out, when nobody knows any more
 * which element asks for what.
 */
export function withheldFrom(
  peer: PeerConfig,
  topic: string,
  { msgType, needed }: Pick<Part, 'msgType' | 'needed'>,
  reasons: Reasons = {},
): string | undefined {
  if (!peer.topics.includes(topic)) return `Topic ${topic} is not listed for ${peer.name}`
  // whoever may publish on a Topic would have the gateway ask for anything, in its own name
  if (!peer.send.includes(msgType)) return `a ${msgType}: "send" of ${peer.name} does not list it`
  const missing = missingFrom(peer.restrictions, needed)
  if (missing === undefined) return undefined
  const why = reasons[missing] === undefined ? '' : `: ${reasons[missing]}`
  return `restriction: the document counts as "${missing}", which ${peer.name} may not be sent${why}`
}

/**
 * The RID message for the parts of one document (in document order, `complete` when none is lacking): the document as it came
 * to the grid, its RIDPolicy or the peer's defaults, this gateway as the RID system (RFC 6545 §5.1, §5.5).
 */
export function renderRid(
  config: Pick<Config, 'rid'>,
  peer: PeerConfig,
  parts: readonly Part[],
  complete: boolean,
): OutgoingMessage {
  const first = parts[0]
  if (first === undefined) throw new Error('nothing to render')
  const signed = parts.find((part) => part.original !== null)
  const original = signed?.original ?? null
  const signatures = complete ? (signed?.signatures ?? []) : []
  const incidents = parts.flatMap((part) => part.incidents)
  const document =
    original !== null && complete
      ? { xml: original, version: signed?.originalVersion ?? first.version }
      : { xml: joinDocument(first.shell, incidents), version: first.version }
  const own = policyOf(first.msgType, peer.policy.region, peer.policy.traffic, config.rid.name, first.id)
  const policy = first.policy === null ? own : adopt(first.policy, own, config.rid.name)
  return { xml: renderMessage(policy, { ...document, signatures }, first.incidentSource), msgType: first.msgType }
}

/** The policy the message came with, but sent by us: unless its Node is the incident's source, Node is this RID system. */
function adopt(came: RidPolicy, own: RidPolicy, name: string): RidPolicy {
  const toSource = came.attributes.MsgDestination === 'SourceOfIncident'
  return {
    attributes: { ...came.attributes, MsgType: own.attributes.MsgType ?? '' },
    regions: came.regions.length > 0 ? came.regions : own.regions,
    node: toSource && came.node !== '' ? came.node : nodeOf(name),
    traffic: came.traffic.length > 0 ? came.traffic : own.traffic,
    incidentId: came.incidentId ?? own.incidentId,
  }
}
