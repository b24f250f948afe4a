import { createHash } from 'node:crypto'
import { alike } from '../events/trace-words.ts'
import type { DeliverySummary } from '../store/contract.ts'
import type { DestinationKind } from '../vocabulary.ts'

/** What is held for one destination for one reason. */
export interface HeldGroup {
  /** stands for destination and reason, in forms and links */
  readonly key: string
  readonly kind: DestinationKind
  readonly destination: string
  /** of the newest of them */
  readonly reason: string
  /** the newest first */
  readonly rows: readonly DeliverySummary[]
}

/** The largest first. `rows` as the store lists them, oldest first. */
export function heldGroups(rows: readonly DeliverySummary[]): HeldGroup[] {
  const groups = Map.groupBy(rows, groupOf)
  return [...groups]
    .map(([key, group]) => {
      const newest = group.toReversed().toSorted((a, b) => b.updatedAt - a.updatedAt) as [
        DeliverySummary,
        ...DeliverySummary[],
      ]
      const [{ kind, destination, reason }] = newest
      return { key, kind, destination, reason: reason ?? '', rows: newest }
    })
    .sort((a, b) => b.rows.length - a.rows.length)
}

/** The key of the group that a held delivery belongs to: 16 hex digits. */
export function groupOf({ kind, destination, reason }: DeliverySummary): string {
  const of = JSON.stringify([kind, destination, alike(reason)])
  return createHash('sha256').update(of).digest('hex').slice(0, 16)
}
