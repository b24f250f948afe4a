import type { TopicConfig } from '../config/types.ts'
import {
  type CarriedReason,
  type Context,
  type ExchangeMark,
  elementId,
  elementText,
  type IncidentElement,
  type Item,
  itemId,
  renderContext,
} from '../profile/item.ts'
import { elementOf, typeOf } from '../profile/msg-types.ts'
import { MOST_LISTED_BY_EACH, type Place, placesOf } from '../profile/place.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import { variantOf } from '../profile/variant.ts'
import type { DocumentReading, OldForm } from '../reading/document.ts'
import { type RidReading, renderPolicy } from '../rid/message.ts'
import type { MsgType } from '../vocabulary.ts'

/** An item and where it goes. `incident` is the key it is traced by. */
export interface Publication {
  readonly topic: string
  readonly incident: string
  /** what a bare document carries besides the first */
  readonly also?: readonly string[]
  readonly item: Item
  /** bytes of it */
  readonly size: number
  /** tells the item from others of the same id: variant.ts */
  readonly variant: string
}

/** A document for the grid, and the RID message that it came in. */
interface Carried {
  readonly msgType: MsgType
  readonly document: DocumentReading
  readonly rid: Pick<RidReading, 'policy' | 'incidentSource' | 'signatures'> | null
  /** that its elements belong to */
  readonly exchange?: ExchangeMark
}

/** A document that may be published: `topics` has the Topic of each of its Incidents. */
export interface Routed extends Carried {
  readonly rid: RidReading | null
  readonly topics: readonly TopicConfig[]
}

/** `items`: how many have these bytes together; 1 for one that is larger than the Broker takes */
export interface TooLarge {
  readonly kind: 'too-large'
  readonly items: number
  readonly bytes: number
  readonly limit: number
  /** what of it is the document as it came, and why that travels along */
  readonly original?: { readonly bytes: number; readonly reason: CarriedReason }
}

/**
 * What the items of one document may have together: so many times what it has itself, or so many items of the largest size. Each
 * may carry the document: without a bound in proportion, a peer's few small messages fill the disk.
 */
const TIMES = 8
const LARGEST_ITEMS = 4

/** Bytes that the Broker takes, and that a file may have which stands beside an item. */
interface Largest {
  readonly maxItem: number
  readonly maxFile: number
}

/** Makes the items one by one, and no more once one of them, or all together, are too large. */
export function makeItems(routed: Routed, { maxItem, maxFile }: Largest): readonly Publication[] | TooLarge {
  const publications: Publication[] = []
  const { fragile } = routed.document
  const original = textOf(routed)
  const few = LARGEST_ITEMS * maxItem
  let total = 0
  for (const source of [bare(routed), wrapped(routed)]) {
    for (const publication of source) {
      const bytes = publication.size
      const limit = isByUpload(routed, publication) ? Math.max(maxItem, maxFile) : maxItem
      if (bytes > limit)
        return {
          kind: 'too-large',
          items: 1,
          bytes,
          limit,
          ...sized(publications.length === 0 || fragile ? original : null),
        }
      publications.push(publication)
      total += bytes
      const most = total <= few ? few : Math.max(few, TIMES * sizeOf(routed, original))
      if (total > most) return { kind: 'too-large', items: publications.length, bytes: total, limit: most }
    }
  }
  return publications
}

function sizeOf({ document: { xml } }: Routed, original: ReturnType<typeof textOf>): number {
  return Math.max(Buffer.byteLength(xml), Buffer.byteLength(original?.text ?? ''))
}

/** A bare document has no room for the file's name (RFC 8600 §6); a stub is IODEF 2. */
function isByUpload({ topics }: Routed, { topic }: Publication): boolean {
  return topics.some(
    ({ name, large, payload, iodef }) => name === topic && large === 'upload' && payload === 'xep-0268' && iodef !== 1,
  )
}

/** The document itself, where it travels along. As it came it shows all its Incidents: it only goes where all of them go. */
function textOf({ document, topics = [] }: Carried & Partial<Pick<Routed, 'topics'>>): {
  readonly text: string
  readonly reason: CarriedReason
} | null {
  const { original, came } = document
  return came !== undefined && new Set(topics).size <= 1 ? { text: came, reason: 'repaired' } : original
}

function sized(original: ReturnType<typeof textOf>): Pick<TooLarge, 'original'> {
  if (original === null) return {}
  return { original: { bytes: Math.ceil(Buffer.byteLength(original.text) / 3) * 4, reason: original.reason } }
}

