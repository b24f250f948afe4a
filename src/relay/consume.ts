import type { Happening } from '../events.ts'
import type { GridItem } from '../grid/contract.ts'
import { claimsIodef } from '../reading/claims-iodef.ts'
import type { Inspection } from '../reading/inspection.ts'
import { repairHint } from '../reading/repair-table.ts'
import type { NewDelivery, NewEnvelope, SeenItem, TraceEvent } from '../store/contract.ts'
import { commitStub } from './commit-stub.ts'
import { groupOf } from './delivery-group.ts'
import { heldAsInvalid } from './invalid-item.ts'
import { read } from './look-at-item.ts'
import type { Consumed } from './part.ts'
import { ReadingAhead } from './reading-ahead.ts'
import { withheldFrom } from './render-rid.ts'
import { encodePart } from './stored-part.ts'
import {
  type ConsumeOptions,
  deliveryOf,
  digestOfItem,
  isLenient,
  peersOf,
  seenItem,
  termsOf,
  type Understood,
  understand,
} from './understand.ts'

const GRACE = 10_000

/** ms more for each item of a long document, which a slow Broker hands out for half a minute */
const GRACE_EACH = 100

/** items read side by side: a Topic with many must not fill the queue of readers, which RID messages share */
const WINDOW = 32

/**
 * The one door in for items: each is read, judged and committed with a delivery for every peer that its Topic
 * is listed for, in the order it came. Resolves when all are on disk; only then the cursor has moved. The next ones of a Topic are read
 * while those before them are committed, and nothing more: they reject where those do.
 */
export function createConsumer(options: ConsumeOptions): (topic: string, items: readonly GridItem[]) => Promise<void> {
  const last = new Map<string, Promise<void>>()
  const ahead = new ReadingAhead()
  return (topic, items) => {
    const before = last.get(topic)
    const done = takeIn(options, topic, items, before && { lot: before, ahead })
    last.set(topic, done)
    const forget = () => {
      if (last.get(topic) === done) last.delete(topic)
    }
    done.then(forget, forget)
    return done
  }
}

/** Those of the Topic that were handed on before, and are not on disk yet. */
interface Before {
  readonly lot: Promise<void>
  readonly ahead: ReadingAhead
}

async function takeIn(
  options: ConsumeOptions,
  topic: string,
  items: readonly GridItem[],
  before: Before | undefined,
): Promise<void> {
  using room = before?.ahead.room(items.length)
  if (room === undefined) await before?.lot
  const { store, clock } = options
  const all = items.map((item) => ({ item, seen: seenItem(topic, item, clock.now()) }))
  const known = await Promise.all(all.map(({ seen }) => store.seen(seen)))
  const fresh = all.filter((_, i) => !known[i])
  // read side by side, commit in order; a rejection is looked at in its turn, and nothing behind it is committed
  const commits: Promise<void>[] = []
  let failed: { readonly error: unknown } | undefined
  for (let from = 0; from < fresh.length; from += WINDOW) {
    const window = fresh.slice(from, from + WINDOW)
    const readings = await readAll(options, topic, window)
    await before?.lot
    // what the store has to be asked is asked before the first commit: from there on one call follows the other in Topic order
    const understood = await Promise.allSettled(window.map(({ item }, i) => understand(options, item, readings[i])))
    for (const [i, { item, seen }] of window.entries()) {
      const one = understood[i]
      if (one?.status === 'rejected') failed ??= { error: one.reason }
      if (failed !== undefined || one?.status !== 'fulfilled') break
      const commitment = commitEither(options, topic, item, seen, one.value).catch((error: unknown) => {
        failed ??= { error }
      })
      commits.push(commitment)
    }
    if (failed !== undefined) break
  }
  await Promise.all(commits)
  // where all of them are known, too: whoever waits for these waits for those
  await before?.lot
  if (failed !== undefined) throw failed.error
}

function readAll(options: ConsumeOptions, topic: string, items: readonly { readonly item: GridItem }[]) {
  const how = { terms: termsOf(options), lenient: isLenient(options.config, topic) }
  return Promise.allSettled(items.map(({ item }) => read(options.reader, item, how)))
}

/**
 * What questions are answered from of it; of what answers nothing, that it took the place of what was under its id. `stub`: digest of the
 * stub that kept a place for it, which is lost to it once that is retracted, or something else is under its id.
 */
