import type { Fleet, GatewayAtWork } from '../fleet.ts'
import { all, type Db, one, run } from './sql.ts'

/** `db`: autocommit. Time is the server's: clocks of several machines are never quite the same. `told`: that somebody came or left. */
export function createFleet(db: Db, owner: string, told: () => void): Fleet {
  const take = one<{ owner: string }>(
    db,
    `INSERT INTO lease AS held (name, owner, until) VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
       WHERE held.owner = excluded.owner OR held.until < clock_timestamp()
     RETURNING owner`,
  )
  const end = run(db, 'DELETE FROM lease WHERE name = $1 AND owner = $2')
  // each has a lease of its own: `NAME OWNER`, which goes with its row among the living (instances.ts)
  const enlist = one<{ fresh: boolean; others: readonly { owner: string; without: readonly string[] | null }[] }>(
    db,
    `WITH own AS (
       INSERT INTO lease AS held (name, owner, until, without)
       VALUES ($1 || ' ' || $2, $2, clock_timestamp() + make_interval(secs => $3), $4)
       ON CONFLICT (name) DO UPDATE SET until = excluded.until, without = excluded.without RETURNING xmax = 0 AS fresh)
     SELECT own.fresh, coalesce((SELECT json_agg(json_build_object('owner', owner, 'without', without)) FROM lease
       WHERE starts_with(name, $1 || ' ') AND owner <> $2 AND until > clock_timestamp()), '[]') AS others FROM own`,
  )
  /** by name: what was left to others at last */
  const before = new Map<string, string>()
  const roster = all<{ owner: string }>(
    db,
    `SELECT owner FROM lease WHERE starts_with(name, $1 || ' ') AND until > clock_timestamp()`,
  )
  const mark = one<{ id: string }>(db, 'SELECT id::text AS id FROM mark')
  const present = all<GatewayAtWork>(
    db,
    `SELECT id, host, pid, version, (extract(epoch FROM started) * 1000)::bigint AS started, id = $1 AS ours
     FROM instance ORDER BY started, id`,
  )
  return {
    async lease(name, ms) {
      return (await take(name, owner, ms / 1000)) !== undefined
    },
    async endLease(name) {
      await end(name, owner)
    },
    async enlist(name, ms, without = []) {
      const { fresh, others } = (await enlist(name, owner, ms / 1000, without))!
      const parts = JSON.stringify(without)
      if (fresh || before.get(name) !== parts) told()
      before.set(name, parts)
      const lists = [{ owner, without }, ...others]
      return {
        own: owner,
        all: lists.map((one) => one.owner).toSorted(),
        without: new Map(lists.map((one) => [one.owner, one.without ?? []])),
      }
    },
    async leave(name) {
      if ((await end(`${name} ${owner}`, owner)) > 0) told()
    },
    roster: async (name) => (await roster(name)).map(({ owner }) => owner).toSorted(),
    async mark() {
      return (await mark())?.id ?? owner
    },
    gateways: () => present(owner),
  }
}
