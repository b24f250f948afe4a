import { directionName, kindName, PENDING, SENDING, stateName } from '../coding/codes.ts'
import { formatId } from '../coding/ids.ts'
import type { DeliverySummary } from '../contract.ts'
import type { Groups } from './groups.ts'
import { fromKey } from './keys.ts'

/** A delivery with its envelope and destination: what SUMMARY_FROM selects. */
export interface SummaryRow {
  readonly seq: number
  readonly envelope: number
  readonly direction: number
  readonly source: string
  readonly kind: number
  readonly name: string
  readonly incident: string
  readonly also: string | null
  readonly item: string | Uint8Array
  readonly grp: number | null
  readonly state: number
  readonly attempts: number
  readonly due: number | null
  readonly reason: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly requeued_at: number | null
}

export const SUMMARY_COLUMNS = `d.seq, d.envelope, e.direction, e.source, t.kind, t.name, i.key AS incident, d.also,
  CASE WHEN d.name > '' THEN d.name ELSE d.item END AS item, d.grp, d.state,
  d.attempts, d.due, d.reason, d.created_at, d.updated_at, d.requeued_at`
export const SUMMARY_FROM = `delivery d JOIN envelope e ON e.seq = d.envelope JOIN destination t ON t.id = d.destination
  JOIN incident i ON i.id = d.incident`

export function toSummary(row: SummaryRow, groups: Groups): DeliverySummary {
  return {
    id: formatId(row.seq),
    envelope: formatId(row.envelope),
    direction: directionName(row.direction),
    source: row.source,
    kind: kindName(row.kind),
    destination: row.name,
    incident: row.incident,
    ...(row.also !== null && { also: JSON.parse(row.also) as string[] }),
    item: fromKey(row.item),
    group: row.grp === null ? null : groups.describe(row.grp),
    state: stateName(row.state),
    attempts: row.attempts,
    nextAttempt: row.state === PENDING || row.state === SENDING ? row.due : null,
    reason: row.reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.requeued_at === null ? {} : { requeuedAt: row.requeued_at }),
  }
}