function archived(
  { record, clock }: ConsumeOptions,
  topic: string,
  item: GridItem,
  { consumed, inspection }: Understood,
  stub: string | undefined,
): Pick<NewEnvelope, 'record' | 'instead' | 'replaced'> {
  if (record === undefined) return {}
  const kept = consumed && record(item, consumed, inspection, clock.now())
  if (stub !== undefined) return kept === undefined ? {} : { record: kept, instead: stub }
  return kept === undefined ? { replaced: { topic, item: item.id } } : { record: kept }
}

function commitEither(
  options: ConsumeOptions,
  topic: string,
  item: GridItem,
  seen: SeenItem,
  understood: Understood,
): Promise<void> {
  const { consumed, inspection } = understood
  const file = inspection.item?.file
  if (consumed === undefined || file === undefined) return commit(options, topic, item, seen, understood)
  return commitStub(options, item, seen, { ...understood, consumed, file })
}

function tellInvalid(
  { events }: ConsumeOptions,
  topic: string,
  item: GridItem,
  { errors, more, repairable }: Inspection,
  isKept: boolean,
): void {
  const reason = `${errors[0]?.message ?? 'not valid'}${repairHint(repairable)}`
  const about = { topic, item: item.id, errors: errors.length + more, reason }
  events.tell(isKept ? 'invalid-item' : 'invalid-item-not-kept', about)
}

/** The document of an item that was committed as a stub: the cursor stays where it is. */
export async function takeLate(
  options: ConsumeOptions,
  stub: GridItem,
  item: GridItem,
  inspection: Inspection,
): Promise<void> {
  const understood = await understand(options, item, { status: 'fulfilled', value: inspection })
  await commit(options, item.topic, item, seenItem(item.topic, stub, options.clock.now()), understood, true)
}

/**
 * Nothing is waited for before the store is called: whoever calls in order has them committed in order. `late`: it was seen as a stub,
 * which was committed then.
 */
async function commit(
  options: ConsumeOptions,
  topic: string,
  item: GridItem,
  seen: SeenItem,
  understood: Understood,
  late = false,
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
      digest: digestOfItem(item, seen, late),
      msgType: consumed?.part.msgType ?? 'unknown',
      incidents: consumed?.incidents ?? [],
      receivedAt: options.clock.now(),
      deliveries: deliveries.rows,
      ...(!late && { seen }),
      ...archived(options, topic, item, understood, late ? seen.digest : undefined),
    },
    (added) => {
      happenings = deliveries.happenings(added)
      return happenings.flatMap((happening): readonly TraceEvent[] => happening.trace)
    },
  )
  if (outcome.outcome === 'duplicate') {
    if (!late) await store.markSeen([seen])
    return
  }
  if (consumed === undefined) {
    const isKept = outcome.deliveries.length > 0 || deliveries.rows.length === 0
    tellInvalid(options, topic, item, inspection, isKept)
  }
  if (replaced) events.tell('item-replaced', { topic, item: item.id })
  for (const happening of happenings) happening.tell()
  for (const row of deliveries.rows) if (row.state === 'pending') options.wake(row.destination, row.kind)
}

interface Rows {
  readonly rows: NewDelivery[]
  /** what there is to tell, when of the rows these were stored */
  readonly happenings: (added: readonly (string | undefined)[]) => readonly Happening[]
}

function toldOfNobody(rows: NewDelivery[]): Rows {
  return { rows, happenings: () => [] }
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
  const patience = grace + GRACE_EACH * (inspection.item?.list?.of ?? 0)
  const rows: NewDelivery[] = []
  const loops: Happening[] = []
  const { incident, incidents, part } = consumed
  const payload = encodePart(part)
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
      payload,
      state: withheld === undefined ? 'pending' : 'withheld',
      ...(withheld !== undefined && { reason: withheld }),
      ...(group !== undefined && { group, notBefore: clock.now() + patience }),
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
        return [events.withheld(deliveryOf(id, topic, row, clock.now()), row.reason)]
      })
      const note = inspection.remarks.join(' ')
      return [events.consumed({ ...arrival, deliveries, ...(note !== '' && { note }) }), ...loops, ...withheld]
    },
  }
}
