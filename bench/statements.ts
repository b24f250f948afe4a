import type { PostgresServer } from '../test/support/postgres.ts'
import { line } from './figures.ts'

/** lines of postgresql.conf, so that a server counts */
export const COUNTING = [`shared_preload_libraries = 'pg_stat_statements'`, 'pg_stat_statements.track_utility = on']

/** What the server was asked, from `begin` on: the most frequent statements, how often for each of so many, and what they cost. */
export function countStatements(server: PostgresServer) {
  return {
    async begin(): Promise<void> {
      await server.psql('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')
      await server.psql('SELECT pg_stat_statements_reset()')
    },
    async tell(what: string, each: number, most = 24): Promise<void> {
      const found = await server.psql(`SELECT sum(calls), (sum(total_exec_time) * 1000)::bigint,
        left(regexp_replace(query, '\\s+', ' ', 'g'), 90) FROM pg_stat_statements GROUP BY 3 ORDER BY 1 DESC LIMIT ${most}`)
      for (const row of found.split('\n')) {
        const [calls, us, ...text] = row.split('|')
        line(
          `${what}: ${text.join('|')}`,
          `${(Number(calls) / each).toFixed(3)} calls, ${Math.round(Number(us) / each)} us`,
        )
      }
    },
  }
}
