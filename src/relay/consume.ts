import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Config, PeerConfig } from '../config/types.ts'
import type { DeliveryOf, Events, Happening } from '../events.ts'
import type { GridItem } from '../grid/contract.ts'
import { itemIdApart } from '../profile/item.ts'
import { claimsIodef } from '../reading/claims-iodef.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Reader } from '../reading/reader.ts'
import { repairHint } from '../reading/repair-table.ts'
import type { NewRecord } from '../store/archive.ts'
import type { Acceptor, NewDelivery, NewEnvelope, Seen, SeenItem, TraceEvent } from '../store/contract.ts'
import { groupOf } from './delivery-group.ts'
import { heldAsInvalid } from './invalid-item.ts'
import { digestOf } from './item-digest.ts'
import { consumedOr, read } from './look-at-item.ts'
import type { Consumed } from './part.ts'
import { withheldFrom } from './render-rid.ts'
import { encodePart } from './stored-part.ts'

interface ConsumeOptions {
  readonly config: Pick<Config, 'peers'> & Partial<Pick<Config, 'grid'>>
  readonly reader: Reader
  readonly store: Pick<Acceptor, 'accept'> & Pick<Seen, 'seen' | 'markSeen' | 'sourcesOf'>
  readonly events: Events
  readonly clock: Clock
  /** ms to wait for the other items of a document before its parts go out alone */
  readonly grace?: number
  wake(peer: string): void
  /** what questions are answered from of an item; undefined for nothing */
  readonly record?: (item: GridItem, consumed: Consumed, inspection: Inspection, at: number) => NewRecord | undefined
  /** what it asks or answers, on disk; the peers that get by that what it says. `ours`: a peer sent it in */
  readonly converse?: (shown: Shown) => Promise<readonly string[]>
}

interface Shown {
  readonly item: GridItem
  readonly inspection: Inspection
  readonly consumed: Consumed
  readonly ours: boolean
}

const GRACE = 10_000

/** items read side by side: a Topic with many must not fill the queue of readers, which RID messages share */
const WINDOW = 32

/**
 * The one door in for items: each is read, judged and committed with a delivery for every peer that its Topic
 * is listed for, in the order it came. Resolves when all are on disk; only then the cursor has moved.
 */
export function createConsumer(options: ConsumeOptions): (topic: string, items: readonly GridItem[]) => Promise<void> {
  const { reader, store, clock, config } = options
  return async (topic, items) => {
    const lenient = config.grid?.topics.find(({ name }) => name === topic)?.lenient ?? false
    const all = items.map((item) => ({ item, seen: seenItem(topic, item, clock.now()) }))
    const known = await Promise.all(all.map(({ seen }) => store.seen(seen)))
    const fresh = all.filter((_, i) => !known[i])
    // read side by side, commit in order; a rejection is looked at in its turn, and nothing behind it is committed
    const commits: Promise<void>[] = []
    let failed: { readonly error: unknown } | undefined
    for (let from = 0; from < fresh.length; from += WINDOW) {
      const window = fresh.slice(from, from + WINDOW)
      const readings = await Promise.allSettled(
        window.map(({ item }) =>
          read(reader, item, { terms: (options.record ?? options.converse) !== undefined, lenient }),
        ),
      )
      // what the store has to be asked is asked before the first commit: from there on one call follows the other in Topic order
      const understood = await Promise.allSettled(window.map(({ item }, i) => understand(options, item, readings[i])))
      for (const [i, { item, seen }] of window.entries()) {
        const one = understood[i]
        if (one?.status === 'rejected') failed ??= { error: one.reason }
        if (failed !== undefined || one?.status !== 'fulfilled') break
        const commitment = commit(options, topic, item, seen, one.value).catch((error: unknown) => {
          failed ??= { error }
        })
        commits.push(commitment)
      }
      if (failed !== undefined) break
    }
    await Promise.all(commits)
    if (failed !== undefined) throw failed.error
  }
}

function seenItem(topic: string, item: GridItem, at: number): SeenItem {
  return { topic, itemId: item.id, digest: digestOf(item.xml), at }
}

