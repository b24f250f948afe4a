import { directionName, kindName, PENDING, SENDING, stateName } from '../coding/codes.ts'
import { formatId } from '../coding/ids.ts'
import type { DeliveryGroup, DeliverySummary } from '../contract.ts'

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
  readonly item: string
  readonly document: string | null
  readonly items: string | null
  readonly state: number
  readonly attempts: number
  readonly due: number | null
  readonly reason: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly requeued_at: number | null
}

export const SUMMARY_COLUMNS = `d.seq, d.envelope, e.direction, e.source, t.kind, t.name, d.incident, d.also, coalesce(d.name, d.item) AS item,
  m.id AS document, m.items, d.state, d.attempts, d.due, d.reason, d.created_at, d.updated_at, d.requeued_at`
export const SUMMARY_FROM = `delivery d JOIN envelope e ON e.seq = d.envelope JOIN destination t ON t.id = d.destination
  LEFT JOIN delivery_group g ON g.seq = d.grp LEFT JOIN document m ON m.seq = g.document`

/** Documents whose lists were parsed, in one answer: a document of a thousand items is that of a thousand deliveries. */
export type Documents = Map<string, DeliveryGroup>

export function toSummary(row: SummaryRow, documents: Documents): DeliverySummary {
  return {
    id: formatId(row.seq),
    envelope: formatId(row.envelope),
    direction: directionName(row.direction),
    source: row.source,
    kind: kindName(row.kind),
    destination: row.name,
    incident: row.incident,
    ...(row.also !== null && { also: JSON.parse(row.also) as string[] }),
    item: row.item,
    group: groupOf(row, documents),
    state: stateName(row.state),
    attempts: row.attempts,
    nextAttempt: row.state === PENDING || row.state === SENDING ? row.due : null,
    reason: row.reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.requeued_at === null ? {} : { requeuedAt: row.requeued_at }),
  }
}

function groupOf({ document: id, items }: SummaryRow, documents: Documents): DeliveryGroup | null {
  if (id === null || items === null) return null
  const known = documents.get(id)
  if (known !== undefined) return known
  const group = { id, items: JSON.parse(items) as string[] }
  documents.set(id, group)
  return group
}
