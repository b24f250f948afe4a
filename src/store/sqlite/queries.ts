import { searchWord } from '../../iodef/incident-id.ts'
import type { DeliveryState, DestinationKind } from '../../vocabulary.ts'
import { DELIVERED, DISCARDED, kindCode, STATES, stateCode, WITHHELD } from '../coding/codes.ts'
import { MOST_LISTED, MOST_OVER, OVER } from '../coding/deliveries.ts'
import { parseId } from '../coding/ids.ts'
import type { Bounds, Stretch } from '../coding/pages.ts'
import { toTally } from '../coding/tally.ts'
import type { Delivery, DeliverySummary, QueueFilter, Tally } from '../contract.ts'
import { BODY_OF } from './bodies.ts'
import { sameInSql, toKey } from './keys.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { one, type Value } from './sql.ts'
import type { Tables } from './tables.ts'
import { groupsOf, TALLIED } from './tally.ts'

/** They have an index each; what is delivered has none. */
const WAITING: readonly DeliveryState[] = ['pending', 'sending']
const ASIDE: readonly DeliveryState[] = ['held', 'withheld']

/** What is read of the queue; never a payload but by `show` and `findPayload`. */
interface Queue {
  list(filter: QueueFilter): DeliverySummary[]
  /** Without a limit, of what is over only the latest 1000. */
  bounds(filter: QueueFilter): Bounds
  page(filter: QueueFilter, bounds: Bounds, stretch: Stretch): DeliverySummary[]
  tally(filter: QueueFilter, times: readonly number[], most: number): Tally[] | 'too-many'
  leftOut(filter: QueueFilter): number
  show(id: string): Delivery | undefined
  findPayload(kind: DestinationKind, destination: string, item: string, sources?: readonly string[]): string | undefined
}

export function createQueue({ db, destinations, groups }: Tables): Queue {
  const show = one<SummaryRow & { body: string | null }>(
    db,
    `SELECT ${SUMMARY_COLUMNS}, b.text AS body FROM ${SUMMARY_FROM} ${BODY_OF} WHERE d.seq = ?`,
  )
  const payload = one<{ body: string }>(
    db,
    `SELECT b.text AS body FROM delivery d JOIN body b ON b.seq = d.body
     JOIN envelope e ON e.seq = d.envelope
     WHERE ${sameInSql('d.item', '?1')} AND d.destination = ?2 AND (?3 IS NULL OR e.source IN (SELECT value FROM json_each(?3))) AND d.state NOT IN (${WITHHELD}, ${DISCARDED}) ORDER BY d.seq DESC LIMIT 1`,
  )

  const place = one<{ kind: number; name: string }>(db, 'SELECT kind, name FROM destination WHERE id = ?')
  const last = one<{ seq: number }>(db, 'SELECT coalesce(max(seq), 0) AS seq FROM delivery')
  const oldest = (part: Part): number | null =>
    one<{ seq: number | null }>(db, `SELECT min(seq) AS seq FROM (${part.sql})`)(...part.values)!.seq

  function summaries(parts: readonly Part[]): DeliverySummary[] {
    // one statement, one moment: what the gateway settles meanwhile is neither missing nor there twice
    const sql = `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM}
      WHERE d.seq IN (${parts.map((part) => part.sql).join(' UNION ALL ')}) ORDER BY d.seq`
    const rows = db.prepare(sql).iterate(...parts.flatMap((part) => part.values)) as Iterable<unknown>
    return Array.from(rows, (row) => toSummary(row as SummaryRow, groups))
  }

  function bounds(filter: QueueFilter): Bounds {
    const { states = STATES, limit } = filter
    const over = states.filter((state) => OVER.includes(state))
    const sought = limit === undefined ? over : states
    const from = sought.length === 0 ? null : oldest(latest(sought, filter, limit ?? MOST_OVER))
    return { open: limit === undefined ? 0 : (from ?? 0), over: from ?? 0, last: last()!.seq }
  }

  return {
    list: (filter) => summaries([latest(filter.states ?? STATES, filter, filter.limit ?? MOST_LISTED)]),
    bounds,
    page(filter, found, stretch) {
      const { limit } = stretch
      return summaries(partsOf(filter, found, stretch).map((part) => earliest(part, limit))).slice(0, limit)
    },
    tally(filter, times, most) {
      const found = bounds(filter)
      const parts = partsOf(filter, found, { after: -1, until: found.last })
      if (parts.length === 0) return []
      const rows = db.prepare(parts.map(({ from }) => `SELECT ${TALLIED} ${from}`).join(' UNION ALL '))
      rows.setReturnArrays(true)
      const groups = groupsOf(rows.iterate(...parts.flatMap(({ values }) => values)) as Iterable<never>, times, most)
      return groups === 'too-many' ? groups : groups.map((group) => toTally({ ...group, ...place(group.destination)! }))
    },
    leftOut(filter) {
      const { states = STATES, limit } = filter
      const over = states.filter((state) => OVER.includes(state))
      if (limit !== undefined || over.length === 0) return 0
      const { from, values } = asked(over, filter)
      return Math.max(0, one<{ n: number }>(db, `SELECT count(*) AS n ${from}`)(...values)!.n - MOST_OVER)
    },
    show(id) {
      const row = show(parseId(id) ?? -1)
      return row === undefined ? undefined : { ...toSummary(row, groups), payload: row.body ?? '' }
    },
    findPayload(kind, name, item, sources) {
      const destination = destinations.find(kind, name)
      return destination === undefined
        ? undefined
        : payload(toKey(item), destination, sources === undefined ? null : JSON.stringify(sources))?.body
    },
  }
}

