import { hash } from 'node:crypto'
import { NS } from '../xml/namespaces.ts'
import { escapeAttribute } from '../xml/normal-form.ts'
import { attribute, child, elements, text, type XmlElement } from '../xml/tree.ts'
import { type Place, placeIn, renderPlace } from './place.ts'

/** XEP-0268 §2: the four wrappers of an Incident. */
export const ELEMENTS = ['report', 'inquiry', 'request', 'response'] as const
export type IncidentElement = (typeof ELEMENTS)[number]

/** A payload ready to publish: `id` is the SHA-256 of its normal form without context (docs/grid-profile.md). */
export interface Item {
  readonly id: string
  readonly xml: string
}

/** The id of the item with this normal form: hex SHA-256 of its UTF-8. */
export function itemId(normalForm: string): string {
  return hash('sha256', normalForm, 'hex')
}

/** Where another stands under `id`: the id of what says something else beside the same Incident (`variant`, from variantOf). */
export function itemIdApart(id: string, variant: string): string {
  return itemId(`${id} ${variant}`)
}

/**
 * An XEP-0268 element around one Incident, both in normal form, with our context behind it where there is one. `exchange`: the id of the
 * exchange that its context names. The same question of two askers, or of two days, is two.
 */
export function xep0268Item(element: IncidentElement, incident: string, context = '', exchange = ''): Item {
  return { id: elementId(element, incident, exchange), xml: elementText(element, incident, context) }
}

/** The id of the same item, which its context has no part of. */
export function elementId(element: IncidentElement, incident: string, exchange = ''): string {
  const named = isQuestionElement(element) ? exchange : ''
  return itemId(elementText(element, incident) + named)
}

/** Its text. */
export function elementText(element: IncidentElement, incident: string, context = ''): string {
  return `<${element} xmlns="${NS.incident}">${incident}${context}</${element}>`
}

/** What asks, and is answered by an item of its own. */
export function isQuestionElement(element: IncidentElement): boolean {
  return element === 'inquiry' || element === 'request'
}

/** The exchange that a question opened, and that its answers belong to. What it says lets nobody in. */
export interface ExchangeMark {
  /** 22 characters of base64url */
  readonly id: string
  /** who asks: a DNS name; in a question */
  readonly from?: string
  /** RFC 3339, in a question: later answers reach nobody */
  readonly expires?: string
}

/** Why the document itself travels along. `repaired`: as it came, to be kept; what counts is what is seen */
export type CarriedReason = 'signature' | 'characters' | 'version' | 'repaired'

/** What an Incident alone would lose: docs/grid-profile.md says what each part is for. */
export interface Context extends Place {
  /** the IODEF-Document element without its Incidents, in normal form; null when that is plain */
  readonly shell: string | null
  /** RIDPolicy without ReportSchema, in normal form */
  readonly policy: string | null
  readonly incidentSource: string | null
  /**
   * the document itself, base64, where a Broker, the normal form or an upgrade changes it: in the first item, or in each where
   * it is a Broker
   */
  readonly original: { readonly base64: string; readonly reason: CarriedReason } | null
  /** base64 of each Signature beside the document in its RID message; in the first item only */
  readonly signatures: readonly string[]
  readonly exchange?: ExchangeMark | undefined
}

/** The context element, or '' when nothing would be lost without it. */
export function renderContext(context: Context): string {
  const { shell, policy, incidentSource, original, signatures, exchange } = context
  const place = renderPlace(context)
  const parts = [shell, policy, incidentSource, original]
  if (place === '' && exchange === undefined && parts.every((part) => part === null)) return ''
  return [
    `<context xmlns="${NS.context}"${place}>`,
    exchange === undefined ? '' : renderExchange(exchange),
    shell === null ? '' : `<document>${shell}</document>`,
    policy === null && incidentSource === null ? '' : `<rid>${policy ?? ''}${incidentSource ?? ''}</rid>`,
    original === null ? '' : `<original reason="${original.reason}">${original.base64}</original>`,
    ...signatures.map((base64) => `<signature>${base64}</signature>`),
    '</context>',
  ].join('')
}

function renderExchange({ id, from, expires }: ExchangeMark): string {
  const attributes = Object.entries({ id, from, expires }).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${escapeAttribute(value)}"`],
  )
  return `<exchange${attributes.join('')}></exchange>`
}

function readExchange(context: XmlElement | undefined): ExchangeMark | null {
  const element = context && child(context, NS.context, 'exchange')
  const [id, from, expires] = ['id', 'from', 'expires'].map((name) => element && attribute(element, name)?.trim())
  if (id === undefined || !/^[A-Za-z0-9_-]{22}$/.test(id)) return null
  return { id, ...(from !== undefined && { from }), ...(expires !== undefined && { expires }) }
}

/** The parts of an XEP-0268 payload, found but not yet judged. */
export interface ItemParts extends Place {
  readonly element: IncidentElement
  readonly incident: XmlElement
  readonly shell: XmlElement | null
  readonly policy: XmlElement | null
  readonly incidentSource: XmlElement | null
  /** base64 */
  readonly original: string | null
  /** the original had to be repaired before it could be read */
  readonly repaired: boolean
  /** base64 */
  readonly signatures: readonly string[]
  readonly exchange: ExchangeMark | null
  /** what the item shows is a stub: the rest is a file */
  readonly fileSharing: XmlElement | null
}

/** Undefined when this is no XEP-0268 element around exactly one Incident. A context that is not ours or not whole is ignored. */
export function itemParts(root: XmlElement): ItemParts | undefined {
  const element = ELEMENTS.find((name) => name === root.local)
  const incidents = elements(root).filter((e) => e.local === 'Incident' && (e.ns === NS.iodef2 || e.ns === NS.iodef1))
  const incident = incidents[0]
  if (root.ns !== NS.incident || element === undefined || incident === undefined || incidents.length > 1)
    return undefined
  const context = child(root, NS.context, 'context')
  const exchange = readExchange(context)
  // a question is a document of its own
  const isAlone = exchange !== null && isQuestionElement(element)
  const part = (local: string, ns: string = NS.context) => context && child(context, ns, local)
  const [rid, document] = [part('rid'), part('document')]
  return {
    element,
    incident,
    ...placeIn(isAlone ? undefined : context),
    shell: (document && child(document, incident.ns, 'IODEF-Document')) ?? null,
    policy: (rid && child(rid, NS.rid, 'RIDPolicy')) ?? null,
    incidentSource: (rid && child(rid, NS.rid, 'IncidentSource')) ?? null,
    ...originalIn(context),
    signatures: (context === undefined ? [] : elements(context))
      .filter((e) => e.ns === NS.context && e.local === 'signature')
      .map((e) => text(e).replace(/\s+/g, '')),
    exchange,
    fileSharing: part('file-sharing', NS.fileSharing) ?? null,
  }
}

function originalIn(context: XmlElement | undefined): Pick<ItemParts, 'original' | 'repaired'> {
  const original = context && child(context, NS.context, 'original')
  if (original === undefined) return { original: null, repaired: false }
  return {
    original: text(original).replace(/\s+/g, ''),
    repaired: attribute(original, 'reason') === 'repaired',
  }
}
