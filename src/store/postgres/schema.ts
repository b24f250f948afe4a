import { EXCHANGES } from './schema-exchanges.ts'
import { OLDEST_FIRST, SIGNS_UNLOGGED, TRACE_BY_WEEK } from './schema-growth.ts'

/**
 * Each entry brings the tables from the version that is its place to the next. Never edit one that was released: append. What a version
 * adds must leave the version before it at work (a column with a default, a table, an index): during an upgrade both write.
 * Numbers for state, direction and kind: coding/codes.ts. Times are ms since the epoch, but for those of `instance`, which are the
 * server's own. No column of an index may be long (an entry has 2.7 kB at most): what strangers name is there by its hash, or capped
 * (capped.ts). What is sorted or compared is in bytes (COLLATE "C"), as everywhere else here.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE envelope (
  seq bigint PRIMARY KEY,
  direction smallint NOT NULL,
  source text NOT NULL,
  digest text NOT NULL,
  msg_type text NOT NULL,
  incidents text NOT NULL,
  received_at bigint NOT NULL
);
CREATE UNIQUE INDEX envelope_message ON envelope (digest, md5(source), direction);

-- Its row is locked by whoever changes its deliveries: lines, turns and counts are one gateway's at a time. Counts of its
-- deliveries are kept here, in the same commits.
CREATE TABLE destination (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind smallint NOT NULL,
  name text COLLATE "C" NOT NULL,
  pending bigint NOT NULL DEFAULT 0,
  sending bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  withheld bigint NOT NULL DEFAULT 0,
  paused_at bigint,
  paused_by text
);
CREATE UNIQUE INDEX destination_name ON destination (kind, md5(name));

-- open: items that come may be waited for, and have their places below.
CREATE TABLE document (
  seq bigint PRIMARY KEY,
  id text NOT NULL UNIQUE,
  items text NOT NULL,
  open boolean NOT NULL
);
CREATE INDEX document_open ON document (seq) WHERE open;

-- place: from 1, where it stands first.
CREATE TABLE document_item (
  item text NOT NULL,
  document bigint NOT NULL REFERENCES document (seq),
  place integer NOT NULL,
  PRIMARY KEY (item, document)
);
CREATE INDEX document_item_document ON document_item (document);

-- seq is that of the member stored first: the place of the whole group in every line (delivery.ord).
-- came: a mark for each place of the list, 0 where its item is waited for; missing: how many are.
CREATE TABLE delivery_group (
  seq bigint PRIMARY KEY,
  destination bigint NOT NULL REFERENCES destination (id),
  document bigint NOT NULL REFERENCES document (seq),
  missing integer NOT NULL,
  came text NOT NULL,
  UNIQUE (document, destination)
);

-- ord: place in the line of (destination, incident, origin): its own seq, or its group's. ready: pending, and nothing unsettled
-- stands before it or any pending member of its group (order.ts). behind: waits for what becomes of that one (waiting.ts).
-- line: of incident and origin, short. name: what it goes out as, NULL where nobody asks. words: what its incidents are searched by. owner: whose lease it is.
CREATE TABLE delivery (
  seq bigint PRIMARY KEY,
  envelope bigint NOT NULL REFERENCES envelope (seq),
  destination bigint NOT NULL REFERENCES destination (id),
  incident text NOT NULL,
  also text,
  words text[] NOT NULL,
  origin text COLLATE "C" NOT NULL,
  line text NOT NULL,
  item text NOT NULL,
  variant text NOT NULL,
  name text,
  state smallint NOT NULL CHECK (state BETWEEN 0 AND 5),
  ready boolean NOT NULL CHECK (NOT ready OR state = 0),
  ord bigint NOT NULL,
  grp bigint REFERENCES delivery_group (seq),
  attempts integer NOT NULL DEFAULT 0,
  due bigint CHECK (state > 1 OR due IS NOT NULL),
  not_before bigint,
  lease bigint CHECK (state <> 1 OR lease IS NOT NULL),
  owner text,
  reason text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  requeued_at bigint,
  bound text,
  behind bigint
) WITH (fillfactor = 80);
CREATE INDEX delivery_item ON delivery (item, destination, variant);
CREATE INDEX delivery_name ON delivery (name, destination) WHERE name IS NOT NULL;
CREATE INDEX delivery_turn ON delivery (destination, origin, due, seq) WHERE state = 0 AND ready;
CREATE INDEX delivery_due ON delivery (destination, due) WHERE state = 0 AND ready;
CREATE INDEX delivery_line ON delivery (destination, line, ord, seq) WHERE state IN (0, 1);
CREATE INDEX delivery_share ON delivery (destination, origin) WHERE state IN (0, 1);
CREATE INDEX delivery_kept ON delivery (destination, state) WHERE state <> 2;
CREATE INDEX delivery_grp ON delivery (grp) WHERE grp IS NOT NULL;
CREATE INDEX delivery_bound ON delivery (destination, bound, origin) WHERE bound IS NOT NULL AND state = 3;
CREATE INDEX delivery_behind ON delivery (behind) WHERE behind IS NOT NULL;
CREATE INDEX delivery_words ON delivery USING gin (words) WITH (fastupdate = off);

-- What many destinations get is kept once. digest: SHA-256 of the text; NULL where nothing else can share it.
CREATE TABLE body (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest text UNIQUE,
  text text NOT NULL
);

-- Apart, so that walking the queue never reads documents, and so that they can be dropped.
CREATE TABLE payload (
  delivery bigint PRIMARY KEY REFERENCES delivery (seq),
  body bigint NOT NULL REFERENCES body (seq)
);
CREATE INDEX payload_body ON payload (body);

-- Peers that sent an item which is already in delivery under another envelope.
CREATE TABLE item_source (
  item text NOT NULL,
  variant text NOT NULL,
  source text COLLATE "C" NOT NULL,
  PRIMARY KEY (item, variant, source)
);

CREATE TABLE seen (
  topic text NOT NULL,
  item text NOT NULL,
  digest text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (topic, item, digest)
);

CREATE TABLE cursor (
  topic text PRIMARY KEY,
  item text NOT NULL,
  digest text NOT NULL,
  at bigint NOT NULL
);

-- tail: the last word of the incident's key, for asking with the id part alone. tx: what wrote it, since numbers of rows are
-- given out before the commit: whoever reads on from a place would miss what commits later.
CREATE TABLE trace (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at bigint NOT NULL,
  incident text NOT NULL,
  tail text NOT NULL,
  event text NOT NULL,
  fields text NOT NULL
);
CREATE INDEX trace_tail ON trace (tail);
CREATE INDEX trace_tx ON trace (tx);

-- What is refused leaves so many rows in a day, and one for the rest. day: since the epoch; rest: the row of the trace that says
-- how many more there were.
CREATE TABLE trace_share (
  source text PRIMARY KEY,
  day bigint NOT NULL,
  rows bigint NOT NULL,
  more bigint NOT NULL,
  rest bigint
);

CREATE TABLE probe (id integer PRIMARY KEY CHECK (id = 1), at bigint NOT NULL);
INSERT INTO probe VALUES (1, 0);

-- What tells this store from every other, wherever its database is moved to.
CREATE TABLE mark (id uuid NOT NULL);
INSERT INTO mark VALUES (gen_random_uuid());

-- Gateways at work on this store. beat: the last sign of life.
CREATE TABLE instance (
  id text PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  started timestamptz NOT NULL DEFAULT now(),
  beat timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Who does what one gateway does at a time.
CREATE TABLE lease (
  name text PRIMARY KEY,
  owner text NOT NULL REFERENCES instance (id) ON DELETE CASCADE,
  until timestamptz NOT NULL
);

-- Keys (coding/ids.ts): none before another that was asked for first, whoever asks; so many, none below the floor. The lock is
-- held for no longer than this takes, and not until the end of the transaction.
CREATE SEQUENCE key;
CREATE FUNCTION reserve_keys(lowest bigint, many bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  lock_id bigint := hashtextextended(current_schema() || ' keys', 0);
  first bigint;
BEGIN
  PERFORM pg_advisory_lock(lock_id);
  SELECT greatest(last_value + 1, lowest) INTO first FROM key;
  PERFORM setval('key', first + many - 1);
  PERFORM pg_advisory_unlock(lock_id);
  RETURN first;
END
$$;
${EXCHANGES}`,
  `${TRACE_BY_WEEK}${OLDEST_FIRST}`,
  SIGNS_UNLOGGED,
]
