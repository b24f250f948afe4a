import type { Config, MsgType, PeerConfig } from '../config/types.ts'
import type { IncidentId } from '../iodef/incident-id.ts'
import { missingFrom, type Needed } from '../iodef/restriction.ts'
import { type IncidentElement, itemId, xep0268Item } from '../profile/item.ts'
import { typeOf } from '../profile/msg-types.ts'
import { variantOf } from '../profile/variant.ts'
import { joinDocument, PLAIN_SHELL } from '../reading/document.ts'
import type { Inspection } from '../reading/inspection.ts'
import { nodeOf, policyOf, type RidPolicy, renderMessage } from '../rid/message.ts'

/** What a delivery to a RID peer keeps until it is rendered: one Incident of a Topic, or one whole document. */
export interface Part {
  /** of shell and Incidents */
  readonly version: 1 | 2
  readonly msgType: MsgType
  readonly policy: RidPolicy | null
  readonly incidentSource: string | null
  /** the IODEF-Document around it, in normal form */
  readonly shell: string
  /** Incidents in normal form: one for an XEP-0268 item, all for a bare IODEF-Document */
  readonly incidents: readonly string[]
  /** goes out as it is, in place of shell and Incidents, when the document is complete */
  readonly original: string | null
  /** of the original, where it is another: an IODEF 1 document shown as IODEF 2 */
  readonly originalVersion?: 1 | 2
  /** Signatures beside the document, which speak of the original */
  readonly signatures: readonly string[]
  readonly id: IncidentId
  readonly needed: Needed
  /** ids of all items of the document, in order; empty when this is all of it */
  readonly items: readonly string[]
}

/** An item as deliveries need it: `item` is the id its content has, whatever the publisher called it. */
export interface Consumed {
  readonly item: string
  /** tells it from others with this id: variant.ts */
  readonly variant: string
  readonly incident: string
  readonly incidents: readonly string[]
  readonly part: Part
}

/** What a valid item says, or undefined when it is no IODEF (design §5: both shapes, on any Topic). */
export function consumedFrom(inspection: Inspection): Consumed | undefined {
  const { item, document, format } = inspection
  if (document === null || format === 'RID') return undefined
  const element: IncidentElement = item?.element ?? 'report'
  const several = item !== null && item.items.length > 1
  // with an original the document is whole, and this item is one place in it
  const at = several && document.incidents.length > 1 ? item.position - 1 : 0
  const own = document.incidents[at] ?? document.incidents[0]
  if (own === undefined) return undefined
  // what was put together from this item alone stands for this item alone
  const whole = item !== null && (!several || document.incidents.length === item.items.length)
  const original = whole ? document.original : null
  const incidents = item === null ? document.incidents.map((incident) => incident.xml) : [own.xml]
  const msgType = typeOf(element, item?.policy?.attributes.MsgType)
  const besides = {
    msgType: msgType === typeOf(element, undefined) ? undefined : msgType,
    shell: document.shell,
    restriction: item?.policy?.attributes.restriction,
    incidentSource: item?.incidentSource ?? null,
    original: original?.text ?? null,
    signatures: item?.signatures ?? [],
  }
  return {
    item: item === null ? itemId(document.xml) : xep0268Item(element, own.xml).id,
    variant: item === null ? '' : variantOf(besides),
    incident: own.key,
    incidents: (item === null ? document.incidents : [own]).map((incident) => incident.key),
    part: {
      version: document.version,
      msgType,
      policy: item?.policy ?? null,
      incidentSource: item?.incidentSource ?? null,
      shell: document.shell ?? PLAIN_SHELL,
      incidents,
      original: original?.text ?? null,
      ...(original !== null && { originalVersion: original.version }),
      signatures: item?.signatures ?? [],
      id: own.id,
      needed: document.needed,
      items: several ? item.items : [],
    },
  }
}

/** Why the peer may not have it now, or undefined. Asked when an item comes in, and again before it goes out. */
export function withheldFrom(peer: PeerConfig, topic: string, needed: Needed): string | undefined {
  if (!peer.topics.includes(topic)) return `Topic ${topic} is not listed for ${peer.name}`
  const missing = missingFrom(peer.restrictions, needed)
  return missing === undefined
    ? undefined
    : `restriction: the document counts as "${missing}", which ${peer.name} may not be sent`
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
): string {
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
  return renderMessage(policy, { ...document, signatures }, first.incidentSource)
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
