import type { DatabaseSync } from 'node:sqlite'
import type { SeenItem } from '../contract.ts'
import { sameInSql, toKey } from './keys.ts'
import { all, one, run } from './sql.ts'

/** What was met before: items of Topics, and which peers sent which item. */
export interface Memory {
  /** Inside a transaction. */
  mark(item: SeenItem): void
  seen(topic: string, item: string, digest: string): boolean
  seenIds(topic: string, itemIds: readonly string[]): Set<string>
  cursor(topic: string): SeenItem | undefined
  /** Inside a transaction: this source sent an item whose delivery is another envelope's. */
  cameAgain(item: string, variant: string, source: string): void
  sourcesOf(item: string, variant?: string): string[]
}

export function createMemory(db: DatabaseSync): Memory {
  const insert = run(db, 'INSERT INTO seen (topic, item, digest, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const move = run(
    db,
    `INSERT INTO cursor (topic, item, digest, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (topic) DO UPDATE SET item = excluded.item, digest = excluded.digest, at = excluded.at`,
  )
  const has = one(db, 'SELECT 1 FROM seen WHERE topic = ? AND item = ? AND digest = ?')
  const hasId = one(db, 'SELECT 1 FROM seen WHERE topic = ? AND item = ? LIMIT 1')
  const cursor = one<{ item: string; digest: string; at: number }>(
    db,
    'SELECT item, digest, at FROM cursor WHERE topic = ?',
  )
  const addSource = run(db, 'INSERT INTO item_source (item, variant, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const sources = all<{ source: string }>(
    db,
    `SELECT source FROM (
       SELECT e.source, d.seq AS at FROM delivery d JOIN envelope e ON e.seq = d.envelope
       WHERE ((${sameInSql('d.item', '?1')}) OR (d.name = ?1 AND d.name > '')) AND d.variant = coalesce(?2, d.variant) AND e.direction = 0
     UNION ALL SELECT source, 9007199254740991 FROM item_source WHERE item = ?3 AND variant = coalesce(?4, variant))
     GROUP BY source ORDER BY min(at), source`,
  )

  return {
    mark({ topic, itemId, digest, at }) {
      insert(topic, itemId, digest, at)
      move(topic, itemId, digest, at)
    },
    seen: (topic, item, digest) => has(topic, item, digest) !== undefined,
    seenIds: (topic, itemIds) => new Set(itemIds.filter((item) => hasId(topic, item) !== undefined)),
    cursor(topic) {
      const row = cursor(topic)
      return row === undefined ? undefined : { topic, itemId: row.item, digest: row.digest, at: row.at }
    },
    cameAgain(item, variant, source) {
      addSource(item, variant, source)
    },
    sourcesOf(item, variant) {
      const key = variant === undefined ? null : toKey(variant)
      return sources(toKey(item), key, item, variant ?? null).map((row) => row.source)
    },
  }
}
