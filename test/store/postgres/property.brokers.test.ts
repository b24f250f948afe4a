import assert from 'node:assert/strict'
import { testAgainstModel } from '../property.ts'
import { createPostgresBench, type PostgresBench } from './bench.ts'

// each step is a dozen questions to a server: `npm run soak -- cases` has the many
testAgainstModel('postgres', createPostgresBench, assertCountsAndFlags, 3)

/** What is kept for speed says the same as the rows themselves. */
async function assertCountsAndFlags({ sql, schema }: PostgresBench): Promise<void> {
  const wrong = await sql`
    SELECT t.name, NULL::bigint AS seq FROM ${sql(schema)}.destination t
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE state = 0) AS pending, count(*) FILTER (WHERE state = 1) AS sending,
        count(*) FILTER (WHERE state = 3) AS held, count(*) FILTER (WHERE state = 4) AS withheld
      FROM ${sql(schema)}.delivery d WHERE d.destination = t.id) c
    WHERE (t.pending, t.sending, t.held, t.withheld) IS DISTINCT FROM (c.pending, c.sending, c.held, c.withheld)
    UNION ALL SELECT NULL, d.seq FROM ${sql(schema)}.delivery d
    WHERE d.state = 0 AND d.ready = (d.behind IS NOT NULL OR EXISTS (
      SELECT 1 FROM ${sql(schema)}.delivery m JOIN ${sql(schema)}.delivery e
        ON e.destination = m.destination AND e.incident = m.incident AND e.origin = m.origin
      WHERE (m.seq = d.seq OR m.grp = d.grp) AND m.state = 0 AND e.state IN (0, 1)
        AND (e.ord < m.ord OR (e.ord = m.ord AND e.seq <> m.seq AND e.state = 1))))`
  assert.deepEqual([...wrong], [])
}