/** Topics of payload `iodef`: one IODEF-Document each, with only that Topic's Incidents (RFC 8600 §6). */
function bare({ document, topics }: Routed): Publication[] {
  const targets = [...new Set(topics.filter((topic) => topic.payload === 'iodef'))]
  return targets.map((topic) => {
    const own = document.incidents.filter((_, i) => topics[i] === topic)
    const whole = own.length === document.incidents.length
    const xml = whole
      ? document.xml
      : joinDocument(
          document.shell ?? PLAIN_SHELL,
          own.map((incident) => incident.xml),
        )
    const [first, ...others] = own.map((incident) => incident.key)
    const item = { id: itemId(xml), xml }
    return { topic: topic.name, incident: first ?? '', also: others, item, size: Buffer.byteLength(xml), variant: '' }
  })
}

/** Topics of payload `xep-0268`: one item for each Incident, with a context where something would be lost. */
function* wrapped(routed: Routed): Generator<Publication> {
  const { document, topics } = routed
  for (const { place, item, size, variant } of elementsOf(
    routed,
    (i) => topics[i]?.payload === 'xep-0268',
    (i) => topics[i]?.iodef === 1,
    (i) => topics[i],
  )) {
    const incident = document.incidents[place]?.key ?? ''
    yield { topic: topics[place]?.name ?? '', incident, item, size, variant }
  }
}

interface Made {
  /** of its Incident in the document, from 0 */
  readonly place: number
  readonly item: Item
  /** bytes of it */
  readonly size: number
  /** tells it from others of the same id: variant.ts */
  readonly variant: string
}

/**
 * A document as XEP-0268 elements: one for each Incident that is asked for, with a context where something would be lost. Of a long
 * document the first in each place where they go (`whereTo`) lists all.
 */
export function* elementsOf(
  carried: Carried,
  isAskedFor: (place: number) => boolean = () => true,
  isOld: (place: number) => boolean = () => false,
  whereTo: (place: number) => unknown = () => undefined,
): Generator<Made> {
  const { msgType, document, exchange } = carried
  const element = elementOf(msgType)
  if (element === undefined) return
  const old = document.old !== undefined && 'incidents' in document.old ? document.old : undefined
  const shown = document.incidents.map((incident, place) => {
    const xml = isOld(place) ? old?.incidents[place] : undefined
    return xml === undefined ? incident : { xml, size: Buffer.byteLength(xml) }
  })
  const ids = shown.map(({ xml }) => elementId(element, xml, exchange?.id))
  // an original in each item says more than a list
  const isLong = ids.length > MOST_LISTED_BY_EACH && !document.fragile
  const placeOf = placesOf(ids, isLong)
  const listed = new Set<unknown>()
  const made = new Set<string>()
  for (const [place, id] of ids.entries()) {
    const incident = shown[place]
    // the same Incident twice in one document is one item; its context names both places
    if (incident === undefined || !isAskedFor(place) || made.has(id)) continue
    made.add(id)
    const at = placeOf(place, !listed.has(whereTo(place)))
    listed.add(whereTo(place))
    const { context, variant } = besides(carried, element, at, isOld(place) ? old : undefined)
    const around = renderContext(context)
    const xml = elementText(element, incident.xml, around)
    // what is put around both has no other characters
    const others = xml.length - incident.xml.length - around.length
    yield { place, item: { id, xml }, size: incident.size + others + Buffer.byteLength(around), variant }
  }
}

/** What the item at a place carries besides its Incident, and the digest that tells it by that. */
function besides(
  carried: Carried,
  element: IncidentElement,
  place: Place,
  old: Extract<OldForm, { readonly incidents: unknown }> | undefined,
): { readonly context: Context; readonly variant: string } {
  const { msgType, document, rid, exchange } = carried
  const { shell } = old ?? document
  const [original, kept] = place.position > 1 && !document.fragile ? [null, null] : [document.original, textOf(carried)]
  const signatures = place.position > 1 || rid === null ? [] : rid.signatures
  const incidentSource = rid?.incidentSource ?? null
  const policy = rid?.policy ?? null
  const variant = variantOf({
    msgType: msgType === typeOf(element, undefined) ? undefined : msgType,
    shell,
    restriction: policy?.attributes.restriction,
    incidentSource,
    original: original?.text ?? null,
    signatures,
  })
  const context = {
    ...place,
    // what was made of IODEF 2 has the rest in it
    shell: old === undefined || old.carried !== null ? shell : null,
    policy: policy === null ? null : renderPolicy(policy),
    incidentSource,
    original: encoded(old === undefined || original === null ? kept : old.carried),
    signatures: signatures.map(base64),
    exchange,
  }
  return { context, variant }
}

function encoded(original: ReturnType<typeof textOf>): Context['original'] {
  return original && { base64: base64(original.text), reason: original.reason }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
