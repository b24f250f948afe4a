import type { DeliverySummary } from '../contract.ts'
import { parseId } from './ids.ts'

/** deliveries that are in memory at once */
const PAGE = 1000

/** Keys of deliveries that are asked for. */
export interface Bounds {
  /** the first of what is not settled for good, and of what is */
  readonly open: number
  readonly over: number
  /** the last that there is */
  readonly last: number
}

/** Of the deliveries with keys behind `after`, up to `until`, the first `limit`. */
export interface Stretch {
  readonly after: number
  readonly until: number
  readonly limit: number
}

/**
 * All of them, in pages: each key is looked at once, however the rows that were asked for lie among others. A stretch that had too many is
 * gone on with behind the last that fitted, in steps as long as what filled a page; one that had few is followed by one twice as long.
 */
export async function* pagesOf(
  bounds: () => Bounds | Promise<Bounds>,
  read: (bounds: Bounds, stretch: Stretch) => readonly DeliverySummary[] | Promise<readonly DeliverySummary[]>,
): AsyncGenerator<readonly DeliverySummary[], void, void> {
  const found = await bounds()
  const { open, over, last } = found
  let after = Math.min(open, over) - 1
  let length = last - after
  while (after < last) {
    const until = Math.min(last, after + length)
    const rows = await read(found, { after, until, limit: PAGE })
    if (rows.length > 0) yield rows
    const end = rows.length < PAGE ? until : (parseId(rows.at(-1)?.id ?? '') ?? until)
    length = rows.length < PAGE ? 2 * length : end - after
    after = end
  }
}
