import { isAskedFor } from '../../iodef/incident-id.ts'
import type { DeliveryState, DestinationKind } from '../../vocabulary.ts'
import { DISCARDED, kindCode, kindName, STATES, stateCode, WITHHELD } from '../coding/codes.ts'
import { MOST_LISTED, MOST_OVER, OVER } from '../coding/deliveries.ts'
import { parseId } from '../coding/ids.ts'
import type { Bounds, Stretch } from '../coding/pages.ts'
import { type TallyRow, toTally } from '../coding/tally.ts'
import type { Backlog, Delivery, DeliverySummary, QueueFilter, Tally } from '../contract.ts'
import { BODY_OF } from './bodies.ts'
import { wordsOf } from './insert.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { all, type Db, one, type Value } from './sql.ts'

/** What is read of the queue; never a payload but by `show` and `findPayload`. */
interface Queue {
  list(filter: QueueFilter): Promise<DeliverySummary[]>
  /** Without a limit, of what is over only the latest 1000. */
  bounds(filter: QueueFilter): Promise<Bounds>
  page(filter: QueueFilter, bounds: Bounds, stretch: Stretch): Promise<DeliverySummary[]>
  tally(filter: QueueFilter, times: readonly number[], most: number): Promise<Tally[] | 'too-many'>
  leftOut(filter: QueueFilter): Promise<number>
  show(id: string): Promise<Delivery | undefined>
  findPayload(
    kind: DestinationKind,
    destination: string,
    item: string,
    sources?: readonly string[],
  ): Promise<string | undefined>
  backlog(): Promise<Backlog[]>
}

interface BacklogRow extends Omit<Backlog, 'kind' | 'paused'> {
  readonly kind: number
  readonly paused_at: number | null
  readonly paused_by: string | null
}

export function createQueue(db: Db): Queue {
  const show = one<SummaryRow & { body: string | null }>(
    db,
    `SELECT ${SUMMARY_COLUMNS}, b.text AS body FROM ${SUMMARY_FROM} ${BODY_OF} WHERE d.seq = $1`,
  )
  const payload = one<{ body: string }>(
    db,
    `SELECT b.text AS body FROM delivery d JOIN payload p ON p.delivery = d.seq JOIN body b ON b.seq = p.body
     JOIN envelope e ON e.seq = d.envelope JOIN destination t ON t.id = d.destination
     WHERE d.item = $1 AND t.kind = $2 AND md5(t.name) = md5($3) AND t.name = $3
       AND ($4::text[] IS NULL OR e.source = ANY($4::text[])) AND d.state NOT IN (${WITHHELD}, ${DISCARDED})
     ORDER BY d.seq DESC LIMIT 1`,
  )
  const backlog = all<BacklogRow>(
    db,
    `SELECT t.kind, t.name AS destination, t.pending, t.sending, t.held, t.withheld, t.paused_at, t.paused_by,
       CASE WHEN t.pending + t.sending > 0 THEN (SELECT min(d.created_at) FROM delivery d WHERE d.seq IN (
         (SELECT min(p.seq) FROM delivery p WHERE p.destination = t.id AND p.state <> 2 AND p.state = 0),
         (SELECT min(s.seq) FROM delivery s WHERE s.destination = t.id AND s.state <> 2 AND s.state = 1))) END AS oldest,
       CASE WHEN t.pending > 0 AND t.paused_at IS NULL THEN least(
         (SELECT min(d.due) FROM delivery d WHERE d.destination = t.id AND d.state = 0 AND d.ready),
         (SELECT min(d.lease) FROM delivery d WHERE d.destination = t.id AND d.state <> 2 AND d.state = 1)) END AS due
     FROM destination t ORDER BY t.kind, t.name`,
  )

  const last = one<{ seq: number }>(db, 'SELECT coalesce(max(seq), 0) AS seq FROM delivery')

  async function summaries(parts: readonly string[], values: readonly Value[]): Promise<DeliverySummary[]> {
    // one statement, one moment: what the gateway settles meanwhile is neither missing nor there twice
    const text = `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM} WHERE d.seq IN (${parts.join(' UNION ALL ')}) ORDER BY d.seq`
    const documents = new Map()
    return (await db.query<SummaryRow>(text, values, true)).map((row) => toSummary(row, documents))
  }

  async function bounds(filter: QueueFilter): Promise<Bounds> {
    const { states = STATES, limit } = filter
    const over = states.filter((state) => OVER.includes(state))
    const values: Value[] = []
    const sought = asked(limit === undefined ? over : states, filter, await chosen(db, filter), values)
    const text = `SELECT min(seq) AS seq FROM ${latest(sought, limit ?? MOST_OVER)} o`
    const [oldest] = await db.query<{ seq: number | null }>(text, values, true)
    const from = oldest?.seq ?? 0
    return { open: limit === undefined ? 0 : from, over: from, last: (await last())?.seq ?? 0 }
  }

  /** What pages have of this stretch: of what is not settled for good, and of what is. What it needs is put behind `values`. */
  async function partsOf(
    filter: QueueFilter,
    bounds: Bounds,
    { after, until }: Pick<Stretch, 'after' | 'until'>,
    values: Value[],
  ): Promise<readonly string[]> {
    const { states = STATES } = filter
    const found = await chosen(db, filter, { after, until })
    const of = (ones: readonly DeliveryState[], from: number) =>
      asked(ones, filter, found, values, { after: Math.max(after, from - 1), until })
    const open = states.filter((state) => !OVER.includes(state))
    const over = states.filter((state) => OVER.includes(state))
    return [of(open, bounds.open), of(over, bounds.over)]
  }

  return {
    async list(filter) {
      const values: Value[] = []
      const part = asked(filter.states ?? STATES, filter, await chosen(db, filter), values)
      return summaries([latest(part, filter.limit ?? MOST_LISTED)], values)
    },
    bounds,
    async page(filter, found, stretch) {
      const values: Value[] = []
      const parts = await partsOf(filter, found, stretch, values)
      const { limit } = stretch
      return (
        await summaries(
          parts.map((from) => earliest(from, limit)),
          values,
        )
      ).slice(0, limit)
    },
    async tally(filter, times, most) {
      const found = await bounds(filter)
      const values: Value[] = []
      const parts = await partsOf(filter, found, { after: -1, until: found.last }, values)
      const age = ['0', ...times.map((time) => `(d.created_at <= $${values.push(time)})::int`)].join(' + ')
      const text = `SELECT t.kind, t.name, g.* FROM (
          SELECT d.destination, d.state, d.reason, ${age} AS age, count(*) AS count, min(d.created_at) AS oldest, min(d.seq) AS first
          FROM (${parts.map((from) => `SELECT d.* ${from}`).join(' UNION ALL ')}) d GROUP BY 1, 2, 3, 4) g
        JOIN destination t ON t.id = g.destination ORDER BY g.first LIMIT ${Math.trunc(most) + 1}`
      const rows = await db.query<TallyRow>(text, values, true)
      return rows.length > most ? 'too-many' : Array.from(rows, toTally)
    },
    async leftOut(filter) {
      const { states = STATES, limit } = filter
      const over = states.filter((state) => OVER.includes(state))
      if (limit !== undefined || over.length === 0) return 0
      const values: Value[] = []
      const text = `SELECT count(*) AS n ${asked(over, filter, await chosen(db, filter), values)}`
      const [counted] = await db.query<{ n: number }>(text, values, true)
      return Math.max(0, (counted?.n ?? 0) - MOST_OVER)
    },
    async show(id) {
      const row = await show(parseId(id) ?? -1)
      return row && { ...toSummary(row, new Map()), payload: row.body ?? '' }
    },
    findPayload: async (kind, name, item, sources) =>
      (await payload(item, kindCode(kind), name, sources ?? null))?.body,
    async backlog() {
      return (await backlog()).map(({ kind, paused_at: since, paused_by: by, ...row }) => {
        return { ...row, kind: kindName(kind), paused: since === null ? null : { since, by: by ?? '' } }
      })
    },
  }
}

