import { directionCode, kindCode, PENDING } from '../coding/codes.ts'
import { listed } from '../coding/deliveries.ts'
import { type DeliveryRow, summaryOf } from '../coding/summary.ts'
import type { DeliveryGroup, DeliverySummary, NewDelivery, NewEnvelope } from '../contract.ts'
import { fromKey } from './keys.ts'
import type { Value } from './sql.ts'

/** What SUMMARY_FROM selects. */
export interface SummaryRow extends DeliveryRow {
  readonly item: string | Uint8Array
  readonly grp: number | null
}

/** What a claim reads of a delivery. */
export interface ClaimRow extends SummaryRow {
  readonly origin: string
  /** null where it is missing */
  readonly body: string | null
}

export const SUMMARY_COLUMNS = `d.seq, d.envelope, e.direction, e.source, t.kind, t.name, i.key AS incident, d.also,
  CASE WHEN d.name > '' THEN d.name ELSE d.item END AS item, d.grp, d.state,
  d.attempts, d.due, d.reason, d.created_at, d.updated_at, d.requeued_at`
export const SUMMARY_FROM = `delivery d JOIN envelope e ON e.seq = d.envelope JOIN destination t ON t.id = d.destination
  JOIN incident i ON i.id = d.incident`

/** What is written of a delivery besides what it says itself: its columns. */
interface Written {
  readonly seq: number
  readonly envelope: number
  readonly origin: string
  readonly name: Value
  readonly item: Value
  readonly due: number
  readonly now: number
}

/** What a claim would read of a delivery that waits by itself and was just stored. */
export function rowOf(message: NewEnvelope, delivery: NewDelivery, written: Written): ClaimRow {
  const { seq, envelope, origin, name, item, due, now } = written
  return {
    seq,
    envelope,
    direction: directionCode(message.direction),
    source: message.source,
    origin,
    kind: kindCode(delivery.kind),
    name: delivery.destination,
    incident: delivery.incident,
    also: listed(delivery.also ?? []),
    item: (name === null || name === '' ? item : name) as ClaimRow['item'],
    grp: null,
    state: PENDING,
    attempts: 0,
    due,
    reason: delivery.reason ?? null,
    created_at: message.receivedAt,
    updated_at: now,
    requeued_at: null,
    body: delivery.payload,
  }
}

/** What a document is, by the number of its delivery to a destination. */
interface Documents {
  describe(grp: number): DeliveryGroup | null
}

export function toSummary(row: SummaryRow, groups: Documents): DeliverySummary {
  return summaryOf(row, fromKey(row.item), row.grp === null ? null : groups.describe(row.grp))
}
