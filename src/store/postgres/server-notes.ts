import { openSessions, type Place } from './connect.ts'
import { storeError } from './faults.ts'

/** What an operator may want to know of the server. Rejects with 'store-unavailable'. */
export async function serverNotes(place: Place): Promise<readonly string[]> {
  const { sql } = openSessions(place, { name: 'check', sessions: 1 })
  try {
    // who may not look at what the standbys do sees how many are asked for, all the same
    const [found] = await sql<{ names: string; waits: string; synchronous: number }[]>`
      SELECT current_setting('synchronous_standby_names') AS names, current_setting('synchronous_commit') AS waits,
        (SELECT count(*)::integer FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) AS synchronous`
    const { names, synchronous } = found!
    if (names === '') {
      return [
        'PostgreSQL has no synchronous standby: what is acknowledged is on the disk of one machine (synchronous_standby_names)',
      ]
    }
    if (synchronous === 0) {
      return [
        `none of the synchronous standbys of PostgreSQL is connected (${names}): nothing can be committed until one is`,
      ]
    }
    return []
  } catch (error) {
    throw storeError(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
