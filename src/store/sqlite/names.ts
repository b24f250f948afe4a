import type { DatabaseSync } from 'node:sqlite'
import type { NewDelivery } from '../contract.ts'
import { sameInSql, toKey } from './keys.ts'
import { all, one, run, type Value } from './sql.ts'

/** What deliveries to Topics go out as (NewDelivery.apart). */
interface Names {
  /** Inside a transaction, for a delivery that is about to be stored: null where nothing can stand apart. `met`: its item or its like was there before. */
  of(destination: number, source: string, delivery: NewDelivery, met: boolean): Value
}

interface Sole {
  readonly seq: number
  readonly name: Value
  readonly variant: string | Uint8Array
}

/** A delivery that goes out as its item, and is the only one of that to its destination: most are, and no index has them by name. */
const ITSELF = ''

export function createNames(db: DatabaseSync): Names {
  const latest = one<{ variant: string | Uint8Array }>(
    db,
    `SELECT variant FROM delivery WHERE name = ? AND name > '' AND destination = ? ORDER BY seq DESC LIMIT 1`,
  )
  const firstTwo = all<Sole>(
    db,
    `SELECT seq, name, variant FROM delivery WHERE ${sameInSql('item', '?1')} AND destination = ?2 LIMIT 2`,
  )
  const spellOut = run(db, 'UPDATE delivery SET name = item WHERE seq = ?')
  // several can have sent what stands there
  const saidByAnother = one(
    db,
    `SELECT 1 FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE d.name = ? AND d.name > '' AND d.destination = ? AND d.variant = ? AND e.source <> ? LIMIT 1`,
  )
  const cameFromThere = one(
    db,
    `SELECT 1 FROM delivery d JOIN envelope e ON e.seq = d.envelope
     WHERE ${sameInSql('d.item', '?1')} AND d.variant <> ?2 AND e.direction = 1 AND e.source = ?3 LIMIT 1`,
  )

  /** The only one there was is not the only one any more. */
  function spellOutSole(item: Value, destination: number): boolean {
    const there = firstTwo(item, destination)
    if (there.length === 1 && there[0]!.name === ITSELF) spellOut(there[0]!.seq)
    return there.length > 0
  }

  return {
    of(destination, source, { destination: topic, item, variant = '', apart }, met) {
      if (!met) return apart === undefined ? null : ITSELF
      const key = toKey(item)
      const isKnown = spellOutSole(key, destination)
      if (apart === undefined) return null
      const before = latest(key, destination)
      const wanted = toKey(variant)
      const isAnothers =
        before === undefined
          ? cameFromThere(key, wanted, topic) !== undefined
          : !isSame(before.variant, wanted) && saidByAnother(key, destination, before.variant, source) !== undefined
      if (isAnothers) return toKey(apart)
      return isKnown ? key : ITSELF
    },
  }
}

function isSame(a: string | Uint8Array, b: Value): boolean {
  return typeof a === 'string' || !(b instanceof Uint8Array) ? a === b : Buffer.compare(a, b) === 0
}
