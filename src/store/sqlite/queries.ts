import { searchWord } from '../../iodef/incident-id.ts'
import type { DeliveryState, DestinationKind } from '../../vocabulary.ts'
import { DELIVERED, DISCARDED, kindCode, STATES, stateCode, WITHHELD } from '../coding/codes.ts'
import { MOST_OVER, OVER } from '../coding/deliveries.ts'
import { parseId } from '../coding/ids.ts'
import type { Delivery, DeliverySummary, QueueFilter } from '../contract.ts'
import { BODY_OF } from './bodies.ts'
import { toKey } from './keys.ts'
import { SUMMARY_COLUMNS, SUMMARY_FROM, type SummaryRow, toSummary } from './rows.ts'
import { one, type Value } from './sql.ts'
import type { Tables } from './tables.ts'

/** What is read of the queue; never a payload but by `show` and `findPayload`. */
interface Queue {
  /**
   * Those asked for, oldest first: the latest `limit`. Without it all that are not settled for good, and the latest 1000 of
   * those delivered or discarded.
   */
  list(filter: QueueFilter): DeliverySummary[]
  /** How many older ones `list` leaves out when it is given no limit. */
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
     WHERE d.item = ?1 AND d.destination = ?2 AND (?3 IS NULL OR e.source IN (SELECT value FROM json_each(?3))) AND d.state NOT IN (${WITHHELD}, ${DISCARDED}) ORDER BY d.seq DESC LIMIT 1`,
  )

  return {
    list(filter) {
      const { states = STATES, limit } = filter
      const open = states.filter((state) => !OVER.includes(state))
      const over = states.filter((state) => OVER.includes(state))
      const parts =
        limit === undefined
          ? [asked(open, filter), latest(asked(over, filter), MOST_OVER)]
          : [latest(asked(states, filter), limit)]
      // one statement, one moment: what the gateway settles meanwhile is neither missing nor there twice
      const sql = `SELECT ${SUMMARY_COLUMNS} FROM ${SUMMARY_FROM}
        WHERE d.seq IN (${parts.map((part) => part.sql).join(' UNION ALL ')}) ORDER BY d.seq`
      const rows = db.prepare(sql).iterate(...parts.flatMap((part) => part.values)) as Iterable<unknown>
      return Array.from(rows, (row) => toSummary(row as SummaryRow, groups))
    },
    leftOut(filter) {
      const { states = STATES, limit } = filter
      const over = states.filter((state) => OVER.includes(state))
      if (limit !== undefined || over.length === 0) return 0
      const { sql, values } = asked(over, filter)
      return Math.max(0, one<{ n: number }>(db, `SELECT count(*) AS n FROM (${sql})`)(...values)!.n - MOST_OVER)
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

interface Part {
  readonly sql: string
  readonly values: readonly Value[]
}

/** Keys of the deliveries in these states. */
function asked(states: readonly DeliveryState[], { kind, destination, incident, reason }: QueueFilter): Part {
  const where = [`d.state IN (${states.map(stateCode).join(', ')})`]
  const values: Value[] = []
  // delivered ones are the many: only where they are asked for is the whole table walked
  const range = rangeOf(states)
  if (range !== undefined) where.push(range)
  if (kind !== undefined || destination !== undefined || range !== undefined) {
    where.push(
      'd.destination IN (SELECT id FROM destination WHERE kind = coalesce(?, kind) AND name = coalesce(?, name))',
    )
    values.push(kind === undefined ? null : kindCode(kind), destination ?? null)
  }
  if (incident !== undefined) {
    where.push(`d.seq IN (
      SELECT c.seq FROM incident i JOIN delivery c ON c.incident = i.id WHERE i.tail = ? AND asked_for(i.key, ?)
      UNION SELECT a.delivery FROM incident i JOIN delivery_also a ON a.incident = i.id WHERE i.tail = ? AND asked_for(i.key, ?))`)
    const tail = searchWord(incident)
    values.push(tail, incident, tail, incident)
  }
  if (reason !== undefined) {
    where.push('instr(lower(d.reason), lower(?)) > 0')
    values.push(reason)
  }
  return { sql: `SELECT d.seq FROM delivery d WHERE ${where.join(' AND ')}`, values }
}

/** The condition of the partial index that has these states: delivery_open or delivery_aside. */
function rangeOf(states: readonly DeliveryState[]): string | undefined {
  const codes = states.map(stateCode)
  if (codes.every((code) => code < DELIVERED)) return 'd.state IN (0, 1)'
  return codes.every((code) => code > DELIVERED) ? 'd.state > 2' : undefined
}

function latest({ sql, values }: Part, limit: number): Part {
  return { sql: `SELECT * FROM (${sql} ORDER BY d.seq DESC LIMIT ?)`, values: [...values, limit] }
}
