import { MIGRATIONS } from '../../src/store/postgres/schema.ts'

// For `--import`: this process is of the version after, which adds to the tables as a version may (docs/scaling.md).
const NEXT = `
ALTER TABLE envelope ADD COLUMN next_mark text;
ALTER TABLE delivery ADD COLUMN next_weight integer NOT NULL DEFAULT 1;
CREATE INDEX delivery_next ON delivery (destination, next_weight) WHERE state = 0;
CREATE TABLE next_note (delivery bigint PRIMARY KEY REFERENCES delivery (seq) ON DELETE CASCADE, text text NOT NULL);
`
;(MIGRATIONS as string[]).push(NEXT)
