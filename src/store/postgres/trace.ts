import { isAskedFor, searchWord } from '../../iodef/incident-id.ts'
import { capped } from '../coding/capped.ts'
import type { TraceEvent, TracePage, TraceShare } from '../contract.ts'
import { all, type Db, one, run } from './sql.ts'

/** Inside a transaction. */
export interface Trail {
  add(events: readonly TraceEvent[]): Promise<void>
  /** Within the share of a source; how many rows of the day were left out by now. */
  addWithin(share: TraceShare, events: readonly TraceEvent[]): Promise<number>
}

const DAY = 86_400_000

interface TraceRow {
  readonly at: number
  readonly incident: string
  readonly event: string
  readonly fields: string
}

interface Share {
  readonly day: number
  readonly rows: number
  readonly more: number
  readonly rest: number | null
}

const COLUMNS = '(at, incident, tail, event, fields)'

export function createTrail(db: Db): Trail {
  const insert = run(
    db,
    `INSERT INTO trace ${COLUMNS}
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])`,
  )
  const insertRest = one<{ seq: number }>(db, `INSERT INTO trace ${COLUMNS} VALUES ($1, $2, $3, $4, $5) RETURNING seq`)
  const makeShare = run(
    db,
    'INSERT INTO trace_share (source, day, rows, more) VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING',
  )
  const lockShare = one<Share>(db, 'SELECT day, rows, more, rest FROM trace_share WHERE source = $1 FOR UPDATE')
  const keepShare = run(db, 'UPDATE trace_share SET day = $2, rows = $3, more = $4, rest = $5 WHERE source = $1')
  const update = run(db, 'UPDATE trace SET at = $1, fields = $2 WHERE seq = $3')

  async function add(events: readonly TraceEvent[]): Promise<void> {
    if (events.length === 0) return
    const rows = events.map(columnsOf)
    await insert(
      rows.map(([at]) => at),
      rows.map(([, incident]) => incident),
      rows.map(([, , tail]) => tail),
      rows.map(([, , , event]) => event),
      rows.map(([, , , , fields]) => fields),
    )
  }

  async function shareOf(source: string, day: number): Promise<Share> {
    await makeShare(source, day)
    const share = (await lockShare(source))!
    return share.day === day ? share : { day, rows: 0, more: 0, rest: null }
  }

  /** The row that says how many more there were; it may have been dropped. */
  async function countRest(seq: number | null, row: TraceEvent): Promise<number> {
    if (seq !== null && (await update(row.at, JSON.stringify(row.fields), seq)) > 0) return seq
    return (await insertRest(...columnsOf(row)))!.seq
  }

  return {
    add,
    async addWithin({ source, most, rest }, events) {
      const name = capped(source)
      const day = Math.floor((events[0]?.at ?? 0) / DAY)
      const before = await shareOf(name, day)
      if (before.rows + events.length <= most) {
        await add(events)
        await keepShare(name, day, before.rows + events.length, before.more, before.rest)
        return before.more
      }
      const more = before.more + events.length
      await keepShare(name, day, before.rows, more, await countRest(before.rest, rest(more)))
      return more
    },
  }
}

/** What is only read of the trace. */
interface TraceRows {
  of(incident: string): Promise<TraceEvent[]>
  behind(position: number | undefined, events: readonly string[]): Promise<TracePage>
}

export function createTraceRows(db: Db): TraceRows {
  const select = all<TraceRow>(db, 'SELECT at, incident, event, fields FROM trace WHERE tail = $1 ORDER BY at, seq')
  const position = one<{ position: number }>(
    db,
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS position',
  )
  // of transactions that are over, all of them: the oldest that is not is where the next question goes on
  const between = all<TraceRow & { seq: number | null; position: number }>(
    db,
    `WITH now AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS position)
     SELECT now.position::text::bigint AS position, t.seq, t.at, t.incident, t.event, t.fields
     FROM now LEFT JOIN trace t ON t.tx >= $1::text::xid8 AND t.tx < now.position AND t.event = ANY($2::text[])
     ORDER BY t.seq`,
  )
  return {
    async of(incident) {
      const rows = await select(capped(searchWord(incident)))
      return rows.filter((row) => isAskedFor(row.incident, incident)).map(toEvent)
    },
    async behind(from, events) {
      if (from === undefined) return { rows: [], position: (await position())!.position }
      const found = await between(String(from), events)
      return { rows: found.filter(({ seq }) => seq !== null).map(toEvent), position: found[0]!.position }
    },
  }
}

function columnsOf({ at, incident, event, fields }: TraceEvent): [number, string, string, string, string] {
  return [at, incident, capped(searchWord(incident)), event, JSON.stringify(fields)]
}

function toEvent({ at, incident, event, fields }: TraceRow): TraceEvent {
  return { at, incident, event, fields: JSON.parse(fields) as TraceEvent['fields'] }
}
