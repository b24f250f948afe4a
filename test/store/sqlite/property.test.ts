import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { testAgainstModel } from '../property.ts'
import { createBench, MEMORY, type SqliteBench } from '../support.ts'

testAgainstModel('sqlite', () => createBench(MEMORY), assertCountsAndFlags)

/** What is kept for speed says the same as the rows themselves. */
function assertCountsAndFlags({ path }: SqliteBench): void {
  using db = new DatabaseSync(path, { readOnly: true })
  const wrongCounts = db
    .prepare(
      `SELECT t.name FROM destination t WHERE
         t.pending <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 0) OR
         t.sending <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 1) OR
         t.held <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 3) OR
         t.withheld <> (SELECT count(*) FROM delivery d WHERE d.destination = t.id AND d.state = 4)`,
    )
    .all()
  assert.deepEqual(wrongCounts, [])
  const wrongFlags = db
    .prepare(
      `SELECT d.seq, d.ready FROM delivery d WHERE d.state = 0 AND d.ready = (d.behind IS NOT NULL OR EXISTS (
         SELECT 1 FROM delivery m JOIN delivery e ON e.destination = m.destination AND e.incident = m.incident
           AND e.origin = m.origin
         WHERE (m.seq = d.seq OR m.grp = d.grp) AND m.state = 0 AND e.state IN (0, 1)
           AND (e.ord < m.ord OR (e.ord = m.ord AND e.seq <> m.seq AND e.state = 1))))`,
    )
    .all()
  assert.deepEqual(wrongFlags, [])
  // such a one is found by its item alone: another of the same would be overlooked
  const unnamed = `SELECT seq FROM delivery d WHERE name = '' AND EXISTS (
    SELECT 1 FROM delivery o WHERE o.item = d.item AND o.destination = d.destination AND o.seq <> d.seq)`
  assert.deepEqual(db.prepare(unnamed).all(), [])
  const orphans = 'SELECT seq FROM body WHERE seq NOT IN (SELECT body FROM delivery WHERE body IS NOT NULL)'
  assert.deepEqual(db.prepare(orphans).all(), [])
}
