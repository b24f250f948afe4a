/** The tables of questions, their answers and what the Topics showed: a version of their own. */
export const EXCHANGES: string = `
-- Questions that were asked here. state, outcome: codes.ts. outcome: as what it closes once each answer is sent.
CREATE TABLE exchange (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  asker TEXT NOT NULL,
  address TEXT,
  msg_type TEXT NOT NULL,
  incident TEXT NOT NULL,
  digest TEXT NOT NULL,
  question TEXT NOT NULL,
  token TEXT UNIQUE,
  state INTEGER NOT NULL,
  outcome INTEGER,
  opened INTEGER NOT NULL,
  pending_at INTEGER,
  expires INTEGER NOT NULL,
  closed INTEGER
) STRICT;
CREATE INDEX exchange_question ON exchange (asker, digest);
CREATE INDEX exchange_open ON exchange (asker) WHERE state = 0;
CREATE INDEX exchange_incident ON exchange (incident) WHERE state = 0;
CREATE INDEX exchange_state ON exchange (state, closed);

-- Whom a question is asked of. token: hex SHA-256 of the RID-Callback-Token that came from there.
CREATE TABLE leg (
  exchange INTEGER NOT NULL REFERENCES exchange (seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  state INTEGER NOT NULL,
  token TEXT,
  reason TEXT,
  updated INTEGER NOT NULL,
  PRIMARY KEY (exchange, n),
  UNIQUE (token, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
  exchange INTEGER NOT NULL REFERENCES exchange (seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  leg INTEGER NOT NULL,
  msg_type TEXT NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  delivery INTEGER,
  sent INTEGER,
  PRIMARY KEY (exchange, n)
) STRICT;
CREATE INDEX answer_delivery ON answer (delivery) WHERE delivery IS NOT NULL;

-- What the Topics showed. item: as the Broker calls it. needed: labels with a space between.
CREATE TABLE record (
  seq INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  item TEXT NOT NULL,
  content TEXT NOT NULL,
  taken_in INTEGER NOT NULL,
  t_from INTEGER,
  t_to INTEGER,
  detected INTEGER,
  rating INTEGER,
  confidence REAL,
  needed TEXT NOT NULL,
  UNIQUE (topic, item)
) STRICT;
CREATE INDEX record_age ON record (taken_in);

-- Apart, so that looking through all records for a time reads no documents.
CREATE TABLE record_body (
  record INTEGER PRIMARY KEY REFERENCES record (seq) ON DELETE CASCADE,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE record_term (
  kind TEXT NOT NULL,
  lo TEXT NOT NULL,
  hi TEXT NOT NULL,
  record INTEGER NOT NULL REFERENCES record (seq) ON DELETE CASCADE,
  PRIMARY KEY (kind, lo, hi, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_term_record ON record_term (record);
`
