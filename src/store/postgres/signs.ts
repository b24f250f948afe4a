import type { Place } from './connect.ts'
import { createReader, type Reader } from './reader.ts'
import { run } from './sql.ts'

/** ms that a sign may wait for a standby */
const ENOUGH = 1000

/**
 * What is written and over within seconds by itself: signs of life, leases, and what is told to other gateways. Its connection is its own, and
 * its tables are in no log (schema-growth.ts), so that it has nothing to wait for where a standby is away: gateways do not take each other for dead then,
 * and readers do not stand behind it. Now and then the server puts something of its own into the log of such a transaction (it tidies a page of
 * its catalogues), and would let that wait: such a wait is ended after a second. What is acknowledged is never written here.
 */
export function createSigns(place: Place, owner: string, patience: number, reader: Reader): Reader {
  const name = `signs ${owner}`
  const signs = createReader(place, patience, name, 1)
  const endWait = run(
    reader.db,
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND wait_event = 'SyncRep'`,
  )
  return {
    ...signs,
    async read(query, ms) {
      const timer = setInterval(() => {
        reader.read(() => endWait(`iodef-gateway ${name}`)).catch(() => {})
      }, ENOUGH)
      try {
        return await signs.read(query, ms)
      } finally {
        clearInterval(timer)
      }
    },
  }
}
