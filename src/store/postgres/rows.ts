import { type DeliveryRow, summaryOf } from '../coding/summary.ts'
import type { DeliveryGroup, DeliverySummary } from '../contract.ts'

/** What SUMMARY_FROM selects. */
export interface SummaryRow extends DeliveryRow {
  readonly item: string
  readonly document: string | null
  readonly items: string | null
}

const columns = (
  items: string,
) => `d.seq, d.envelope, e.direction, e.source, t.kind, t.name, d.incident, d.also, coalesce(d.name, d.item) AS item,
  m.id AS document, ${items}, d.state, d.attempts, d.due, d.reason, d.created_at, d.updated_at, d.requeued_at`
export const SUMMARY_COLUMNS: string = columns('m.items')
/** The same, where `toSummary` is told the documents: of a list of hundreds one is enough. */
export const COLUMNS_WITHOUT_LISTS: string = columns('NULL AS items')
export const SUMMARY_FROM = `delivery d JOIN envelope e ON e.seq = d.envelope JOIN destination t ON t.id = d.destination
  LEFT JOIN delivery_group g ON g.seq = d.grp LEFT JOIN document m ON m.seq = g.document`

/** Documents whose lists were parsed, in one answer: a document of a thousand items is that of a thousand deliveries. */
export type Documents = Map<string, DeliveryGroup>

export function toSummary(row: SummaryRow, documents: Documents): DeliverySummary {
  return summaryOf(row, row.item, groupOf(row, documents))
}

function groupOf({ document: id, items }: SummaryRow, documents: Documents): DeliveryGroup | null {
  const known = id === null ? undefined : documents.get(id)
  if (known !== undefined) return known
  if (id === null || items === null) return null
  const group = { id, items: JSON.parse(items) as string[] }
  documents.set(id, group)
  return group
}
