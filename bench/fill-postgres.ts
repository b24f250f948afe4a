import postgres from 'postgres'
import { firstKeyAt } from '../src/store/coding/ids.ts'

export interface Filling {
  /** messages, each with one delivery and two rows of the trace */
  readonly rows: number
  readonly destinations?: number
  readonly origins?: number
  /** delivered, at that time; without it pending, and due */
  readonly deliveredAt?: number
  /** characters of a document */
  readonly size?: number
}

let filled = 0

/** Rows as gateways would have left them, by the server itself: a million are there in a minute. Four reports to an incident. */
export async function fillPostgres(url: string, schema: string, filling: Filling): Promise<void> {
  const { rows, destinations = 1, origins = 7, deliveredAt, size = 200 } = filling
  const at = deliveredAt ?? Date.now() - 60_000
  filled += 1
  // behind what an earlier filling of the same time has
  const base = firstKeyAt(at - 3_600_000) + filled * 100_000_000
  const isPending = deliveredAt === undefined
  const n = `generate_series(1, ${rows}) AS n (n)`
  const name = `'csirt-' || n % ${origins} || '.example.org ' || substr(md5((n / 4) || 'f${filled}'), 1, 12)`
  const tail = `substr(md5((n / 4) || 'f${filled}'), 1, 12)`
  const state = isPending ? '0' : '2'
  const first = `row_number() OVER (PARTITION BY n / 4, n % ${origins}, n % ${destinations} ORDER BY n) = 1`
  const column = isPending ? 'pending' : 'held'
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { search_path: schema, synchronous_commit: false },
  })
  await sql.unsafe(`
    INSERT INTO destination (kind, name) SELECT 0, 'incident' || CASE n WHEN 0 THEN '' ELSE '-' || n END
      FROM generate_series(0, ${destinations - 1}) n ON CONFLICT DO NOTHING;
    INSERT INTO envelope SELECT ${base} + n * 2, 0, 'csirt-' || n % ${origins}, md5('m${filled}' || n) || md5(n || 'm'), 'Report',
      '["x"]', ${at} FROM ${n};
    DROP TABLE IF EXISTS place;
    CREATE TEMP TABLE place AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS which FROM destination WHERE kind = 0 ORDER BY id LIMIT ${destinations};
    INSERT INTO delivery (seq, ord, envelope, destination, incident, words, origin, line, item, variant, state, ready, due, created_at, updated_at)
      SELECT ${base} + n * 2 + 1, ${base} + n * 2 + 1, ${base} + n * 2, place.id, ${name}, ARRAY[${tail}], 'csirt-' || n % ${origins},
        substr(md5(${name}), 1, 22), md5('i${filled}' || n) || md5(n || 'i'), '', ${state}, ${isPending ? first : 'false'},
        ${isPending ? at : 'NULL'}, ${at}, ${at}
      FROM ${n} JOIN place ON which = n % ${destinations};
    INSERT INTO body (seq, text) OVERRIDING SYSTEM VALUE SELECT ${base} + n * 2 + 1, repeat('x', ${size}) FROM ${n};
    INSERT INTO payload SELECT ${base} + n * 2 + 1, ${base} + n * 2 + 1 FROM ${n};
    INSERT INTO trace (at, incident, tail, event, fields)
      SELECT ${at}, ${name}, ${tail}, event, '{"message":"0f8fad5b-d9cb-469f-a165-70867728950e","source":"csirt-1","msgType":"Report","deliveries":1}'
      FROM ${n}, unnest(ARRAY['accepted', 'published']) event;
    INSERT INTO seen SELECT 'incident', 'i${filled}' || n, md5(n || 's'), ${at} FROM ${n};
    UPDATE destination SET ${column} = ${column} + c.n FROM (SELECT destination AS id, count(*) AS n FROM delivery
      WHERE seq BETWEEN ${base} AND ${base + 2 * rows + 2} AND state = 0 GROUP BY 1) c WHERE c.id = destination.id;
    SELECT setval('key', greatest((SELECT last_value FROM key), ${base + 2 * rows + 2}))`)
  await sql.unsafe('VACUUM ANALYZE')
  await sql.end()
}