/** An item as it was read, and the peers that it came from: it does not go back to them. */
interface Understood {
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

async function understand(
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
  const involved = await converse?.({ item, inspection, consumed, ours: sources.length > 0 })
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

/** What questions are answered from of it; of what answers nothing, that it took the place of what was under its id. */
function archived(
  { record, clock }: ConsumeOptions,
  topic: string,
  item: GridItem,
  { consumed, inspection }: Understood,
): Pick<NewEnvelope, 'record' | 'replaced'> {
  if (record === undefined) return {}
  const kept = consumed && record(item, consumed, inspection, clock.now())
  return kept === undefined ? { replaced: { topic, item: item.id } } : { record: kept }
}

/** Nothing is waited for before the store is called: whoever calls in order has them committed in order. */
async function commit(
  options: ConsumeOptions,
  topic: string,
  item: GridItem,
  seen: SeenItem,
  understood: Understood,
): Promise<void> {
  const { inspection, consumed, replaced, origin } = understood
  const { store, events, config } = options
  // what cannot be read may be a report all the same: it is held, not left alone
  const unread = inspection.format === 'unknown' && claimsIodef(item.xml)
  if (!unread && (inspection.format === 'unknown' || inspection.format === 'RID')) {
    await store.markSeen([seen])
    events.tell('foreign-item', { topic, item: item.id, reason: inspection.root })
    return
  }
  const deliveries =
    consumed === undefined
      ? toldOfNobody(heldAsInvalid(peersOf(config, topic), topic, item, { digest: seen.digest, origin }, inspection))
      : deliveriesFor(options, topic, item, consumed, understood)
  let happenings: readonly Happening[] = []
  const outcome = await store.accept(
    {
      direction: 'grid-to-rid',
      source: topic,
      digest: createHash('sha256').update(`${item.id}\n${seen.digest}`).digest('hex'),
      msgType: consumed?.part.msgType ?? 'unknown',
      incidents: consumed?.incidents ?? [],
      receivedAt: options.clock.now(),
      deliveries: deliveries.rows,
      seen,
      ...archived(options, topic, item, understood),
    },
    (added) => {
      happenings = deliveries.happenings(added)
      return happenings.flatMap((happening): readonly TraceEvent[] => happening.trace)
    },
  )
  if (outcome.outcome === 'duplicate') {
    await store.markSeen([seen])
    return
  }
  if (consumed === undefined) {
    const reason = `${inspection.errors[0]?.message ?? 'not valid'}${repairHint(inspection.repairable)}`
    const isKept = outcome.deliveries.length > 0 || deliveries.rows.length === 0
    const errors = inspection.errors.length + inspection.more
    events.tell(isKept ? 'invalid-item' : 'invalid-item-not-kept', { topic, item: item.id, errors, reason })
  }
  if (replaced) events.tell('item-replaced', { topic, item: item.id })
  for (const happening of happenings) happening.tell()
  for (const row of deliveries.rows) if (row.state === 'pending') options.wake(row.destination)
}

interface Rows {
  readonly rows: NewDelivery[]
  /** what there is to tell, when of the rows these were stored */
  readonly happenings: (added: readonly (string | undefined)[]) => readonly Happening[]
}

function toldOfNobody(rows: NewDelivery[]): Rows {
  return { rows, happenings: () => [] }
}

/** Peers an item of this Topic is for. Without a url nothing is ever sent to a peer. */
function peersOf(config: ConsumeOptions['config'], topic: string): PeerConfig[] {
  return config.peers.filter((peer) => peer.url !== undefined && peer.topics.includes(topic))
}

function deliveriesFor(
  options: ConsumeOptions,
  topic: string,
  item: GridItem,
  consumed: Consumed,
  { inspection, sources, origin, involved = [] }: Understood,
): Rows {
  const { config, events, clock, grace = GRACE } = options
  const group = groupOf(consumed)
  const rows: NewDelivery[] = []
  const loops: Happening[] = []
  const { incident, incidents, part } = consumed
  for (const peer of peersOf(config, topic)) {
    if (involved.includes(peer.name)) continue
    if (sources.has(peer.name)) {
      const loop = { direction: 'grid-to-rid', source: topic, destination: peer.name, incident, item: item.id } as const
      loops.push(events.loopStopped(loop))
      continue
    }
    const withheld = withheldFrom(peer, topic, part, consumed.reasons)
    rows.push({
      kind: 'peer',
      destination: peer.name,
      incident,
      also: incidents.slice(1),
      ...(origin !== undefined && { origin }),
      item: consumed.item,
      variant: consumed.variant,
      payload: encodePart(part),
      state: withheld === undefined ? 'pending' : 'withheld',
      ...(withheld !== undefined && { reason: withheld }),
      ...(group !== undefined && { group, notBefore: clock.now() + grace }),
    })
  }
  return {
    rows,
    happenings(added) {
      const arrival = { direction: 'grid-to-rid', source: topic, incidents, message: item.id } as const
      const deliveries = added.filter((id) => id !== undefined).length
      const withheld = rows.flatMap((row, i) => {
        const id = added[i]
        if (id === undefined || row.reason === undefined) return []
        return [events.withheld(about(id, topic, row, clock.now()), row.reason)]
      })
      const note = inspection.remarks.join(' ')
      return [events.consumed({ ...arrival, deliveries, ...(note !== '' && { note }) }), ...loops, ...withheld]
    },
  }
}

/** A delivery as its events name it. */
function about(id: string, source: string, row: NewDelivery, createdAt: number): DeliveryOf {
  const { kind, destination, incident, also = [], item } = row
  return { id, direction: 'grid-to-rid', source, kind, destination, incident, also, item, attempts: 0, createdAt }
}
