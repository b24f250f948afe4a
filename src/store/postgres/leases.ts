import { PENDING } from '../coding/codes.ts'
import { parseId } from '../coding/ids.ts'
import type { Unheard } from './handed-out.ts'
import { PLACE, type Place } from './order.ts'
import { all, run } from './sql.ts'
import type { Tables } from './tables.ts'

export interface UnheardOf extends Unheard {
  /** ids of what we were told of */
  readonly known: readonly string[]
}

/** Leases that end by themselves. Each inside a transaction; with how many there were. */
export interface Leases {
  /** Of ours at a destination, what ran out. Another's live lease is its own, whatever our clock says. */
  releaseExpired(destination: number, now: number): Promise<void>
  /** Ours at a destination, of claims that nobody heard of. */
  releaseUnheard(destination: number, unheard: UnheardOf): Promise<void>
  /** Ours, and those of gateways that are no more. */
  releaseAll(): Promise<number>
  /** Those of gateways that are no more. */
  releaseDead(): Promise<number>
  /** What was written later than `now` waits from now on for as long as it was to wait from then on. */
  clockWentBack(now: number): Promise<number>
}

// `state <> 2` is what lets the partial index delivery_oldest serve this
const LEASED = `SELECT ${PLACE} FROM delivery d WHERE d.state <> 2 AND d.state = 1`
const DEAD = 'NOT EXISTS (SELECT 1 FROM instance i WHERE i.id = d.owner)'

export function createLeases({ db, clock, owner, destinations, order }: Tables): Leases {
  const expired = all<Place>(db, `${LEASED} AND d.destination = $1 AND d.lease <= $2 AND (d.owner = $3 OR ${DEAD})`)
  const unheard = all<Place>(
    db,
    `${LEASED} AND d.destination = $1 AND d.owner = $2 AND d.updated_at <= $3 AND d.seq <> ALL($4::bigint[])`,
  )
  const ours = all<Place>(db, `${LEASED} AND (d.owner = $1 OR ${DEAD})`)
  const dead = all<Place>(db, `${LEASED} AND d.owner <> $1 AND ${DEAD}`)
  const release = run(
    db,
    `UPDATE delivery SET state = ${PENDING}, lease = NULL, owner = NULL, due = least(due, $1) WHERE seq = ANY($2::bigint[])`,
  )
  const rebase = run(
    db,
    `UPDATE delivery SET due = $1 + greatest(0, due - updated_at), not_before = $1 + greatest(0, not_before - updated_at), updated_at = $1
     WHERE state <> 2 AND state = 0 AND updated_at > $1`,
  )

  async function releaseEach(places: readonly Place[], now: number): Promise<number> {
    if (places.length === 0) return 0
    await release(
      now,
      places.map(({ seq }) => seq),
    )
    for (const { destination } of places) destinations.moved(destination, 'sending', 'pending')
    await order.returned(places)
    return places.length
  }

  /** Once more behind the lock of their destinations: what was settled meanwhile has no lease. */
  async function releaseLocked(find: (owner: string) => Promise<readonly Place[]>): Promise<number> {
    const found = await find(owner)
    if (found.length === 0) return 0
    await destinations.hold(found.map(({ destination }) => destination))
    return releaseEach(await find(owner), clock.now())
  }

  return {
    async releaseExpired(destination, now) {
      await releaseEach(await expired(destination, now, owner), now)
    },
    async releaseUnheard(destination, { until, known }) {
      const seqs = known.flatMap((id) => parseId(id) ?? [])
      await releaseEach(await unheard(destination, owner, until, seqs), clock.now())
    },
    releaseAll: () => releaseLocked(ours),
    releaseDead: () => releaseLocked(dead),
    clockWentBack: rebase,
  }
}
