import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { one, run } from './sql.ts'

/** Behind `delivery d`: what is to be sent of it is `b.text`, NULL where that is no longer kept. */
export const BODY_OF = 'LEFT JOIN body b ON b.seq = d.body'

/** What deliveries are to send: one copy of it, however many deliveries of a message send the same. */
export interface Bodies {
  /**
   * Inside a transaction, for a delivery that is about to be stored: the number to refer to it by. `alone`: the message has no other
   * delivery. Most have none, and looking for a copy is dear.
   */
  keep(delivery: number, text: string, alone: boolean): number
  /** Inside a transaction: the last delivery of a text takes it along. */
  drop(delivery: number): void
}

export function createBodies(db: DatabaseSync): Bodies {
  const find = one<{ seq: number }>(db, 'SELECT seq FROM body WHERE digest = ?')
  const insert = run(db, 'INSERT INTO body (seq, digest, text) VALUES (?, ?, ?)')
  const of = one<{ body: number | null }>(db, 'SELECT body FROM delivery WHERE seq = ?')
  const unlink = run(db, 'UPDATE delivery SET body = NULL WHERE seq = ?')
  const remove = run(
    db,
    `DELETE FROM body WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE body = ?1 AND body <> seq)
       AND NOT EXISTS (SELECT 1 FROM delivery WHERE seq = ?1 AND body = seq)`,
  )
  /** a message for many peers is the same text again and again */
  let last = { text: '', digest: digestOf('') }

  return {
    keep(delivery, text, alone) {
      if (!alone && text !== last.text) last = { text, digest: digestOf(text) }
      const known = alone ? undefined : find(last.digest)
      if (known !== undefined) return known.seq
      // no number of a delivery was ever given to a text of another: those are of deliveries, too, or smaller
      insert(delivery, alone ? null : last.digest, text)
      return delivery
    },
    drop(delivery) {
      const body = of(delivery)?.body ?? null
      if (body === null) return
      unlink(delivery)
      remove(body)
    },
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}
