import { EXCHANGES } from './schema-exchanges.ts'
import { FROM_FIFTH } from './schema-from-fifth.ts'
import { JOINED } from './schema-joined.ts'
import { LEAN } from './schema-lean.ts'
import { SEARCH } from './schema-search.ts'
import { SHORT } from './schema-short.ts'

/** "IODF": the database header says whose file this is. */
export const APPLICATION_ID = 0x494f4446

/**
 * Each entry brings the tables from `user_version` = its place to the next. Never edit one that was released: append.
 * Numbers for state, direction and kind: codes.ts. Times are ms since the epoch.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE envelope (
  seq INTEGER PRIMARY KEY,
  direction INTEGER NOT NULL,
  source TEXT NOT NULL,
  digest TEXT NOT NULL,
  msg_type TEXT NOT NULL,
  incidents TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (digest, source, direction)
) STRICT;

-- Counts of its deliveries are kept here, in the same commits: a queue of any length is counted at once.
CREATE TABLE destination (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  pending INTEGER NOT NULL DEFAULT 0,
  sending INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  withheld INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, name)
) STRICT;

-- seq is that of the member stored first: the place of the whole group in every line (delivery.ord).
CREATE TABLE delivery_group (
  seq INTEGER PRIMARY KEY,
  destination INTEGER NOT NULL REFERENCES destination (id),
  id TEXT NOT NULL,
  items TEXT NOT NULL,
  missing INTEGER NOT NULL,
  UNIQUE (destination, id)
) STRICT;

-- Items of a group that have no delivery to its destination yet.
CREATE TABLE group_missing (
  destination INTEGER NOT NULL,
  item TEXT NOT NULL,
  grp INTEGER NOT NULL REFERENCES delivery_group (seq),
  PRIMARY KEY (destination, item, grp)
) STRICT, WITHOUT ROWID;

-- ord: place in the line of (destination, incident): its own seq, or its group's.
-- ready: pending, and nothing unsettled stands before it or any pending member of its group (order.ts).
CREATE TABLE delivery (
  seq INTEGER PRIMARY KEY,
  envelope INTEGER NOT NULL REFERENCES envelope (seq),
  destination INTEGER NOT NULL REFERENCES destination (id),
  incident TEXT NOT NULL,
  item TEXT NOT NULL,
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
  UNIQUE (item, destination)
) STRICT;
CREATE INDEX delivery_ready ON delivery (destination, due) WHERE state = 0 AND ready = 1;
CREATE INDEX delivery_line ON delivery (destination, incident, ord, seq) WHERE state IN (0, 1);
CREATE INDEX delivery_kept ON delivery (destination, state) WHERE state <> 2;
CREATE INDEX delivery_grp ON delivery (grp) WHERE grp IS NOT NULL;

-- Apart, so that walking the queue never reads documents, and so that they can be dropped.
CREATE TABLE payload (
  delivery INTEGER PRIMARY KEY REFERENCES delivery (seq),
  body TEXT NOT NULL
) STRICT;

-- Peers that sent an item which is already in delivery under another envelope.
CREATE TABLE item_source (
  item TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (item, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen (
  topic TEXT NOT NULL,
  item TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (topic, item, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  topic TEXT PRIMARY KEY,
  item TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- tail: the last word of the incident's key, for asking with the id part alone (trail.ts).
CREATE TABLE trace (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  incident TEXT NOT NULL,
  tail TEXT NOT NULL,
  event TEXT NOT NULL,
  fields TEXT NOT NULL
) STRICT;
CREATE INDEX trace_tail ON trace (tail);

CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (1, 0);
`,
  // What goes out under one item id can differ in what stands beside the Incident: SQLite changes no UNIQUE in place.
  `
CREATE TABLE delivery_2 (
  seq INTEGER PRIMARY KEY,
  envelope INTEGER NOT NULL REFERENCES envelope (seq),
  destination INTEGER NOT NULL REFERENCES destination (id),
  incident TEXT NOT NULL,
  item TEXT NOT NULL,
  variant TEXT NOT NULL,
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
  UNIQUE (item, destination, variant)
) STRICT;
INSERT INTO delivery_2 SELECT seq, envelope, destination, incident, item, '', state, ready, ord, grp, attempts, due,
  not_before, lease, reason, created_at, updated_at, requeued_at FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_2 RENAME TO delivery;
CREATE INDEX delivery_ready ON delivery (destination, due) WHERE state = 0 AND ready = 1;
CREATE INDEX delivery_line ON delivery (destination, incident, ord, seq) WHERE state IN (0, 1);
CREATE INDEX delivery_kept ON delivery (destination, state) WHERE state <> 2;
CREATE INDEX delivery_grp ON delivery (grp) WHERE grp IS NOT NULL;

CREATE TABLE item_source_2 (
  item TEXT NOT NULL,
  variant TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (item, variant, source)
) STRICT, WITHOUT ROWID;
INSERT INTO item_source_2 SELECT item, '', source FROM item_source;
DROP TABLE item_source;
ALTER TABLE item_source_2 RENAME TO item_source;
`,
  `
-- JSON list of the incidents that a delivery carries besides its first; NULL where there are none.
ALTER TABLE delivery ADD COLUMN also TEXT;
`,
  // What was discarded, or held for somebody else, must not stand for what comes after it: an item can have several deliveries.
  `
-- origin: whose news it is (NewDelivery.origin). ord: place in the line of (destination, incident, origin).
CREATE TABLE delivery_4 (
  seq INTEGER PRIMARY KEY,
  envelope INTEGER NOT NULL REFERENCES envelope (seq),
  destination INTEGER NOT NULL REFERENCES destination (id),
  incident TEXT NOT NULL,
  also TEXT,
  origin TEXT NOT NULL,
  item TEXT NOT NULL,
  variant TEXT NOT NULL,
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
  requeued_at INTEGER
) STRICT;
INSERT INTO delivery_4 SELECT d.seq, d.envelope, d.destination, d.incident, d.also, e.source, d.item, d.variant, d.state, d.ready,
  d.ord, d.grp, d.attempts, d.due, d.not_before, d.lease, d.reason, d.created_at, d.updated_at, d.requeued_at
  FROM delivery d JOIN envelope e ON e.seq = d.envelope;
DROP TABLE delivery;
ALTER TABLE delivery_4 RENAME TO delivery;
CREATE INDEX delivery_item ON delivery (item, destination, variant);
CREATE INDEX delivery_ready ON delivery (destination, due) WHERE state = 0 AND ready = 1;
CREATE INDEX delivery_line ON delivery (destination, incident, origin, ord, seq) WHERE state IN (0, 1);
CREATE INDEX delivery_share ON delivery (destination, origin) WHERE state IN (0, 1);
CREATE INDEX delivery_kept ON delivery (destination, state) WHERE state <> 2;
CREATE INDEX delivery_grp ON delivery (grp) WHERE grp IS NOT NULL;
-- The lines are shorter now: whoever waited behind another's message is first of his own.
UPDATE delivery AS d SET ready = 1 WHERE state = 0 AND NOT EXISTS (
  SELECT 1 FROM delivery m JOIN delivery e
    ON e.destination = m.destination AND e.incident = m.incident AND e.origin = m.origin AND e.state IN (0, 1)
  WHERE (m.seq = d.seq OR m.grp = d.grp) AND m.state = 0
    AND (e.ord < m.ord OR (e.ord = m.ord AND e.seq <> m.seq AND e.state = 1)));
`,
  ...FROM_FIFTH,
  EXCHANGES,
  SEARCH,
  JOINED,
  // Others than peers ask: codes.ts.
  `
ALTER TABLE exchange ADD COLUMN asker_kind INTEGER NOT NULL DEFAULT 0;
`,
  // By an operator: when, and who.
  `
ALTER TABLE destination ADD COLUMN paused_at INTEGER;
ALTER TABLE destination ADD COLUMN paused_by TEXT;
`,
  // What was published for a question is taken back.
  `
-- JSON of a delivery that is queued once the exchange is closed, where the leg has a token by then.
ALTER TABLE leg ADD COLUMN afterwards TEXT;
`,
  LEAN,
  SHORT,
]
