import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Config, PeerConfig } from '../config/types.ts'
import type { DeliveryOf, Events } from '../events.ts'
import type { GridItem } from '../grid/contract.ts'
import { itemIdApart } from '../profile/item.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Reader } from '../reading/reader.ts'
import type { NewRecord } from '../store/archive.ts'
import type { Acceptor, NewDelivery, Seen, SeenItem } from '../store/contract.ts'
import type { DestinationKind } from '../vocabulary.ts'
import type { PlaceOf } from './awaited-file.ts'
import { digestOf } from './item-digest.ts'
import { consumedOr } from './look-at-item.ts'
import type { Consumed } from './part.ts'

export interface ConsumeOptions {
  readonly config: Pick<Config, 'peers'> & Partial<Pick<Config, 'grid'>>
  readonly reader: Reader
  readonly store: Pick<Acceptor, 'accept'> & Pick<Seen, 'seen' | 'markSeen' | 'sourcesOf'>
  readonly events: Events
  readonly clock: Clock
  /** ms to wait for the other items of a document before its parts go out alone */
  readonly grace?: number
  wake(destination: string, kind: DestinationKind): void
  /** where the file of an item comes from [nowhere] */
  readonly placeOf?: PlaceOf
  /** what questions are answered from of an item; undefined for nothing */
  readonly record?:
    | ((item: GridItem, consumed: Consumed, inspection: Inspection, at: number) => NewRecord | undefined)
    | undefined
  /** what it asks or answers, on disk; the peers that get by that what it says. `ours`: a peer sent it in */
  readonly converse?: (shown: Shown) => Promise<readonly string[]>
}

interface Shown {
  readonly item: GridItem
  readonly inspection: Inspection
  readonly consumed: Consumed
  readonly ours: boolean
}

/** Whether items of this Topic that are not valid are repaired. */
export function isLenient({ grid }: ConsumeOptions['config'], topic: string): boolean {
  return grid?.topics.find(({ name }) => name === topic)?.lenient ?? false
}

/** Whether what items say is to be found: what those say that ask is told anyway. */
export function termsOf({ record }: Pick<ConsumeOptions, 'record'>): boolean {
  return record !== undefined
}

/** Peers an item of this Topic is for. Without a url nothing is ever sent to a peer. */
export function peersOf(config: ConsumeOptions['config'], topic: string): PeerConfig[] {
  return config.peers.filter((peer) => peer.url !== undefined && peer.topics.includes(topic))
}

/** An item as it was read, and the peers that it came from: it does not go back to them. */
export interface Understood {
  readonly inspection: Inspection
  readonly consumed: Consumed | undefined
  readonly sources: ReadonlySet<string>
  /** it stands under the id of another, which a peer sent: it is news to everybody, also to that peer */
  readonly replaced: boolean
  /** peers that ask, or are asked, what it says, or said it: it is no item for them */
  readonly involved?: readonly string[]
  /** whose news it is, where that is known */
  readonly origin?: string
}

export async function understand(
  { store, converse }: Pick<ConsumeOptions, 'store' | 'converse'>,
  item: GridItem,
  reading: PromiseSettledResult<Inspection> | undefined,
): Promise<Understood> {
  if (reading?.status !== 'fulfilled') throw reading?.reason
  const { inspection, consumed } = consumedOr(reading.value)
  if (consumed === undefined) {
    const origin = originOf(undefined, item.publisher)
    return { inspection, consumed, sources: new Set(), replaced: false, ...(origin !== undefined && { origin }) }
  }
  const sources = await store.sourcesOf(consumed.item, consumed.variant)
  const replaced = !isOwnId(item, consumed, sources) && (await store.sourcesOf(item.id)).length > 0
  const origin = originOf(sources[0], item.publisher)
  // a stub asks and answers nothing: what it stands for does, once that is here
  const speaks = inspection.item?.file === undefined
  const involved = speaks ? await converse?.({ item, inspection, consumed, ours: sources.length > 0 }) : undefined
  const own = { ...(origin !== undefined && { origin }), ...(involved !== undefined && { involved }) }
  return { inspection, consumed, sources: new Set(sources), replaced, ...own }
}

/** Does it stand where whoever made it puts it? Under the Incident's id stands what came first, and that a peer sent as it is. */
function isOwnId({ id, unnamed }: GridItem, { item, variant }: Consumed, sources: readonly string[]): boolean {
  if (unnamed === true || id === itemIdApart(item, variant)) return true
  return id === item && sources.length > 0
}

/** The peer that had it published, else who published it; not with which of his connections. */
function originOf(peer: string | undefined, publisher: string | undefined): string | undefined {
  if (peer !== undefined) return `peer ${peer}`
  return publisher === undefined ? undefined : `publisher ${publisher.split('/', 1)[0]}`
}

export function seenItem(topic: string, item: GridItem, at: number): SeenItem {
  return { topic, itemId: item.id, digest: digestOf(item.xml), at }
}

/** What makes an item a message of its own: `late` where that is the document of one which was seen as a stub. */
export function digestOfItem({ id }: GridItem, { digest }: SeenItem, late = false): string {
  return hash('sha256', `${id}\n${digest}${late ? '\nfile' : ''}`, 'hex')
}

/** A delivery as its events name it. */
export function deliveryOf(id: string, source: string, row: NewDelivery, createdAt: number): DeliveryOf {
  const { kind, destination, incident, also = [], item } = row
  return { id, direction: 'grid-to-rid', source, kind, destination, incident, also, item, attempts: 0, createdAt }
}
