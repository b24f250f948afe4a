import type { TallyRow } from '../coding/tally.ts'

/** What is read of a delivery that is counted. */
export const TALLIED = 'd.destination, d.state, d.reason, d.created_at, d.seq'
/** The same, with statement.setReturnArrays: an object for each of a million is half of the work. */
type Tallied = readonly [destination: number, state: number, reason: string | null, createdAt: number, seq: number]

interface Group extends Omit<TallyRow, 'kind' | 'name'> {
  readonly destination: number
  count: number
  oldest: number
  /** lowest key */
  first: number
}

/**
 * The group with the lowest key first. Put together here, as the rows come: to GROUP BY what no index has in order SQLite has all of them in
 * memory at once.
 */
export function groupsOf(
  rows: Iterable<Tallied>,
  times: readonly number[],
  most: number,
): readonly Group[] | 'too-many' {
  const groups = new Map<string, Group>()
  for (const [destination, state, reason, createdAt, seq] of rows) {
    let age = 0
    for (const time of times) if (createdAt <= time) age += 1
    const key = reason === null ? `${destination} ${state} ${age}` : `${destination} ${state} ${age} ${reason}`
    const group = groups.get(key)
    if (group === undefined) {
      if (groups.size === most) return 'too-many'
      groups.set(key, { destination, state, reason, age, count: 1, oldest: createdAt, first: seq })
    } else {
      group.count += 1
      group.oldest = Math.min(group.oldest, createdAt)
      group.first = Math.min(group.first, seq)
    }
  }
  return [...groups.values()].sort((a, b) => a.first - b.first)
}
