import { shortInSql } from './keys.ts'

/**
 * Indexes whose keys come in no order have few bytes of each, so that an insert seldom moves what stands beside it; and nothing has an index
 * that is found by its number. A version of its own.
 */
export const SHORT: string = `
-- No two have the same direction, source and digest: insert.ts looks before it inserts.
CREATE TABLE envelope_short (
  seq INTEGER PRIMARY KEY,
  direction INTEGER NOT NULL,
  source TEXT NOT NULL,
  digest ANY NOT NULL,
  msg_type TEXT NOT NULL,
  incidents TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
INSERT INTO envelope_short SELECT seq, direction, source, digest, msg_type, incidents, received_at FROM envelope;
DROP TABLE envelope;
ALTER TABLE envelope_short RENAME TO envelope;
CREATE INDEX envelope_digest ON envelope (${shortInSql('digest')}, source);

DROP INDEX delivery_item;
CREATE INDEX delivery_item ON delivery (${shortInSql('item')}, destination, ${shortInSql('variant')});
-- Of what is sent once the number is the delivery's own.
DROP INDEX delivery_body;
CREATE INDEX delivery_body ON delivery (body) WHERE body <> seq;
`
