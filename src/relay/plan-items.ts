import type { Config, PeerConfig, TopicConfig } from '../config/types.ts'
import { missingFrom, same } from '../iodef/restriction.ts'
import {
  type Context,
  type IncidentElement,
  type Item,
  itemId,
  MOST_ITEMS,
  renderContext,
  xep0268Item,
} from '../profile/item.ts'
import { elementOf, typeOf } from '../profile/msg-types.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import { variantOf } from '../profile/variant.ts'
import type { DocumentReading } from '../reading/document.ts'
import { type RidReading, renderPolicy } from '../rid/message.ts'
import type { MsgType } from '../vocabulary.ts'
import { routeFor } from './route.ts'

/** An item and where it goes. `incident` is the key it is traced by. */
export interface Publication {
  readonly topic: string
  readonly incident: string
  /** what a bare document carries besides the first */
  readonly also?: readonly string[]
  readonly item: Item
  /** tells the item from others of the same id: variant.ts */
  readonly variant: string
}

export type Plan =
  | { readonly kind: 'publish'; readonly publications: readonly Publication[] }
  /** `code` is a fixed word for metrics, `reason` a sentence for log and trace */
  | { readonly kind: 'denied'; readonly code: string; readonly reason: string }
  /** `items`: how many have these bytes together; 1 for one that is larger than the Broker takes */
  | { readonly kind: 'too-large'; readonly items: number; readonly bytes: number; readonly limit: number }

/**
 * What the items of one document may have together, in items of the largest size. Each of n items lists all n, and may carry the
 * document: without a bound a message of 1 MiB asks for 1 GiB of them.
 */
const LARGEST_ITEMS = 64

/**
 * What a valid document from a peer becomes on the grid. All or nothing: one Incident that may not go where its route leads
 * denies the whole (design §4).
 */
export function planPublication(
  config: Pick<Config, 'routes' | 'grid'>,
  peer: PeerConfig,
  msgType: MsgType,
  document: DocumentReading,
  rid: RidReading | null,
): Plan {
  const element = elementOf(msgType)
  if (element === undefined) return denied('no-element', `${msgType} messages are not published`)
  const topics: TopicConfig[] = []
  for (const incident of document.incidents) {
    const name = routeFor(config.routes, { peer: peer.name, purpose: incident.purpose, type: msgType })
    const topic = config.grid.topics.find((t) => t.name === name)
    if (topic === undefined) {
      return denied('no-route', `no route for ${msgType} with purpose "${incident.purpose}" from ${peer.name}`)
    }
    if (!peer.publish.includes(topic.name)) {
      return denied('not-allowed', `${peer.name} may not publish to Topic ${topic.name}`)
    }
    const missing = missingFrom(topic.restrictions, document.needed)
    if (missing !== undefined) {
      return denied('restriction', `the document counts as "${missing}", which Topic ${topic.name} may not carry`)
    }
    topics.push(topic)
  }
  if (!document.carriable) {
    const reason =
      'what it holds cannot be given back by some Brokers, or would not be valid in an item or a RID message'
    return denied('cannot-carry', reason)
  }
  const original = document.original
  if (original !== null) {
    // the original shows every Incident: it may only go where all of them go
    if (new Set(topics).size > 1)
      return denied('cannot-split', 'a document that must stay whole has routes to several Topics')
  }
  if (document.linked && new Set(topics).size > 1 && topics.some((topic) => topic.payload === 'iodef')) {
    return denied('cannot-split', 'a document whose Incidents refer to each other has routes to several Topics')
  }
  // a bare IODEF-Document has no room for anything else (RFC 8600 §6)
  if (topics.some((topic) => topic.payload === 'iodef')) {
    const what =
      msgType === 'Report'
        ? (original && NOT_CARRIED[original.version === 1 ? 'version' : original.reason]) ||
          (!same(document.alone, document.needed) && 'the restriction of the RID message around it')
        : `a ${msgType}`
    if (what) return denied('cannot-carry', `an item of payload "iodef" cannot carry ${what}`)
  }
  const made = withinLimits(
    [bare(document, topics), wrapped(msgType, element, document, topics, rid)],
    config.grid.maxItem,
  )
  const several = topics.some((topic) => topic.payload === 'xep-0268') && document.incidents.length > MOST_ITEMS
  return made.kind === 'publish' && several ? denied('cannot-carry', `more than ${MOST_ITEMS} Incidents`) : made
}

/** Makes the items one by one, and no more once one of them, or all together, are too large. */
function withinLimits(sources: readonly Iterable<Publication>[], limit: number): Plan {
  const publications: Publication[] = []
  let total = 0
  for (const source of sources) {
    for (const publication of source) {
      const bytes = Buffer.byteLength(publication.item.xml)
      if (bytes > limit) return { kind: 'too-large', items: 1, bytes, limit }
      publications.push(publication)
      total += bytes
      if (total > limit * LARGEST_ITEMS) {
        return { kind: 'too-large', items: publications.length, bytes: total, limit: limit * LARGEST_ITEMS }
      }
    }
  }
  return { kind: 'publish', publications }
}

const NOT_CARRIED = {
  signature: 'a signed document as it is',
  characters: 'characters of this document as they are',
  version: 'the IODEF 1 document that it came from',
} as const

function denied(code: string, reason: string): Plan {
  return { kind: 'denied', code, reason }
}

/** Topics of payload `iodef`: one IODEF-Document each, with only that Topic's Incidents (RFC 8600 §6). */
function bare(document: DocumentReading, topics: readonly TopicConfig[]): Publication[] {
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
    return { topic: topic.name, incident: first ?? '', also: others, item: { id: itemId(xml), xml }, variant: '' }
  })
}

/** Topics of payload `xep-0268`: one item for each Incident, with a context where something would be lost. */
function* wrapped(
  msgType: MsgType,
  element: IncidentElement,
  document: DocumentReading,
  topics: readonly TopicConfig[],
  rid: RidReading | null,
): Generator<Publication> {
  const ids = document.incidents.map((incident) => xep0268Item(element, incident.xml).id)
  const made = new Set<string>()
  for (const [i, incident] of document.incidents.entries()) {
    const topic = topics[i]
    const id = ids[i] ?? ''
    // the same Incident twice in one document is one item; its context names both places
    if (topic?.payload !== 'xep-0268' || made.has(id)) continue
    made.add(id)
    const original = i > 0 && !document.fragile ? null : document.original
    const signatures = i > 0 || rid === null ? [] : rid.signatures
    const incidentSource = rid?.incidentSource ?? null
    const { shell } = document
    const context: Context = {
      position: i + 1,
      items: ids,
      shell,
      policy: rid?.policy == null ? null : renderPolicy(rid.policy),
      incidentSource,
      original: original && { base64: Buffer.from(original.text).toString('base64'), reason: original.reason },
      signatures: signatures.map((text) => Buffer.from(text).toString('base64')),
    }
    const item = xep0268Item(element, incident.xml, renderContext(context))
    const stated = msgType === typeOf(element, undefined) ? undefined : msgType
    const restriction = rid?.policy?.attributes.restriction
    const besides = {
      msgType: stated,
      shell,
      restriction,
      incidentSource,
      original: original?.text ?? null,
      signatures,
    }
    yield { topic: topic.name, incident: incident.key, item, variant: variantOf(besides) }
  }
}
