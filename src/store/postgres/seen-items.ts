import { capped } from '../coding/capped.ts'
import type { SeenItem } from '../contract.ts'
import { all, type Db, one, run } from './sql.ts'

/** What was met before: items of Topics, and which peers sent which item. Inside a transaction. */
export interface Memory {
  mark(items: readonly SeenItem[]): Promise<void>
  /** This source sent an item whose delivery is another envelope's. */
  cameAgain(item: string, variant: string, source: string): Promise<void>
}

export function createMemory(db: Db): Memory {
  const insert = run(
    db,
    `INSERT INTO seen (topic, item, digest, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) ON CONFLICT DO NOTHING`,
  )
  const move = run(
    db,
    `INSERT INTO cursor (topic, item, digest, at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (topic) DO UPDATE SET item = excluded.item, digest = excluded.digest, at = excluded.at`,
  )
  const addSource = run(
    db,
    'INSERT INTO item_source (item, variant, source) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
  )

  return {
    async mark(items) {
      if (items.length === 0) return
      await insert(
        items.map(({ topic }) => topic),
        items.map(({ itemId }) => capped(itemId)),
        items.map(({ digest }) => digest),
        items.map(({ at }) => at),
      )
      const last = new Map(items.map((item) => [item.topic, item]))
      for (const { topic, itemId, digest, at } of last.values()) await move(topic, itemId, digest, at)
    },
    async cameAgain(item, variant, source) {
      await addSource(item, variant, source)
    },
  }
}

/** What is only read of it. */
interface MemoryRows {
  seen(topic: string, item: string, digest: string): Promise<boolean>
  seenIds(topic: string, itemIds: readonly string[]): Promise<Set<string>>
  cursor(topic: string): Promise<SeenItem | undefined>
  sourcesOf(item: string, variant?: string): Promise<string[]>
}

export function createMemoryRows(db: Db): MemoryRows {
  const has = one(db, 'SELECT 1 FROM seen WHERE topic = $1 AND item = $2 AND digest = $3')
  const hasIds = all<{ item: string }>(db, 'SELECT DISTINCT item FROM seen WHERE topic = $1 AND item = ANY($2::text[])')
  const cursor = one<{ item: string; digest: string; at: number }>(
    db,
    'SELECT item, digest, at FROM cursor WHERE topic = $1',
  )
  const sources = all<{ source: string }>(
    db,
    `SELECT source FROM (
       SELECT e.source COLLATE "C" AS source, d.seq AS at FROM delivery d JOIN envelope e ON e.seq = d.envelope
       WHERE (d.item = $1 OR d.name = $1) AND d.variant = coalesce($2, d.variant) AND e.direction = 0
     UNION ALL SELECT source, 9007199254740991 FROM item_source WHERE item = $1 AND variant = coalesce($2, variant)) s
     GROUP BY source ORDER BY min(at), source`,
  )

  return {
    seen: async (topic, item, digest) => (await has(topic, capped(item), digest)) !== undefined,
    async seenIds(topic, itemIds) {
      const found = new Set((await hasIds(topic, itemIds.map(capped))).map(({ item }) => item))
      return new Set(itemIds.filter((item) => found.has(capped(item))))
    },
    async cursor(topic) {
      const row = await cursor(topic)
      return row && { topic, itemId: row.item, digest: row.digest, at: row.at }
    },
    sourcesOf: async (item, variant) => (await sources(item, variant ?? null)).map(({ source }) => source),
  }
}
