import type { Happening } from '../events.ts'
import type { GridItem } from '../grid/contract.ts'
import type { SharedFile } from '../profile/file-sharing.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { NewEnvelope, SeenItem } from '../store/contract.ts'
import { awaitedFile, type PlaceOf } from './awaited-file.ts'
import type { Consumed } from './part.ts'
import { type ConsumeOptions, deliveryOf, digestOfItem, peersOf, type Understood } from './understand.ts'

/** What would have to be allowed before it is shown, which nobody can allow. */
const AWAITED = ['file awaited']

const NOWHERE: PlaceOf = () => ({ refused: 'No file of an item is fetched.' })

/** An item whose document is a file: the cursor moves with it, and the file is awaited beside the Topic, for as long as that takes. */
export async function commitStub(
  options: ConsumeOptions,
  item: GridItem,
  seen: SeenItem,
  {
    inspection,
    consumed,
    file,
    origin,
  }: Understood & { readonly consumed: Consumed; readonly file: SharedFile | string },
): Promise<void> {
  const { store, events, config, clock, placeOf = NOWHERE } = options
  const { topic } = item
  const { incident, incidents, part } = consumed
  const isWanted = options.record !== undefined || options.converse !== undefined || peersOf(config, topic).length > 0
  const about = { digest: seen.digest, incident, ...(origin !== undefined && { origin }) }
  const rows = isWanted ? [awaitedFile(item, file, about, placeOf)] : []
  const host = rows[0]?.destination ?? ''
  const arrival = { direction: 'grid-to-rid', source: topic, incidents, message: item.id, host } as const
  let happenings: readonly Happening[] = []
  const outcome = await store.accept(
    {
      direction: 'grid-to-rid',
      source: topic,
      digest: digestOfItem(item, seen),
      msgType: part.msgType,
      incidents,
      receivedAt: clock.now(),
      deliveries: rows,
      seen,
      ...placeFor(options, item, seen, consumed, inspection),
    },
    (added) => {
      const held = rows.flatMap((row, i) => {
        const id = added[i]
        if (id === undefined || row.reason === undefined) return []
        return [events.held(deliveryOf(id, topic, row, clock.now()), row.reason)]
      })
      happenings = [events.fileAwaited(arrival), ...held]
      return happenings.flatMap(({ trace }) => trace)
    },
  )
  if (outcome.outcome === 'duplicate') return store.markSeen([seen])
  if (outcome.deliveries.length < rows.length) {
    const reason = 'as many files at hosts that grid.upload.hosts does not list are kept as may be'
    return events.tell('invalid-item-not-kept', { topic, item: item.id, errors: 1, reason })
  }
  for (const happening of happenings) happening.tell()
  for (const row of rows) if (row.state === 'pending') options.wake(row.destination, row.kind)
}

/** Where the record of what its file says will be: whatever happens to the item until then happens to that. */
function placeFor(
  { record, clock }: ConsumeOptions,
  item: GridItem,
  { digest }: SeenItem,
  consumed: Consumed,
  inspection: Inspection,
): Pick<NewEnvelope, 'record' | 'replaced'> {
  if (record === undefined) return {}
  const shown = record(item, consumed, inspection, clock.now())
  if (shown === undefined) return { replaced: { topic: item.topic, item: item.id } }
  return { record: { ...shown, content: digest, needed: AWAITED, terms: [], body: '' } }
}
