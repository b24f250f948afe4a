import { hash } from 'node:crypto'
import type { Keys } from './keys.ts'
import { all, type Db, run } from './sql.ts'

/** Behind `delivery d`: what is to be sent of it is `b.text`, NULL where that is no longer kept. */
export const BODY_OF = 'LEFT JOIN payload p ON p.delivery = d.seq LEFT JOIN body b ON b.seq = p.body'

/** What deliveries are to send, under the key of the only one, or one of its own: one copy of it, however many deliveries of a message send the same. */
export interface Bodies {
  /** Inside a transaction. `alone`: the message has no other delivery. Most have none, and looking for a copy is dear. */
  keep(delivery: number, text: string, alone: boolean): Promise<void>
  /** The same for many, none of which is alone. */
  keepShared(deliveries: readonly { readonly seq: number; readonly text: string }[]): Promise<void>
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
  const insertEach = run(
    db,
    `INSERT INTO body (seq, digest, text) OVERRIDING SYSTEM VALUE
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
  )
  const shareEach = all<{ seq: number }>(
    db,
    `INSERT INTO payload (delivery, body) SELECT u.seq, b.seq FROM unnest($1::bigint[], $2::text[]) AS u (seq, digest)
     JOIN body b ON b.digest = u.digest FOR KEY SHARE OF b RETURNING delivery AS seq`,
  )
  const drop = run(
    db,
    `WITH gone AS (DELETE FROM payload WHERE delivery = ANY($1::bigint[]) RETURNING delivery, body)
     DELETE FROM body b USING gone WHERE b.seq = gone.body
       AND NOT EXISTS (SELECT 1 FROM payload p WHERE p.body = b.seq AND p.delivery <> ALL ($1::bigint[]))`,
  )
  /** a message for many peers is the same text again and again */
  let last = { text: '', digest: digestOf('') }

  async function keep(delivery: number, text: string, alone: boolean): Promise<void> {
    if (alone) {
      await keepAlone(delivery, text)
      return
    }
    if (text !== last.text) last = { text, digest: digestOf(text) }
    if ((await share(delivery, last.digest)) > 0) return
    await insert(await keys.next(), last.digest, text)
    await share(delivery, last.digest)
  }

  return {
    keep,
    async keepShared(deliveries) {
      if (deliveries.length === 0) return
      const digests = new Map([...new Set(deliveries.map(({ text }) => text))].map((text) => [text, digestOf(text)]))
      const seqs: number[] = []
      for (const _ of digests) seqs.push(await keys.next())
      await insertEach(seqs, [...digests.values()], [...digests.keys()])
      const kept = await shareEach(
        deliveries.map(({ seq }) => seq),
        deliveries.map(({ text }) => digests.get(text)!),
      )
      if (kept.length === deliveries.length) return
      // one that was there went meanwhile, with the last delivery that had it
      const there = new Set(kept.map(({ seq }) => seq))
      for (const { seq, text } of deliveries) if (!there.has(seq)) await keep(seq, text, false)
    },
    async drop(deliveries) {
      if (deliveries.length > 0) await drop(deliveries)
    },
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}
