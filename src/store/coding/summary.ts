import type { DeliveryGroup, DeliverySummary } from '../contract.ts'
import { directionName, kindName, PENDING, SENDING, stateName } from './codes.ts'
import { formatId } from './ids.ts'

/** A delivery with its envelope and destination; what it goes out as, and its document, are beside it. */
export interface DeliveryRow {
  readonly seq: number
  readonly envelope: number
  readonly direction: number
  readonly source: string
  readonly kind: number
  readonly name: string
  readonly incident: string
  readonly also: string | null
  readonly state: number
  readonly attempts: number
  readonly due: number | null
  readonly reason: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly requeued_at: number | null
}

export function summaryOf(row: DeliveryRow, item: string, group: DeliveryGroup | null): DeliverySummary {
  return {
    id: formatId(row.seq),
    envelope: formatId(row.envelope),
    direction: directionName(row.direction),
    source: row.source,
    kind: kindName(row.kind),
    destination: row.name,
    incident: row.incident,
    ...(row.also !== null && { also: JSON.parse(row.also) as string[] }),
    item,
    group,
    state: stateName(row.state),
    attempts: row.attempts,
    nextAttempt: row.state === PENDING || row.state === SENDING ? row.due : null,
    reason: row.reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.requeued_at === null ? {} : { requeuedAt: row.requeued_at }),
  }
}
