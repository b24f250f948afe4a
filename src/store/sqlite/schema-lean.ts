import { keyInSql } from './keys.ts'

/** What has no `#`, and behind its last space: `searchWord` in SQL, where a call to it for each of millions of rows fills the memory. */
export function searchWordInSql(key: string): string {
  const base = `substr(${key}, 1, instr(${key} || '#', '#') - 1)`
  return `substr(${base}, length(rtrim(${base}, replace(${base}, ' ', ''))) + 1)`
}

/**
 * The fewest rows and indexes, and few of them with keys in no order: each of those is a page of its own to write for every message. A
 * version of its own. It leaves `body` as it is, which holds nearly all of a store, and makes anew what is narrow.
 */
export const LEAN: string = `
-- Each incident once, by a number that others refer to. tail: the last word of its key, for asking with the id part alone (searchWord).
CREATE TABLE incident (
  id INTEGER PRIMARY KEY,
  tail TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT;
INSERT INTO incident (tail, key) SELECT ${searchWordInSql('key')}, key FROM (
  SELECT incident AS key FROM delivery UNION SELECT incident FROM trace UNION SELECT j.value FROM delivery d, json_each(d.also) j);
CREATE UNIQUE INDEX incident_key ON incident (tail, key);

CREATE TABLE envelope_lean (
  seq INTEGER PRIMARY KEY,
  direction INTEGER NOT NULL,
  source TEXT NOT NULL,
  digest ANY NOT NULL,
  msg_type TEXT NOT NULL,
  incidents TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (digest, source, direction)
) STRICT;
INSERT INTO envelope_lean SELECT seq, direction, source, ${keyInSql('digest')}, msg_type, incidents, received_at FROM envelope;
DROP TABLE envelope;
ALTER TABLE envelope_lean RENAME TO envelope;

-- also: JSON list of the keys of other incidents that it carries, which delivery_also finds.
-- name: what it goes out as (NewDelivery.apart); NULL where nobody asks, '' where that is its item and no other delivery to its destination has that.
-- body: what is to be sent; NULL where that is no longer kept. What is sent once has it under its own number.
-- size: bytes of that, of what may still be sent.
CREATE TABLE delivery_lean (
  seq INTEGER PRIMARY KEY,
  envelope INTEGER NOT NULL REFERENCES envelope (seq),
  destination INTEGER NOT NULL REFERENCES destination (id),
  incident INTEGER NOT NULL REFERENCES incident (id),
  origin TEXT NOT NULL,
  item ANY NOT NULL,
  variant ANY NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
  ready INTEGER NOT NULL CHECK (ready = 0 OR (ready = 1 AND state = 0)),
  ord INTEGER NOT NULL,
  grp INTEGER REFERENCES delivery_group (seq),
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER CHECK (state > 1 OR due IS NOT NULL),
  not_before INTEGER,
  lease INTEGER CHECK (state <> 1 OR lease IS NOT NULL),
  reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  requeued_at INTEGER,
  also TEXT,
  bound TEXT,
  name ANY,
  behind INTEGER,
  body INTEGER,
  size INTEGER NOT NULL
) STRICT;
INSERT INTO delivery_lean SELECT d.seq, d.envelope, d.destination, i.id, d.origin, ${keyInSql('d.item')}, ${keyInSql('d.variant')}, d.state,
  d.ready, d.ord, d.grp, d.attempts, d.due, d.not_before, d.lease, d.reason, d.created_at, d.updated_at, d.requeued_at, d.also, d.bound,
  CASE WHEN d.name = d.item AND NOT EXISTS (
    SELECT 1 FROM delivery o WHERE o.item = d.item AND o.destination = d.destination AND o.seq <> d.seq)
  THEN '' ELSE ${keyInSql('d.name')} END, d.behind, p.body,
  CASE WHEN d.state = 2 THEN 0 ELSE coalesce((SELECT octet_length(text) FROM body WHERE seq = p.body), 0) END
  FROM delivery d JOIN incident i ON i.tail = ${searchWordInSql('d.incident')} AND i.key = d.incident
  LEFT JOIN payload p ON p.delivery = d.seq;
CREATE TABLE delivery_also (
  incident INTEGER NOT NULL REFERENCES incident (id),
  delivery INTEGER NOT NULL REFERENCES delivery (seq),
  PRIMARY KEY (incident, delivery)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO delivery_also SELECT i.id, d.seq FROM delivery d, json_each(d.also) j
  JOIN incident i ON i.tail = ${searchWordInSql('j.value')} AND i.key = j.value;
DROP TABLE payload;
DROP TABLE delivery;
ALTER TABLE delivery_lean RENAME TO delivery;
CREATE INDEX delivery_item ON delivery (item, destination, variant);
CREATE INDEX delivery_name ON delivery (name, destination) WHERE name > '';
CREATE INDEX delivery_incident ON delivery (incident);
-- size: what each origin has waiting is counted without a look at the rows.
CREATE INDEX delivery_line ON delivery (destination, incident, origin, ord, seq, size) WHERE state IN (0, 1);
CREATE INDEX delivery_ready ON delivery (destination, due) WHERE state = 0 AND ready = 1;
CREATE INDEX delivery_turn ON delivery (destination, origin, due) WHERE state = 0 AND ready = 1;
CREATE INDEX delivery_open ON delivery (destination) WHERE state IN (0, 1);
CREATE INDEX delivery_leased ON delivery (destination, lease) WHERE state = 1;
CREATE INDEX delivery_aside ON delivery (destination, state) WHERE state > 2;
CREATE INDEX delivery_grp ON delivery (grp) WHERE grp IS NOT NULL;
CREATE INDEX delivery_bound ON delivery (destination, bound, origin) WHERE bound IS NOT NULL AND state = 3;
CREATE INDEX delivery_behind ON delivery (behind) WHERE behind IS NOT NULL;
CREATE INDEX delivery_body ON delivery (body) WHERE body IS NOT NULL;

CREATE TABLE trace_lean (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  incident INTEGER NOT NULL REFERENCES incident (id),
  event TEXT NOT NULL,
  fields TEXT NOT NULL
) STRICT;
INSERT INTO trace_lean SELECT t.seq, t.at, i.id, t.event, t.fields FROM trace t
  JOIN incident i ON i.tail = ${searchWordInSql('t.incident')} AND i.key = t.incident;
DROP TABLE trace;
ALTER TABLE trace_lean RENAME TO trace;
CREATE INDEX trace_incident ON trace (incident);
`
