import type { Fleet, GatewayAtWork } from '../fleet.ts'
import { all, type Db, one, run } from './sql.ts'

/** `db`: autocommit. Time is the server's: clocks of several machines are never quite the same. */
export function createFleet(db: Db, owner: string): Fleet {
  const take = one<{ owner: string }>(
    db,
    `INSERT INTO lease AS held (name, owner, until) VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
       WHERE held.owner = excluded.owner OR held.until < clock_timestamp()
     RETURNING owner`,
  )
  const end = run(db, 'DELETE FROM lease WHERE name = $1 AND owner = $2')
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
    async mark() {
      return (await mark())?.id ?? owner
    },
    gateways: () => present(owner),
  }
}
