import { DatabaseSync } from 'node:sqlite'
import { searchWord } from '../../../src/iodef/incident-id.ts'
import { firstKeyAt } from '../../../src/store/coding/ids.ts'

/** The incident and the item (hex) of message `n`. */
export function filled(n: number): { readonly incident: string; readonly item: string } {
  const scattered = ((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')
  return { incident: `csirt-${n % 7}.example ${scattered}`, item: scattered + n.toString(16).padStart(56, '0') }
}

/**
 * Puts `messages` into the store at `path`, which no gateway has open, as if they had come up to `at` (ms since the epoch): to the Topic
 * `incident`, of seven peers; of ten, five are delivered, four pending and one is held, unless all are `pending`. Two rows of the trace each.
 */
export function fill(path: string, messages: number, at: number, payload = 'x', pending = false): void {
  using db = new DatabaseSync(path)
  db.function('search_word', (key) => searchWord(String(key)))
  // an hour for all of them
  const step = Math.max(4, Math.floor((3_600_000 * 4096) / messages))
  db.exec(`PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN;
    CREATE TEMP TABLE m AS
      WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < ${messages} - 1)
      SELECT n, ${firstKeyAt(at - 3_600_000)} + n * ${step} AS seq, ${at} - 3600000 AS at, 'csirt-' || (n % 7) AS source,
        printf('%08x', n * 2654435761 % 4294967296) AS tail, (${pending ? 0 : 'CASE WHEN n % 10 < 5 THEN 2 WHEN n % 10 < 9 THEN 0 ELSE 3 END'}) AS state FROM c;
    INSERT INTO destination (id, kind, name) VALUES (1, 0, 'incident') ON CONFLICT DO NOTHING;
    INSERT INTO incident (id, tail, key) SELECT n + 1, tail, source || '.example ' || tail FROM m;
    INSERT INTO envelope (seq, direction, source, digest, msg_type, incidents, received_at)
      SELECT seq, 0, source, unhex(tail || printf('%056x', n + 1000000000)), 'Report', '[]', at FROM m;
    INSERT INTO body (seq, digest, text) SELECT seq + 1, NULL, '${payload}' FROM m;
    INSERT INTO delivery (seq, envelope, destination, incident, origin, item, variant, state, ready, ord, attempts, due, created_at,
      updated_at, name, body, size)
      SELECT seq + 1, seq, 1, n + 1, source, unhex(tail || printf('%056x', n)), '', state, state = 0, seq + 1, state = 2,
        CASE WHEN state = 0 THEN at END, at, at, '', seq + 1, ${payload.length} FROM m;
    INSERT INTO trace (at, incident, event, fields) SELECT at, n + 1, 'accepted', '{"msgType":"Report"}' FROM m;
    INSERT INTO trace (at, incident, event, fields) SELECT at, n + 1, 'published', '{"attempts":1}' FROM m;
    UPDATE destination SET pending = (SELECT count(*) FROM delivery WHERE state = 0),
      held = (SELECT count(*) FROM delivery WHERE state = 3);
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
}
