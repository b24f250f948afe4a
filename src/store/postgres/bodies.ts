import { hash } from 'node:crypto'
import type { Keys } from './keys.ts'
import { type Db, run } from './sql.ts'

/** Behind `delivery d`: what is to be sent of it is `b.text`, NULL where that is no longer kept. */
export const BODY_OF = 'LEFT JOIN payload p ON p.delivery = d.seq LEFT JOIN body b ON b.seq = p.body'

/** What deliveries are to send, under the key of the only one, or one of its own: one copy of it, however many deliveries of a message send the same. */
export interface Bodies {
  /** Inside a transaction. `alone`: the message has no other delivery. Most have none, and looking for a copy is dear. */
  keep(delivery: number, text: string, alone: boolean): Promise<void>
  /** Inside a transaction: the last delivery of a text takes it along. */
  drop(deliveries: readonly number[]): Promise<void>
}

export function createBodies(db: Db, keys: Keys): Bodies {
  const keepAlone = run(
    db,
    `WITH b AS (INSERT INTO body (seq, digest, text) OVERRIDING SYSTEM VALUE VALUES ($1, NULL, $2))
     INSERT INTO payload (delivery, body) VALUES ($1, $1)`,
  )
  const share = run(db, 'INSERT INTO payload (delivery, body) SELECT $1, seq FROM body WHERE digest = $2 FOR KEY SHARE')
  const insert = run(
    db,
    'INSERT INTO body (seq, digest, text) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
  )
  const drop = run(
    db,
    `WITH gone AS (DELETE FROM payload WHERE delivery = ANY($1::bigint[]) RETURNING delivery, body)
     DELETE FROM body b USING gone WHERE b.seq = gone.body
       AND NOT EXISTS (SELECT 1 FROM payload p WHERE p.body = b.seq AND p.delivery <> ALL ($1::bigint[]))`,
  )
  /** a message for many peers is the same text again and again */
  let last = { text: '', digest: digestOf('') }

  return {
    async keep(delivery, text, alone) {
      if (alone) {
        await keepAlone(delivery, text)
        return
      }
      if (text !== last.text) last = { text, digest: digestOf(text) }
      if ((await share(delivery, last.digest)) > 0) return
      await insert(await keys.next(), last.digest, text)
      await share(delivery, last.digest)
    },
    async drop(deliveries) {
      if (deliveries.length > 0) await drop(deliveries)
    },
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}
