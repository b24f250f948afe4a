/** The entries of MIGRATIONS (schema.ts) from that to the fifth version on. */
export const FROM_FIFTH: readonly string[] = [
  // What many destinations get is kept once, and what nobody may ever look after has an end.
  `
-- digest: SHA-256 of the text; NULL for what was there before it had one.
CREATE TABLE body (
  seq INTEGER PRIMARY KEY,
  digest TEXT UNIQUE,
  text TEXT NOT NULL
) STRICT;
INSERT INTO body SELECT delivery, NULL, body FROM payload;
CREATE TABLE payload_5 (
  delivery INTEGER PRIMARY KEY REFERENCES delivery (seq),
  body INTEGER NOT NULL REFERENCES body (seq)
) STRICT;
INSERT INTO payload_5 SELECT delivery, delivery FROM payload;
DROP TABLE payload;
ALTER TABLE payload_5 RENAME TO payload;
CREATE INDEX payload_body ON payload (body);

-- NewDelivery.bound: under which name a held one is counted.
ALTER TABLE delivery ADD COLUMN bound TEXT;
CREATE INDEX delivery_bound ON delivery (destination, bound, origin) WHERE bound IS NOT NULL AND state = 3;
`,
  // The list of a document's items was kept for each destination, and a row for each item that was missing there, for ever.
  `
-- seq: that of the delivery which brought it. open: items that come may be waited for, and have their places below.
CREATE TABLE document (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  items TEXT NOT NULL,
  open INTEGER NOT NULL
) STRICT;
INSERT INTO document SELECT min(seq), id, items, 1 FROM delivery_group GROUP BY id;
CREATE INDEX document_open ON document (seq) WHERE open = 1;

-- place: from 1, where it stands first.
CREATE TABLE document_item (
  item TEXT NOT NULL,
  document INTEGER NOT NULL REFERENCES document (seq),
  place INTEGER NOT NULL,
  PRIMARY KEY (item, document)
) STRICT, WITHOUT ROWID;
INSERT INTO document_item SELECT j.value, d.seq, min(j.key) + 1 FROM document d, json_each(d.items) j GROUP BY d.seq, j.value;

-- seq is that of the member stored first: the place of the whole group in every line (delivery.ord).
-- came: a mark for each place of the list, 0 where its item is waited for; missing: how many are.
CREATE TABLE delivery_group_6 (
  seq INTEGER PRIMARY KEY,
  destination INTEGER NOT NULL REFERENCES destination (id),
  document INTEGER NOT NULL REFERENCES document (seq),
  missing INTEGER NOT NULL,
  came TEXT NOT NULL,
  UNIQUE (document, destination)
) STRICT;
INSERT INTO delivery_group_6 SELECT g.seq, g.destination, d.seq, g.missing, (
  SELECT group_concat(CASE WHEN m.grp IS NULL THEN '1' ELSE '0' END, '' ORDER BY j.key) FROM json_each(g.items) j
  LEFT JOIN group_missing m ON m.destination = g.destination AND m.item = j.value AND m.grp = g.seq)
  FROM delivery_group g JOIN document d ON d.id = g.id;
DROP TABLE group_missing;
DROP TABLE delivery_group;
ALTER TABLE delivery_group_6 RENAME TO delivery_group;
`,
  // What differs beside the same Incident does not replace another's item.
  `
-- What it goes out as: its item, or apart from another's (NewDelivery.apart); NULL where nobody asks.
ALTER TABLE delivery ADD COLUMN name TEXT;
UPDATE delivery SET name = item WHERE destination IN (SELECT id FROM destination WHERE kind = 0);
CREATE INDEX delivery_name ON delivery (name, destination) WHERE name IS NOT NULL;
`,
  // Origins take turns at a destination.
  `
CREATE INDEX delivery_turn ON delivery (destination, origin, due) WHERE state = 0 AND ready = 1;
`,
  // What is refused leaves so many rows in a day, and one for the rest.
  `
-- day: since the epoch; rest: the row of the trace that says how many more there were.
CREATE TABLE trace_share (
  source TEXT PRIMARY KEY,
  day INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  more INTEGER NOT NULL,
  rest INTEGER
) STRICT, WITHOUT ROWID;
`,
  // What comes while the same is on its way in other words waits for what becomes of that.
  `
ALTER TABLE delivery ADD COLUMN behind INTEGER;
CREATE INDEX delivery_behind ON delivery (behind) WHERE behind IS NOT NULL;
`,
]
