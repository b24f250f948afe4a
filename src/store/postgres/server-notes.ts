import { openSessions, type Place } from './connect.ts'
import { storeError } from './faults.ts'

/** What an operator may want to know of the server. Rejects with 'store-unavailable'. */
export async function serverNotes(place: Place): Promise<readonly string[]> {
  const { sql } = openSessions(place, { name: 'check', sessions: 1 })
  try {
    // who may not look at what the standbys do sees how many are asked for, all the same
    const [found] = await sql<{ names: string; synchronous: number; tls: string | null }[]>`
      SELECT current_setting('synchronous_standby_names') AS names,
        (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
        (SELECT count(*)::integer FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) AS synchronous`
    const { names, synchronous, tls } = found!
    return [encryption(place, tls), ...standbys(names, synchronous)]
  } catch (error) {
    throw storeError(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** `version`: of TLS, as the server has it; null behind a pooler that speaks to it without. */
function encryption({ tls }: Place, version: string | null): string {
  if (tls === undefined) return 'the connection to PostgreSQL is not encrypted: its servers are on this machine'
  const certificate = tls().cert === undefined ? '' : ', and shows our certificate'
  return `the connection to PostgreSQL is encrypted (${version ?? 'TLS'}), verifies the server${certificate}`
}

function standbys(names: string, synchronous: number): string[] {
  if (names === '') {
    return [
      'PostgreSQL has no synchronous standby: what is acknowledged is on the disk of one machine (synchronous_standby_names)',
    ]
  }
  if (synchronous > 0) return []
  return [
    `none of the synchronous standbys of PostgreSQL is connected (${names}): nothing can be committed until one is`,
  ]
}
