import { type DeliveryRow, summaryOf } from '../coding/summary.ts'
import type { DeliverySummary } from '../contract.ts'
import type { Groups } from './groups.ts'
import { fromKey } from './keys.ts'

/** What SUMMARY_FROM selects. */
export interface SummaryRow extends DeliveryRow {
  readonly item: string | Uint8Array
  readonly grp: number | null
}

export const SUMMARY_COLUMNS = `d.seq, d.envelope, e.direction, e.source, t.kind, t.name, i.key AS incident, d.also,
  CASE WHEN d.name > '' THEN d.name ELSE d.item END AS item, d.grp, d.state,
  d.attempts, d.due, d.reason, d.created_at, d.updated_at, d.requeued_at`
export const SUMMARY_FROM = `delivery d JOIN envelope e ON e.seq = d.envelope JOIN destination t ON t.id = d.destination
  JOIN incident i ON i.id = d.incident`

export function toSummary(row: SummaryRow, groups: Groups): DeliverySummary {
  return summaryOf(row, fromKey(row.item), row.grp === null ? null : groups.describe(row.grp))
}