interface Asked {
  /** of a statement, with WHERE: deliveries are `d` */
  readonly from: string
  readonly values: readonly Value[]
}

/** Keys. */
interface Part {
  readonly sql: string
  readonly values: readonly Value[]
}

/** What pages have of this stretch, by the index that finds it. */
function partsOf(
  filter: QueueFilter,
  { open, over }: Bounds,
  { after, until }: Pick<Stretch, 'after' | 'until'>,
): Asked[] {
  return [
    { of: WAITING, from: open },
    { of: ASIDE, from: open },
    { of: OVER, from: over },
  ].flatMap(({ of, from }) => {
    const states = of.filter((state) => filter.states?.includes(state) ?? true)
    return states.length === 0 ? [] : [asked(states, filter, { after: Math.max(after, from - 1), until })]
  })
}

/** Deliveries in these states, `within` what lies behind one key, up to another. */
function asked(
  states: readonly DeliveryState[],
  { kind, destination, incident, reason }: QueueFilter,
  within?: Pick<Stretch, 'after' | 'until'>,
): Asked {
  const where = [`d.state IN (${states.map(stateCode).join(', ')})`]
  const values: Value[] = []
  const stretch = (key: string) => (within === undefined ? '' : ` AND ${key} > ? AND ${key} <= ?`)
  const keys = within === undefined ? [] : [within.after, within.until]
  // delivered ones are the many: only where they are asked for is the whole table walked
  const index = indexOf(states)
  if (index !== undefined) where.push(index.where)
  if (kind !== undefined || destination !== undefined || index !== undefined) {
    where.push(
      'd.destination IN (SELECT id FROM destination WHERE kind = coalesce(?, kind) AND name = coalesce(?, name))',
    )
    values.push(kind === undefined ? null : kindCode(kind), destination ?? null)
  }
  if (incident !== undefined) {
    const of = 'WHERE i.tail = ? AND asked_for(i.key, ?)'
    where.push(`d.seq IN (
      SELECT c.seq FROM incident i JOIN delivery c ON c.incident = i.id ${of}${stretch('c.seq')}
      UNION SELECT a.delivery FROM incident i JOIN delivery_also a ON a.incident = i.id ${of}${stretch('a.delivery')})`)
    const tail = searchWord(incident)
    values.push(tail, incident, ...keys, tail, incident, ...keys)
  }
  if (reason !== undefined) {
    where.push('instr(lower(d.reason), lower(?)) > 0')
    values.push(reason)
  }
  // an incident has few: they are looked up
  const by = within !== undefined && incident === undefined && index !== undefined ? ` INDEXED BY ${index.name}` : ''
  return {
    from: `FROM delivery d${by} WHERE ${where.join(' AND ')}${stretch('d.seq')}`,
    values: [...values, ...keys],
  }
}

/** The partial index that has all that are in these states, with its condition. */
function indexOf(states: readonly DeliveryState[]): { readonly name: string; readonly where: string } | undefined {
  const codes = states.map(stateCode)
  if (codes.every((code) => code < DELIVERED)) return { name: 'delivery_open', where: 'd.state IN (0, 1)' }
  return codes.every((code) => code > DELIVERED) ? { name: 'delivery_aside', where: 'd.state > 2' } : undefined
}

/** Keys of the latest: by the index that has them, but that what was delivered is looked for among all. */
function latest(states: readonly DeliveryState[], filter: QueueFilter, limit: number): Part {
  const isWaiting = (state: DeliveryState) => WAITING.includes(state)
  const lots = states.includes('delivered')
    ? [states]
    : [states.filter(isWaiting), states.filter((state) => !isWaiting(state))]
  const all = lots.map((lot) => asked(lot, filter))
  const each = all.map(({ from }) => `SELECT * FROM (SELECT d.seq ${from} ORDER BY d.seq DESC LIMIT ?)`)
  return {
    sql: `SELECT * FROM (${each.join(' UNION ALL ')} ORDER BY 1 DESC LIMIT ?)`,
    values: [...all.flatMap(({ values }) => [...values, limit]), limit],
  }
}

function earliest({ from, values }: Asked, limit: number): Part {
  return { sql: `SELECT * FROM (SELECT d.seq ${from} ORDER BY d.seq LIMIT ?)`, values: [...values, limit] }
}
