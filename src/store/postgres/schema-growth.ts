/**
 * The trace in parts of a week, so that what is old goes by dropping a table (docs/decisions/0030-growth.md): trace_before has what was
 * there when parts were introduced, and of that week; trace_rest what has no part, so that no row is ever refused. From both rows go by
 * DELETE. `trace` takes and shows what it did: a gateway of the version before notices nothing. Both functions give up where somebody
 * reads the trace for long, a backup say: whoever writes would wait behind them.
 */
export const TRACE_BY_WEEK: string = `
DO $$
DECLARE
  week constant bigint := 604800000;
  bound constant bigint := ((extract(epoch FROM now()) * 1000)::bigint / week + 1) * week;
  given bigint;
BEGIN
  LOCK TABLE trace;
  SELECT last_value + 1 INTO given FROM trace_seq_seq;
  ALTER TABLE trace ALTER seq DROP IDENTITY;
  ALTER TABLE trace RENAME TO trace_before;
  ALTER INDEX trace_pkey RENAME TO trace_before_pkey;
  ALTER INDEX trace_tail RENAME TO trace_before_tail;
  ALTER INDEX trace_tx RENAME TO trace_before_tx;
  CREATE TABLE trace_rest (LIKE trace_before INCLUDING ALL);
  WITH later AS (DELETE FROM trace_before WHERE at >= bound RETURNING *) INSERT INTO trace_rest SELECT * FROM later;
  CREATE TABLE trace (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at bigint NOT NULL,
    incident text NOT NULL,
    tail text NOT NULL,
    event text NOT NULL,
    fields text NOT NULL
  ) PARTITION BY RANGE (at);
  PERFORM setval(pg_get_serial_sequence('trace', 'seq'), given, false);
  CREATE INDEX trace_tail ON trace (tail);
  CREATE INDEX trace_tx ON trace (tx);
  EXECUTE format('ALTER TABLE trace ATTACH PARTITION trace_before FOR VALUES FROM (MINVALUE) TO (%s)', bound);
  ALTER TABLE trace ATTACH PARTITION trace_rest DEFAULT;
END
$$;

-- The part of the week that begins then, unless there is one (another gateway may make it just now), or rows of it are in another part.
CREATE FUNCTION make_trace_week(first bigint) RETURNS void LANGUAGE plpgsql SET lock_timeout = 300 AS $$
DECLARE
  name text := 'trace_' || to_char(to_timestamp(first / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE trace_rest INCLUDING ALL)', name);
  EXECUTE format('ALTER TABLE trace ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, first, first + 604800000);
EXCEPTION WHEN duplicate_table OR unique_violation OR invalid_object_definition OR check_violation OR lock_not_available THEN
  RETURN;
END
$$;

-- The oldest part of which all is older; how many rows went, NULL where there is none.
CREATE FUNCTION drop_trace_week(before bigint) RETURNS bigint LANGUAGE plpgsql SET lock_timeout = 300 AS $$
DECLARE
  name text;
  gone bigint;
BEGIN
  SELECT c.relname INTO name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'trace'::regclass AND c.relname ~ '^trace_[0-9]{8}$'
      AND extract(epoch FROM to_date(right(c.relname, 8), 'YYYYMMDD')) * 1000 + 604800000 <= before
    ORDER BY c.relname LIMIT 1;
  IF name IS NULL THEN RETURN NULL; END IF;
  EXECUTE format('SELECT count(*) FROM %I', name) INTO gone;
  EXECUTE format('DROP TABLE %I', name);
  RETURN gone;
EXCEPTION WHEN undefined_table OR lock_not_available THEN
  RETURN NULL;
END
$$;
`

/** The oldest of a destination is found at once, and not behind all that was ever delivered. */
export const OLDEST_FIRST = `
CREATE INDEX delivery_oldest ON delivery (destination, state, seq) WHERE state <> 2;
DROP INDEX delivery_kept;
`

/**
 * What ends within seconds by itself is in no log: a COMMIT of it has nothing to wait for, neither disk nor standby (decision 24). After a crash of
 * the server, and at the standby that takes its place, both are empty, and filled again by the next signs of life.
 */
export const SIGNS_UNLOGGED = `
-- without: what of it is left to others
ALTER TABLE lease ADD COLUMN without text[];
ALTER TABLE lease SET UNLOGGED;
ALTER TABLE instance SET UNLOGGED;
`
