import { contentModel } from '../iodef/content-model.ts'
import { type Needed, reasonsOf, strictest } from '../iodef/restriction.ts'
import { isWhole } from '../iodef/whole.ts'
import { couldBeCopy } from '../profile/broker-copy.ts'
import { readFileSharing } from '../profile/file-sharing.ts'
import { type ItemParts, isQuestionElement, itemParts, xep0268Item } from '../profile/item.ts'
import { isAlone, isAt, placeOf } from '../profile/place.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import { policyOf, readPolicy, renderMessage } from '../rid/message.ts'
import { ANY_NODE } from '../rid/node.ts'
import { decode } from '../xml/decode.ts'
import { isAdoptedType } from '../xml/foreign-content.ts'
import type { Schema } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { isUnsettledType, normalForm } from '../xml/normal-form.ts'
import { scan } from '../xml/parse-tree.ts'
import { elements, findIn, type XmlAttribute, type XmlElement } from '../xml/tree.ts'
import { type Checked, checkText } from './check-text.ts'
import type { DocumentReading } from './document.ts'
import { type Inspection, type ItemReading, inspectionOf, nameOf, type ReadOptions, refused } from './inspection.ts'
import { readChecked, readText } from './read-text.ts'
import { repairText } from './repair-text.ts'
import { sourceText } from './source-text.ts'
import { wholeOf } from './whole-document.ts'

/** What every text that an item holds is read with, again, as a document of its own. */
interface Means {
  readonly schemas: ReadonlyMap<string, Schema>
  readonly options: ReadOptions
}

/** What is known of a plain item ahead: its Incident in normal form, and the document that this makes. */
interface PlainItem {
  readonly visible: string
  /** undefined: it has to be read on its own */
  rebuild(parts: ItemParts, options: ReadOptions): Inspection | undefined
}

/** An XEP-0268 payload that its schema has accepted. Throws DocumentLimit. */
export function readItem(
  schemas: Means['schemas'],
  checked: Checked,
  options: ReadOptions,
  plain?: PlainItem,
): Inspection {
  const { root, format, facts } = checked
  const found = itemParts(root)
  if (found === undefined) {
    const message = `"${nameOf(root)}" holds no Incident.`
    return refused(format, root, [{ line: root.line, column: root.column, message }], 1)
  }
  // what is asked for is told of each question; of the others where somebody wants to know
  const terms = options.terms === true || isQuestionElement(found.element)
  const means = { schemas, options: { ...options, terms, part: false } }
  const visible = plain?.visible ?? visibleIn(found, facts.unsettledType)
  const original = readOriginal(means, found, visible)
  const parts = original === undefined ? placed(found, visible) : found
  const inside = original === undefined ? wholeInside(means, parts, visible) : undefined
  const rebuilt =
    original ??
    inside ??
    plain?.rebuild(parts, means.options) ??
    rebuild(means, parts, writtenAs(checked, found, visible))
  if (!rebuilt.valid || rebuilt.document === null) return { ...rebuilt, format, root: nameOf(root) }
  const signed = readSignatures(means, parts, rebuilt.document)
  const { element, position, items, list, exchange } = parts
  const around = { ...readAround(means, parts), signatures: signed.signatures }
  const shown = inside === undefined ? {} : { shown: visible }
  const file = found.fileSharing === null ? {} : { file: readFileSharing(found.fileSharing) }
  const item: ItemReading = { element, ...shown, position, items, list, exchange, ...around, ...file }
  // what is seen and what is carried both count: a publisher may have made them differ
  const needed = strictest([facts.needed, rebuilt.document.needed, signed.needed])
  const reasons = { ...rebuilt.document.reasons, ...reasonsOf(facts.askers) }
  return inspectionOf(checked, { rid: null, item, document: { ...rebuilt.document, needed, reasons } })
}

/**
 * The Incident in normal form: that which it was published in, where the item came with what says so. A Broker that gives an element a
 * prefix makes an xsi:type without one name something else, and no normal form has that.
 */
function visibleIn(parts: ItemParts, unsettledType: boolean): string {
  const { element, incident, original } = parts
  const seen = normalForm(incident, contentModel)
  if (!unsettledType) return seen
  const published = normalForm(incident, contentModel, undefined, true)
  if (original === null && isAlone(parts)) return hasAdoptedTypes(incident) ? published : seen
  return original !== null || isAt(parts, xep0268Item(element, published).id) ? published : seen
}

/** All types that are named are of IODEF's own elements, which a server gave prefixes: the names had a default namespace before. */
function hasAdoptedTypes(incident: XmlElement): boolean {
  const another = findIn(incident, (element) => {
    const isAdopted = (a: XmlAttribute) => element.ns === incident.ns && isAdoptedType(a, element)
    return element.attributes.some((a) => isUnsettledType(element, a) && !isAdopted(a))
  })
  return another === undefined
}

/** An item that is not in its own list of items is a document of its own: it must not stand for, nor pull in, others. */
function placed(parts: ItemParts, visible: string): ItemParts {
  if (isAlone(parts)) return parts
  return { ...parts, ...placeOf(parts, xep0268Item(parts.element, visible).id) }
}

