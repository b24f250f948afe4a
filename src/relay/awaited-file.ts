import { createHash } from 'node:crypto'
import type { GridItem } from '../grid/contract.ts'
import type { SharedFile } from '../profile/file-sharing.ts'
import type { NewDelivery } from '../store/contract.ts'

/** The host that a file comes from; `refused`: in a sentence, why it is not asked. */
export type PlaceOf = (url: string) => { readonly host: string } | { readonly refused: string }

/** Where files wait that are at no host which may be asked. */
export const ELSEWHERE = 'elsewhere'

/** Such stubs of one Topic that are kept at a time, and of one publisher: nobody may ever list their host. */
const MOST = 200
const EACH = 50

/** Of the JSON in which an item is kept while its file is awaited. */
const FORMAT = 1

type Awaited = Pick<GridItem, 'topic' | 'id' | 'xml' | 'unnamed' | 'publisher'>

/**
 * The delivery of an item whose document is a file: to nobody yet, but to the host that has it. It is fetched, and then read as any item.
 * Where nobody may be asked for it, it is held, as far as there is room.
 */
export function awaitedFile(
  item: GridItem,
  file: SharedFile | string,
  { digest, incident, origin }: { readonly digest: string; readonly incident: string; readonly origin?: string },
  placeOf: PlaceOf,
): NewDelivery {
  const { topic, id, xml, unnamed, publisher } = item
  const place =
    typeof file === 'string' ? { refused: `invalid item: its file cannot be had: ${file}` } : placeOf(file.url)
  const kept: Awaited = { topic, id, xml, ...(unnamed && { unnamed }), ...(publisher !== undefined && { publisher }) }
  const row = {
    kind: 'file',
    incident,
    ...(origin !== undefined && { origin }),
    item: createHash('sha256').update(`${topic}\n${id}\n${digest}`).digest('hex'),
    payload: JSON.stringify({ format: FORMAT, ...kept }),
  } as const
  if ('host' in place) return { ...row, destination: place.host, state: 'pending' }
  const bound = { name: `files elsewhere of ${topic}`, most: MOST, each: EACH }
  return { ...row, destination: ELSEWHERE, state: 'held', reason: place.refused, bound }
}

/** The item that `awaitedFile` kept, or why nothing can be made of what the store has. */
export function parseAwaited(payload: string): GridItem | string {
  try {
    const { format, topic, id, xml, unnamed, publisher } = JSON.parse(payload) as Partial<Awaited> & { format?: number }
    if (format === FORMAT && typeof topic === 'string' && typeof id === 'string' && typeof xml === 'string') {
      const by = typeof publisher === 'string' ? { publisher } : {}
      return { topic, id, xml, retained: true, ...(unnamed === true && { unnamed }), ...by }
    }
  } catch {
    // the parser's own words quote it
  }
  return 'what the store kept of it is no item that awaits a file'
}
