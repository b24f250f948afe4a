import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { all, one, run } from './sql.ts'

/** Behind `delivery d`: what is to be sent of it is `b.text`, NULL where that is no longer kept. */
export const BODY_OF = 'LEFT JOIN payload p ON p.delivery = d.seq LEFT JOIN body b ON b.seq = p.body'

/** What deliveries are to send: one copy of it, however many deliveries of a message send the same. */
export interface Bodies {
  /** Inside a transaction. `alone`: the message has no other delivery. Most have none, and looking for a copy is dear. */
  keep(delivery: number, text: string, alone: boolean): void
  /** Inside a transaction: the last delivery of a text takes it along. */
  drop(delivery: number): void
}

export function createBodies(db: DatabaseSync): Bodies {
  const find = one<{ seq: number }>(db, 'SELECT seq FROM body WHERE digest = ?')
  const insert = one<{ seq: number }>(db, 'INSERT INTO body (digest, text) VALUES (?, ?) RETURNING seq')
  const link = run(db, 'INSERT INTO payload (delivery, body) VALUES (?, ?)')
  const unlink = all<{ body: number }>(db, 'DELETE FROM payload WHERE delivery = ? RETURNING body')
  const remove = run(db, 'DELETE FROM body WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM payload WHERE body = ?1)')
  /** a message for many peers is the same text again and again */
  let last = { text: '', digest: digestOf('') }

  function shared(text: string): { seq: number } {
    if (text !== last.text) last = { text, digest: digestOf(text) }
    return find(last.digest) ?? insert(last.digest, text)!
  }

  return {
    keep(delivery, text, alone) {
      link(delivery, (alone ? insert(null, text)! : shared(text)).seq)
    },
    drop(delivery) {
      for (const { body } of unlink(delivery)) remove(body)
    },
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}