/** The document that the item carries beside its Incident, if it is valid and what the item shows is its part in it. */
function readOriginal({ schemas, options }: Means, parts: ItemParts, visible: string): Inspection | undefined {
  if (parts.original === null || parts.original === '') return undefined
  // it would have to show all that the list names, and nobody can tell
  if (parts.items.length === 0 && !isAlone(parts)) return undefined
  const decoded = decode(Buffer.from(parts.original, 'base64'), 'utf-8')
  if (!decoded.ok) return undefined
  // what was repaired at the door is repaired in the same way again, or nothing but kept
  const text = parts.repaired ? repairText(schemas, decoded.text)?.text : decoded.text
  if (text === undefined) return undefined
  const inner = readText(schemas, text, options)
  if (inner.document === null || inner.rid !== null) return undefined
  const { version, upgraded } = inner.document
  const document = version === 1 && parts.incident.ns === NS.iodef2 ? upgraded : inner.document
  if (document === null || 'invalid' in document || !shows(parts, visible, document)) return undefined
  if (parts.repaired) return { ...inner, document }
  // without a declaration or comments around it, which could not stand inside a RID message
  const { start, end } = scan(decoded.text)
  const reason = document.original?.reason ?? 'characters'
  return { ...inner, document: { ...document, original: { text: decoded.text.slice(start, end), reason, version } } }
}

/** Anybody may have written the item: it must name all Incidents of the document, and show the one at its place. */
function shows(parts: ItemParts, visible: string, { incidents, fragile }: DocumentReading): boolean {
  const own = incidents[parts.position - 1]
  if (own === undefined || incidents.length !== Math.max(1, parts.items.length)) return false
  const ids = incidents.map((incident) => xep0268Item(parts.element, incident.xml).id)
  if (parts.items.length > 0 && ids.join() !== parts.items.join()) return false
  return own.xml === visible || (fragile && couldBeCopy(scan(own.xml), scan(visible)))
}

/** What the context says of the RID message, if such a message would be valid: anybody may have written it. */
function readAround({ schemas, options }: Means, parts: ItemParts): Pick<ItemReading, 'policy' | 'incidentSource'> {
  const policy = parts.policy === null ? null : readPolicy(parts.policy)
  const incidentSource = parts.incidentSource === null ? null : normalForm(parts.incidentSource, contentModel)
  if (policy === null && incidentSource === null) return { policy, incidentSource }
  const placeholder = policyOf('Report', 'PeerToPeer', 'Network', ANY_NODE, null)
  const message = renderMessage(policy ?? placeholder, null, incidentSource)
  const { valid } = readText(schemas, message, options)
  return valid ? { policy, incidentSource } : { policy: null, incidentSource: null }
}

/** The Signatures that the item carries, if a RID message with them and the original is valid. */
function readSignatures(
  { schemas, options }: Means,
  parts: ItemParts,
  { original, needed }: DocumentReading,
): { readonly signatures: readonly string[]; readonly needed: Needed } {
  const none = { signatures: [], needed }
  if (parts.signatures.length === 0 || original === null) return none
  const signatures = parts.signatures.map((base64) => Buffer.from(base64, 'base64').toString('utf8'))
  const { text: xml, version } = original
  const policy = policyOf('Report', 'PeerToPeer', 'Network', ANY_NODE, null)
  const inner = readText(schemas, renderMessage(policy, { xml, version, signatures }), options)
  if (inner.document === null || inner.rid?.signatures.join() !== signatures.join()) return none
  return { signatures, needed: inner.document.needed }
}

/** The Incident as whoever published it wrote it, where the normal form would lose what its types name and the Broker has not. */
function writtenAs({ text, root, facts }: Checked, { incident }: ItemParts, visible: string): string {
  if (!facts.unsettledType || hasLostType(incident) || hasAdoptedTypes(incident)) return visible
  return sourceText(text, root, incident, visible) ?? visible
}

/** A prefix that nobody declares any more names nothing. */
function hasLostType(incident: XmlElement): boolean {
  const isLost = ({ typeNs, value }: XmlAttribute) => typeNs === '' && value.includes(':')
  return findIn(incident, ({ attributes }) => attributes.some(isLost)) !== undefined
}

/** The IODEF 2 document that travels along in an IODEF 1 Incident, where that was made of it; refused where they contradict each other. */
function wholeInside({ schemas, options }: Means, parts: ItemParts, visible: string): Inspection | undefined {
  // most have none, and need not be read once more for that
  if (parts.incident.ns !== NS.iodef1 || !elements(parts.incident).some(isWhole)) return undefined
  const checked = checkText(schemas, joinDocument(plainShell(NS.iodef1), [visible]), { ...options, part: true })
  const whole = checked.ok ? wholeOf(schemas, checked, options, 'Incident') : undefined
  if (whole?.kind === 'contradiction') return refused('XEP-0268', parts.incident, [whole.error], 1)
  return whole?.kind === 'back' ? readChecked(schemas, whole.checked, options) : undefined
}

/** The Incident back in its IODEF-Document, judged as such. */
function rebuild({ schemas, options }: Means, parts: ItemParts, incident: string): Inspection {
  const shell = parts.shell === null ? plainShell(parts.incident.ns) : normalForm(parts.shell, contentModel, isIncident)
  return readText(schemas, joinDocument(shell, [incident]), { ...options, part: !isAlone(parts) })
}

function isIncident(element: XmlElement): boolean {
  return element.local === 'Incident' && (element.ns === NS.iodef2 || element.ns === NS.iodef1)
}

function plainShell(ns: string): string {
  return ns === NS.iodef1 ? `<IODEF-Document xmlns="${ns}" version="1.00" lang="en"></IODEF-Document>` : PLAIN_SHELL
}
