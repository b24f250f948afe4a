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
  const enlist = one<{ fresh: boolean; others: string }>(
    db,
    `WITH own AS (
       INSERT INTO lease AS held (name, owner, until) VALUES ($1 || ' ' || $2, $2, clock_timestamp() + make_interval(secs => $3))
       ON CONFLICT (name) DO UPDATE SET until = excluded.until RETURNING xmax = 0 AS fresh)
     SELECT own.fresh, coalesce((SELECT string_agg(owner, ' ') FROM lease
       WHERE starts_with(name, $1 || ' ') AND owner <> $2 AND until > clock_timestamp()), '') AS others FROM own`,
  )
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
    async enlist(name, ms) {
      const { fresh, others } = (await enlist(name, owner, ms / 1000))!
      if (fresh) told()
      return { own: owner, all: [owner, ...others.split(' ').filter(Boolean)].toSorted() }
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
