import type { Archive, NewRecord } from '../archive.ts'
import { capped } from '../coding/capped.ts'
import { inSteps } from '../coding/steps.ts'
import type { Keys } from './keys.ts'
import { createSearch } from './search.ts'
import { all, type Db, one, run } from './sql.ts'

/** records dropped in one commit */
const STEP = 500

/** Items of a Topic, or all. */
interface Forgotten {
  readonly topic: string
  readonly items: readonly string[] | undefined
}

/** Inside a transaction. */
export interface ArchiveTables {
  /** No two under one id. Each in the place of what there was, among the others at `place`, or behind them. */
  keep(records: readonly { readonly record: NewRecord; readonly place?: number | undefined }[]): Promise<void>
  /** Where it is among the others; undefined where under its id there is nothing of that content. */
  placeOf(item: Pick<NewRecord, 'topic' | 'item'>, content: string): Promise<number | undefined>
  forget(topic: string, items?: readonly string[]): Promise<number>
  /** Several of these, as if one after the other: retractions come by themselves, and many of them at a time. */
  forgetEach(asked: readonly Forgotten[]): Promise<readonly number[]>
  /** One step; there may be more as long as it is not 0. */
  forgetBefore(time: number): Promise<number>
}

/** `$2` null: all of the Topic. */
const THESE = 'topic = $1 AND ($2::text[] IS NULL OR key = ANY($2::text[]))'

/** What the Topics showed. Bodies and terms go with their record (ON DELETE CASCADE). */
export function createArchive(db: Db, keys: Keys): ArchiveTables {
  const drop = run(db, `DELETE FROM record WHERE ${THESE}`)
  const dropOld = run(
    db,
    `DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE taken_in < $1 ORDER BY taken_in LIMIT ${STEP})`,
  )
  const dropEach = run(
    db,
    'DELETE FROM record r USING unnest($1::text[], $2::text[]) AS k (topic, key) WHERE r.topic = k.topic AND r.key = k.key',
  )
  const insert = run(
    db,
    `WITH kept AS (
       INSERT INTO record (seq, topic, item, key, content, taken_in, t_from, t_to, detected, rating, confidence, needed)
       SELECT seq, topic, item, key, content, taken_in, t_from, t_to, detected, rating, confidence::double precision, needed
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
         $10::integer[], $11::text[], $12::text[])
         AS u (seq, topic, item, key, content, taken_in, t_from, t_to, detected, rating, confidence, needed)),
     body AS (INSERT INTO record_body (record, body) SELECT * FROM unnest($1::bigint[], $13::text[]))
     INSERT INTO record_term (record, kind, lo, hi)
       SELECT * FROM unnest($14::bigint[], $15::text[], $16::text[], $17::text[]) ON CONFLICT DO NOTHING`,
  )
  const unsee = run(db, `DELETE FROM seen WHERE topic = $1 AND item IN (SELECT key FROM record WHERE ${THESE})`)
  const unseeEach = run(
    db,
    `DELETE FROM seen s USING unnest($1::text[], $2::text[]) AS k (topic, key) WHERE s.topic = k.topic AND s.item = k.key
       AND EXISTS (SELECT 1 FROM record r WHERE r.topic = k.topic AND r.key = k.key)`,
  )
  const takeEach = all<{ topic: string; key: string }>(
    db,
    `DELETE FROM record r USING unnest($1::text[], $2::text[]) AS k (topic, key) WHERE r.topic = k.topic AND r.key = k.key
     RETURNING r.topic, r.key`,
  )
  const place = one<{ seq: number }>(db, 'SELECT seq FROM record WHERE topic = $1 AND key = $2 AND content = $3')

  async function forget(topic: string, items?: readonly string[]): Promise<number> {
    const these = items?.map(capped) ?? null
    await unsee(topic, these)
    return drop(topic, these)
  }

  return {
    async keep(records) {
      if (records.length === 0) return
      const all = records.map(({ record }) => record)
      const names = all.map(({ item }) => capped(item))
      const topics = all.map(({ topic }) => topic)
      await dropEach(topics, names)
      const seqs: number[] = []
      for (const { place: at } of records) seqs.push(at ?? (await keys.next()))
      const terms = all.flatMap((record, n) => record.terms.map((term) => ({ ...term, seq: seqs[n]! })))
      await insert(
        ...[seqs, topics, all.map(({ item }) => item), names, all.map(({ content }) => content)],
        ...[all.map(({ takenIn }) => takenIn), all.map(({ from }) => from), all.map(({ to }) => to)],
        ...[all.map(({ detected }) => detected), all.map(({ rating }) => rating)],
        all.map(({ confidence }) => (confidence === null ? null : String(confidence))),
        ...[all.map(({ needed }) => needed.join(' ')), all.map(({ body }) => body)],
        ...[
          terms.map(({ seq }) => seq),
          terms.map(({ kind }) => kind),
          terms.map(({ lo }) => lo),
          terms.map(({ hi }) => hi),
        ],
      )
    },
    placeOf: async ({ topic, item }, content) => (await place(topic, capped(item), content))?.seq,
    forget,
    async forgetEach(asked) {
      const [first] = asked
      if (first !== undefined && asked.length === 1) return [await forget(first.topic, first.items)]
      const gone: number[] = []
      // all of a Topic, among others: each in its place
      if (asked.some(({ items }) => items === undefined)) {
        for (const { topic, items } of asked) gone.push(await forget(topic, items))
        return gone
      }
      const each = asked.flatMap(({ topic, items = [] }, n) => items.map((item) => ({ topic, key: capped(item), n })))
      const topics = each.map(({ topic }) => topic)
      const keysOf = each.map(({ key }) => key)
      await unseeEach(topics, keysOf)
      const left = new Set((await takeEach(topics, keysOf)).map(({ topic, key }) => JSON.stringify([topic, key])))
      for (const { topic, key, n } of each) {
        // whoever asked first had it
        if (left.delete(JSON.stringify([topic, key]))) gone[n] = (gone[n] ?? 0) + 1
      }
      return asked.map((_, n) => gone[n] ?? 0)
    },
    forgetBefore: dropOld,
  }
}

/** `Archive`, as the store has it. `db`: for reading; `own`: of the transaction. */
export function archiveRole(
  tables: ArchiveTables,
  [db, own]: readonly [Db, Db],
  read: <T>(query: () => Promise<T>) => Promise<T>,
  submit: <T>(work: () => Promise<T>) => Promise<T>,
  forget: (asked: Forgotten) => Promise<number>,
): Archive {
  const find = createSearch(db)
  const isBetween = between(db)
  const areBetween = between(own)
  return {
    find: (query) => read(() => find(query)),
    forget: (topic, items) => forget({ topic, items }),
    async forgetBetween(topic, items) {
      // mostly there is nothing to write
      if ((await read(() => isBetween(topic, items))).length === 0) return 0
      return submit(async () => tables.forget(topic, await areBetween(topic, items)))
    },
    forgetBefore: (time) => inSteps(STEP, () => submit(() => tables.forgetBefore(time))),
  }
}

/** Items of the Topic that are kept, and taken in between two of these, but none of these. */
function between(db: Db): (topic: string, items: readonly string[]) => Promise<string[]> {
  const select = all<{ item: string }>(
    db,
    `WITH shown AS (SELECT min(seq) AS first, max(seq) AS last FROM record
         WHERE topic = $1 AND key = ANY($2::text[]))
     SELECT item FROM record, shown WHERE topic = $1 AND seq > first AND seq < last AND key <> ALL ($2::text[])`,
  )
  return async (topic, items) => (await select(topic, items.map(capped))).map(({ item }) => item)
}
