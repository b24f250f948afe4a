import { type ItemParts, readItem, xep0268Item } from '../grid/item.ts'
import { contentModel } from '../iodef/content-model.ts'
import { incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { type Needed, neededFor, strictest } from '../iodef/restriction.ts'
import { policyOf, readPolicy, renderMessage } from '../rid/message.ts'
import { decode } from '../xml/decode.ts'
import { NS } from '../xml/names.ts'
import { normalForm } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'
import { type DocumentReading, type IncidentReading, joinDocument, PLAIN_SHELL } from './document.ts'
import { type Inspection, type ItemReading, refused } from './inspection.ts'

/** Reads a text as a document of its own, or as `part` of one, with the options of the item that it came in. */
export type Read = (text: string, part: boolean) => Inspection

/** An XEP-0268 payload that its schema has accepted: `result` is what is known of it so far. */
export function readXep0268(root: XmlElement, result: Inspection, read: Read): Inspection {
  const parts = readItem(root)
  if (parts === undefined) {
    const message = `"${root.local.slice(0, 60)}" holds no Incident.`
    return refused('XEP-0268', result.root, [{ line: root.line, column: root.column, message }], 1)
  }
  const original = readOriginal(parts, read)
  const rebuilt = original ?? rebuild(parts, read)
  if (!rebuilt.valid || rebuilt.document === null) return { ...rebuilt, format: 'XEP-0268', root: result.root }
  const signed = readSignatures(parts, rebuilt.document, read)
  const item: ItemReading = {
    element: parts.element,
    position: parts.position,
    items: parts.items,
    ...readEnvelope(parts, read),
    signatures: signed.signatures,
  }
  // what is seen and what is carried both count: a publisher may have made them differ
  const needed = strictest([neededFor(root), rebuilt.document.needed, signed.needed])
  return { ...result, item, document: { ...rebuilt.document, needed } }
}

/** The document that the item carries beside its Incident, if it is valid and really holds this Incident. */
function readOriginal(parts: ItemParts, read: Read): Inspection | undefined {
  if (parts.original === null || parts.original === '') return undefined
  const decoded = decode(Buffer.from(parts.original, 'base64'), 'utf-8')
  if (!decoded.ok) return undefined
  const inner = read(decoded.text, false)
  if (!inner.valid || inner.document === null || inner.rid !== null || inner.item !== null) return undefined
  const document = shownOf(parts, inner.document)
  if (document === undefined) return undefined
  const reason = document.original?.reason ?? 'characters'
  const { version } = inner.document
  return { ...inner, document: { ...document, original: { text: decoded.text, reason, version } } }
}

/** The carried document in the version that the item shows, or undefined when it shows something else. */
function shownOf(parts: ItemParts, carried: DocumentReading): DocumentReading | undefined {
  const visible = normalForm(parts.incident, contentModel)
  if (carried.version === 1 && parts.incident.ns === NS.iodef2) {
    const { upgraded } = carried
    return upgraded !== null && !('invalid' in upgraded) && isUpgrade(parts, visible, upgraded) ? upgraded : undefined
  }
  const matches =
    carried.incidents.some((incident) => incident.xml === visible) ||
    (parts.items.length > 0
      ? idsOf(parts, carried).join() === parts.items.join()
      : sameIncident(carried.incidents[0], parts.incident))
  return matches ? carried : undefined
}

/** Anybody can upgrade, so there is no excuse for a difference, unless a Broker may have changed what is seen. */
function isUpgrade(parts: ItemParts, visible: string, upgraded: DocumentReading): boolean {
  const own = upgraded.incidents[parts.position - 1]
  const shown = upgraded.fragile ? sameIncident(own, parts.incident) : own?.xml === visible
  const whole =
    parts.items.length > 0 ? idsOf(parts, upgraded).join() === parts.items.join() : upgraded.incidents.length === 1
  return shown && whole
}

function idsOf(parts: ItemParts, { incidents }: DocumentReading): string[] {
  return incidents.map((incident) => xep0268Item(parts.element, incident.xml).id)
}

/** What the context says of the RID message, if such a message would be valid: anybody may have written it. */
function readEnvelope(parts: ItemParts, read: Read): Pick<ItemReading, 'policy' | 'incidentSource'> {
  const policy = parts.policy === null ? null : readPolicy(parts.policy)
  const incidentSource = parts.incidentSource === null ? null : normalForm(parts.incidentSource, contentModel)
  if (policy === null && incidentSource === null) return { policy, incidentSource }
  const placeholder = policyOf('Report', 'PeerToPeer', 'Attack', 'x', null)
  const valid = read(renderMessage(policy ?? placeholder, null, incidentSource), false).valid
  return valid ? { policy, incidentSource } : { policy: null, incidentSource: null }
}

/** The Signatures that the item carries, if a RID message with them and the original is valid. */
function readSignatures(
  parts: ItemParts,
  { original, needed }: DocumentReading,
  read: Read,
): { readonly signatures: readonly string[]; readonly needed: Needed } {
  const none = { signatures: [], needed }
  if (parts.signatures.length === 0 || original === null) return none
  const signatures = parts.signatures.map((base64) => Buffer.from(base64, 'base64').toString('utf8'))
  const message = renderMessage(policyOf('Report', 'PeerToPeer', 'Attack', 'x', null), {
    xml: original.text,
    version: original.version,
    signatures,
  })
  const inner = read(message, false)
  if (inner.document === null || inner.rid?.signatures.join() !== signatures.join()) return none
  return { signatures, needed: inner.document.needed }
}

function sameIncident(incident: IncidentReading | undefined, visible: XmlElement): boolean {
  const id = incidentIdOf(visible)
  return incident !== undefined && id !== undefined && incident.key === incidentKey(id)
}

/** The Incident back in its IODEF-Document, judged as such. */
function rebuild(parts: ItemParts, read: Read): Inspection {
  const shell = parts.shell === null ? plainShell(parts.incident.ns) : normalForm(parts.shell, contentModel, isIncident)
  return read(joinDocument(shell, [normalForm(parts.incident, contentModel)]), parts.items.length > 1)
}

function isIncident(element: XmlElement): boolean {
  return element.local === 'Incident' && (element.ns === NS.iodef2 || element.ns === NS.iodef1)
}

function plainShell(ns: string): string {
  return ns === NS.iodef1 ? `<IODEF-Document xmlns="${ns}" version="1.00" lang="en"></IODEF-Document>` : PLAIN_SHELL
}
