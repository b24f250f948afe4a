import type { IncidentId } from '../iodef/incident-id.ts'
import type { Needed, Reasons } from '../iodef/restriction.ts'
import { itemId, xep0268Item } from '../profile/item.ts'
import { typeOf } from '../profile/msg-types.ts'
import { isAlone } from '../profile/place.ts'
import { PLAIN_SHELL } from '../profile/shell.ts'
import { variantOf } from '../profile/variant.ts'
import type { DocumentReading } from '../reading/document.ts'
import type { Inspection, ItemReading } from '../reading/inspection.ts'
import type { RidPolicy } from '../rid/message.ts'
import type { MsgType } from '../vocabulary.ts'

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
  /** ids of all items of the document, in order; empty when this is all of it, or `list` names them */
  readonly items: readonly string[]
  /**
   * the place, from 1, in a list of that name (docs/grid-profile.md §4.1): the group of its delivery has the list, once an item of
   * the document came with it
   */
  readonly list?: { readonly name: string; readonly position: number }
  /** a route leads it here from a participant, and no Topic */
  readonly routed?: true
}

/** An item as deliveries need it: `item` is the id that its Incident has, whatever the publisher called it. */
export interface Consumed {
  readonly item: string
  /** tells it from others with this id: variant.ts */
  readonly variant: string
  readonly incident: string
  readonly incidents: readonly string[]
  readonly part: Part
  /** the ids in the list that the part names, if its item has them */
  readonly listed?: readonly string[]
  /** why the part needs what it does */
  readonly reasons: Reasons
}

/** What a valid item says, or undefined when it is no IODEF (both shapes, on any Topic). */
export function consumedFrom({ item, document, format }: Inspection): Consumed | undefined {
  if (document === null || format === 'RID') return undefined
  return item === null ? ofDocument(document) : ofItem(item, document)
}

/** A bare IODEF-Document: a Report, as it stands. */
function ofDocument(document: DocumentReading): Consumed | undefined {
  const [first] = document.incidents
  if (first === undefined) return undefined
  // what the normal form cannot keep: a signature, what a type names
  const { original } = document
  const kept = original === null || original.text === document.xml ? null : original
  return {
    item: itemId(document.xml),
    variant: '',
    reasons: document.reasons,
    incident: first.key,
    incidents: document.incidents.map(({ key }) => key),
    part: {
      version: document.version,
      msgType: typeOf('report', undefined),
      policy: null,
      incidentSource: null,
      shell: document.shell ?? PLAIN_SHELL,
      incidents: document.incidents.map(({ xml }) => xml),
      original: kept?.text ?? null,
      ...(kept !== null && { originalVersion: kept.version }),
      signatures: [],
      id: first.id,
      needed: document.needed,
      items: [],
    },
  }
}

/** An XEP-0268 item: one Incident, and maybe a place in a document of several. */
function ofItem(item: ItemReading, document: DocumentReading): Consumed | undefined {
  const several = !isAlone(item)
  // with an original the document is whole, and this item is one place in it
  const at = several && document.incidents.length > 1 ? item.position - 1 : 0
  const own = document.incidents[at] ?? document.incidents[0]
  if (own === undefined) return undefined
  // what was put together from this item alone stands for this item alone
  const whole = !several || document.incidents.length === item.items.length
  const original = whole ? document.original : null
  const msgType = typeOf(item.element, item.policy?.attributes.MsgType)
  const { incidentSource, signatures, items, list, position } = item
  return {
    item: xep0268Item(item.element, item.shown ?? own.xml, '', item.exchange?.id).id,
    variant: variantOf({
      msgType: msgType === typeOf(item.element, undefined) ? undefined : msgType,
      shell: document.shell,
      restriction: item.policy?.attributes.restriction,
      incidentSource,
      original: original?.text ?? null,
      signatures,
    }),
    reasons: document.reasons,
    incident: own.key,
    incidents: [own.key],
    ...(list !== null && { listed: items }),
    part: {
      version: document.version,
      msgType,
      policy: item.policy,
      incidentSource,
      shell: document.shell ?? PLAIN_SHELL,
      incidents: [own.xml],
      original: original?.text ?? null,
      ...(original !== null && { originalVersion: original.version }),
      signatures,
      id: own.id,
      needed: document.needed,
      items: list === null ? items : [],
      ...(list !== null && { list: { name: list.name, position } }),
    },
  }
}