/** What of a filter is looked up first. */
interface Chosen {
  /** of destinations: with these the planner knows how many rows to expect, and which index has the fewest */
  readonly destinations: readonly number[] | undefined
  /** of deliveries */
  readonly incidents: readonly number[] | undefined
}

async function chosen(db: Db, filter: QueueFilter, within?: Pick<Stretch, 'after' | 'until'>): Promise<Chosen> {
  const [destinations, incidents] = await Promise.all([named(db, filter), meant(db, filter, within)])
  return { destinations, incidents }
}

async function named(db: Db, { kind, destination }: QueueFilter): Promise<readonly number[] | undefined> {
  if (kind === undefined && destination === undefined) return undefined
  const text =
    'SELECT id FROM destination WHERE kind = coalesce($1::smallint, kind) AND name = coalesce($2::text, name)'
  const rows = await db.query<{ id: number }>(text, [kind === undefined ? null : kindCode(kind), destination ?? null])
  return rows.map(({ id }) => id)
}

/** Of deliveries that carry what somebody may mean, those that do: which that is, is no matter of SQL. */
async function meant(
  db: Db,
  { incident }: QueueFilter,
  { after, until }: Pick<Stretch, 'after' | 'until'> = { after: -1, until: Number.MAX_SAFE_INTEGER },
): Promise<readonly number[] | undefined> {
  if (incident === undefined) return undefined
  const text = 'SELECT seq, incident, also FROM delivery WHERE words && $1::text[] AND seq > $2 AND seq <= $3'
  const values = [wordsOf([incident]), after, until]
  const rows = await db.query<{ seq: number; incident: string; also: string | null }>(text, values)
  const carried = ({ incident: first, also }: { incident: string; also: string | null }) => [
    first,
    ...(also === null ? [] : (JSON.parse(also) as string[])),
  ]
  return rows.filter((row) => carried(row).some((one) => isAskedFor(one, incident))).map(({ seq }) => seq)
}

/** Deliveries in these states, from FROM on: they are `d`. What it needs is put behind `values`. */
function asked(
  states: readonly DeliveryState[],
  { reason }: QueueFilter,
  { destinations, incidents }: Chosen,
  values: Value[],
  within?: Pick<Stretch, 'after' | 'until'>,
): string {
  const bind = (value: Value) => `$${values.push(value)}`
  const where = [`d.state = ANY(${bind(states.map(stateCode))}::smallint[])`]
  // delivered ones are the many: only where they are asked for is the whole table walked
  if (!states.includes('delivered')) where.push('d.state <> 2')
  if (destinations !== undefined) where.push(`d.destination = ANY(${bind(destinations)}::bigint[])`)
  if (incidents !== undefined) where.push(`d.seq = ANY(${bind(incidents)}::bigint[])`)
  if (reason !== undefined) where.push(`strpos(lower(d.reason), lower(${bind(reason)}::text)) > 0`)
  if (within !== undefined) where.push(`d.seq > ${bind(within.after)}`, `d.seq <= ${bind(within.until)}`)
  return `FROM delivery d WHERE ${where.join(' AND ')}`
}

function latest(from: string, limit: number): string {
  return `(SELECT d.seq ${from} ORDER BY d.seq DESC LIMIT ${Math.max(0, Math.trunc(limit))})`
}

function earliest(from: string, limit: number): string {
  return `(SELECT d.seq ${from} ORDER BY d.seq LIMIT ${limit})`
}
