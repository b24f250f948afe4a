import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { connect } from '../../../src/store/sqlite/connect.ts'
import { createShares, type Sharing } from '../../../src/store/sqlite/shares.ts'
import { runs } from '../../support/arbitraries.ts'
import { MEMORY } from '../support.ts'
import { fill } from './fill.ts'

const ORIGINS = Array.from({ length: 7 }, (_, n) => `csirt-${n}`)

/** A hundred messages, of which forty wait: to one Topic, each of an incident of its own. */
async function filled(use: (db: DatabaseSync) => void): Promise<void> {
  const folder = await mkdtemp(join(MEMORY, 'shares-'))
  const path = join(folder, 'one.db')
  connect({ path, create: true, busyMs: 1000 }).close()
  fill(path, 100, 1_767_225_600_000)
  const db = new DatabaseSync(path)
  try {
    use(db)
  } finally {
    db.close()
    await rm(folder, { recursive: true })
  }
}

type Step = number | 'count' | 'forget'

/** What is done to one that waits, or does not, and what the shares say of it against what the rows say. */
function compared(db: DatabaseSync) {
  const truth = db.prepare(
    'SELECT count(*) AS deliveries, coalesce(sum(size), 0) AS bytes FROM delivery WHERE origin = ? AND state IN (0, 1)',
  )
  const place = db.prepare('SELECT destination, incident, origin, size, state FROM delivery WHERE incident = ?')
  const set = db.prepare('UPDATE delivery SET state = ?, ready = 0, due = 1 WHERE incident = ?')
  const shares = createShares(db, 7)
  return {
    take(step: Step): void {
      if (step === 'count') shares.prepare()
      else if (step === 'forget') shares.forget()
      else {
        const row = place.get(step) as never as Sharing & { state: number }
        const isOpen = row.state < 2
        set.run(isOpen ? 2 : 0, step)
        shares.changed(0, row, isOpen ? -1 : 1)
      }
    },
    compare(): void {
      if (!shares.prepare()) return
      for (const origin of ORIGINS) {
        const expected = { ...truth.get(origin) }
        assert.deepEqual({ ...shares.at(1, origin) }, expected)
        assert.deepEqual({ ...shares.ofKind(0, origin) }, expected)
      }
    },
  }
}

test('what origins have waiting is counted a slice at a time, whatever changes between two of them', () =>
  filled((db) => {
    const step: fc.Arbitrary<Step> = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom('count', 'forget'))
    const carryOut = (steps: readonly Step[]) => {
      db.exec('BEGIN')
      try {
        const both = compared(db)
        for (const one of steps) {
          both.take(one)
          both.compare()
        }
      } finally {
        db.exec('ROLLBACK')
      }
    }
    fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), carryOut), runs(50))
  }))

test('it is not known before all are counted, and known from then on', () =>
  filled((db) => {
    const shares = createShares(db, 10)
    const said = Array.from({ length: 6 }, () => shares.prepare())
    assert.deepEqual(said, [false, false, false, false, true, true])
    shares.forget()
    assert.equal(shares.prepare(), true, 'what was known is good enough')
  }))
