import type { Clock } from '../../clock.ts'
import { firstKeyAt } from '../coding/ids.ts'
import type { Db } from './sql.ts'
import { one } from './sql.ts'

/** Keys of envelopes and deliveries (coding/ids.ts), given out by the server: each is greater than all that anybody had before. */
export interface Keys {
  /** Inside a transaction that has locked the line the key is for: what was in it before has a smaller one, whoever put it there. */
  next(): Promise<number>
  /** There are some: to be asked for along with something else. */
  ready(): Promise<void>
  /** The transaction is over, or has waited for another: what it did not use is nobody's, since others had greater ones meanwhile. */
  forget(): void
}

/** asked for at a time */
const MANY = 128

export function createKeys(db: Db, clock: Clock): Keys {
  const reserve = one<{ first: number }>(db, 'SELECT reserve_keys($1, $2) AS first')
  let next = 0
  let left = 0

  async function ready(): Promise<void> {
    if (left > 0) return
    next = (await reserve(firstKeyAt(clock.now()), MANY))!.first
    left = MANY
  }

  return {
    ready,
    async next() {
      await ready()
      left -= 1
      return next++
    },
    forget() {
      left = 0
    },
  }
}
