/** The tables of questions, their answers and what the Topics showed: part of the first version. */
export const EXCHANGES: string = `
-- Questions that were asked here. state, outcome, asker_kind: codes.ts. outcome: as what it closes once each answer is sent.
CREATE TABLE exchange (
  seq bigint PRIMARY KEY,
  id text NOT NULL UNIQUE,
  asker_kind smallint NOT NULL,
  asker text NOT NULL,
  address text,
  msg_type text NOT NULL,
  incident text NOT NULL,
  words text[] NOT NULL,
  digest text NOT NULL,
  question text NOT NULL,
  token text UNIQUE,
  state smallint NOT NULL,
  outcome smallint,
  opened bigint NOT NULL,
  pending_at bigint,
  expires bigint NOT NULL,
  closed bigint
);
CREATE INDEX exchange_question ON exchange (digest);
CREATE INDEX exchange_open ON exchange USING hash (asker) WHERE state = 0;
CREATE INDEX exchange_incident ON exchange USING hash (incident) WHERE state = 0;
CREATE INDEX exchange_due ON exchange (seq) WHERE state = 0;
CREATE INDEX exchange_state ON exchange (state, closed);
CREATE INDEX exchange_words ON exchange USING gin (words) WITH (fastupdate = off);

-- Whom a question is asked of. token: hex SHA-256 of the RID-Callback-Token that came from there. joined: seq of the exchange that
-- asks, of which this leg's exchange is another asker. afterwards: JSON of a delivery that is queued once the exchange is closed,
-- where the leg has a token by then.
CREATE TABLE leg (
  exchange bigint NOT NULL REFERENCES exchange (seq) ON DELETE CASCADE,
  n integer NOT NULL,
  kind text NOT NULL,
  target text NOT NULL,
  state smallint NOT NULL,
  token text,
  reason text,
  updated bigint NOT NULL,
  joined bigint,
  afterwards text,
  PRIMARY KEY (exchange, n)
);
CREATE UNIQUE INDEX leg_token ON leg (token, md5(target));
CREATE INDEX leg_joined ON leg (joined) WHERE joined IS NOT NULL;
CREATE INDEX leg_target ON leg USING hash (target);

CREATE TABLE answer (
  exchange bigint NOT NULL REFERENCES exchange (seq) ON DELETE CASCADE,
  n integer NOT NULL,
  leg integer NOT NULL,
  msg_type text NOT NULL,
  digest text NOT NULL,
  body text NOT NULL,
  at bigint NOT NULL,
  delivery bigint,
  sent bigint,
  PRIMARY KEY (exchange, n)
);
CREATE INDEX answer_delivery ON answer (delivery) WHERE delivery IS NOT NULL;

-- What the Topics showed. item: as the Broker calls it; key: that, capped. needed: labels with a space between.
CREATE TABLE record (
  seq bigint PRIMARY KEY,
  topic text NOT NULL,
  item text NOT NULL,
  key text NOT NULL,
  content text NOT NULL,
  taken_in bigint NOT NULL,
  t_from bigint,
  t_to bigint,
  detected bigint,
  rating integer,
  confidence double precision,
  needed text NOT NULL
);
CREATE UNIQUE INDEX record_item ON record (topic, key);
CREATE INDEX record_age ON record (taken_in);
CREATE INDEX record_span ON record (t_to, t_from);

-- Apart, so that looking through all records for a time reads no documents.
CREATE TABLE record_body (
  record bigint PRIMARY KEY REFERENCES record (seq) ON DELETE CASCADE,
  body text NOT NULL
);

CREATE TABLE record_term (
  kind text COLLATE "C" NOT NULL,
  lo text COLLATE "C" NOT NULL,
  hi text COLLATE "C" NOT NULL,
  record bigint NOT NULL REFERENCES record (seq) ON DELETE CASCADE,
  PRIMARY KEY (kind, lo, hi, record)
);
CREATE INDEX record_term_record ON record_term (record);
`
