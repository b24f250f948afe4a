import type { DatabaseSync } from 'node:sqlite'
import { askerCode, EXCHANGES, exchangeCode } from '../coding/codes.ts'
import {
  type AnswerRow,
  countsOf,
  type ExchangeRow,
  type LegRow,
  type ListRow,
  OPEN,
  toExchange,
  toListed,
  UNDECIDED,
} from '../coding/exchange-rows.ts'
import type { Exchange, ExchangeFilter, ExchangeSummary, Exchanges, NewExchange } from '../exchanges.ts'
import { createJoined } from './joined.ts'
import { all, one } from './sql.ts'

interface ExchangeRows extends ReturnType<typeof createJoined> {
  bySeq(seq: number): Exchange | undefined
  byId(id: string): { readonly seq: number; readonly exchange: Exchange } | undefined
  known(asker: Pick<NewExchange, 'askerKind' | 'asker'>, digest: string, since: number): string | undefined
  list(filter: ExchangeFilter): ExchangeSummary[]
  legOf(target: string, token: string): { readonly exchange: string; readonly n: number } | undefined
  ownerOf(token: string): string | undefined
  askedOf(target: string, incident: string): string[]
  due(now: number): string[]
  counts(): Awaited<ReturnType<Exchanges['exchangeCounts']>>
  /** Something was done to questions, or may have been. */
  forget(): void
}

/** What is read of questions, with their legs and answers. */
export function createExchangeRows(db: DatabaseSync): ExchangeRows {
  const bySeq = one<ExchangeRow>(db, 'SELECT * FROM exchange WHERE seq = ?')
  const byId = one<ExchangeRow>(db, 'SELECT * FROM exchange WHERE id = ?')
  const known = one<{ id: string }>(
    db,
    `SELECT id FROM exchange WHERE asker_kind = ? AND asker = ? AND digest = ? AND (state = ${OPEN} OR closed >= ?) ORDER BY seq DESC LIMIT 1`,
  )
  const legs = all<LegRow>(
    db,
    'SELECT n, kind, target, state, token, reason, updated FROM leg WHERE exchange = ? ORDER BY n',
  )
  const answers = all<AnswerRow>(
    db,
    'SELECT n, leg, msg_type, digest, body, at, sent, delivery FROM answer WHERE exchange = ? ORDER BY n',
  )
  const legOf = one<{ id: string; n: number }>(
    db,
    'SELECT e.id, l.n FROM leg l JOIN exchange e ON e.seq = l.exchange WHERE l.target = ? AND l.token = ?',
  )
  const ownerOf = one<{ target: string }>(db, 'SELECT target FROM leg WHERE token = ?')
  const askedOf = all<{ id: string }>(
    db,
    `SELECT e.id FROM exchange e JOIN leg l ON l.exchange = e.seq
     WHERE e.state = ${OPEN} AND e.incident = ? AND l.target = ? AND l.state IN (${UNDECIDED}) ORDER BY e.seq`,
  )
  const anOpenOne = one(db, `SELECT 1 FROM exchange WHERE state = ${OPEN} LIMIT 1`)
  /** each report might answer one, and mostly nobody is asked anything */
  let isAnyOpen: boolean | undefined
  const due = all<{ id: string }>(
    db,
    `SELECT id FROM exchange WHERE state = ${OPEN} AND (expires <= ?1 OR pending_at <= ?1) ORDER BY seq LIMIT 1000`,
  )
  const list = all<ListRow>(
    db,
    `SELECT * FROM (
       SELECT seq, id, asker_kind, asker, msg_type, incident, state, opened, expires, closed,
         (SELECT count(*) FROM answer a WHERE a.exchange = e.seq) AS answers
       FROM exchange e
       WHERE state IN (SELECT value FROM json_each(?1)) AND asker_kind = coalesce(?2, asker_kind) AND asker = coalesce(?3, asker)
         AND (?5 IS NULL OR EXISTS (
           SELECT 1 FROM leg l WHERE l.exchange = e.seq AND l.kind = coalesce(?4, l.kind) AND l.target = ?5))
         AND (?6 IS NULL OR asked_for(incident, ?6))
       ORDER BY seq DESC LIMIT ?7) ORDER BY seq`,
  )
  const counts = all<{ state: number; n: number }>(db, 'SELECT state, count(*) AS n FROM exchange GROUP BY state')

  const whole = (row: ExchangeRow) => toExchange(row, legs(row.seq), answers(row.seq))

  return {
    bySeq(seq) {
      const row = bySeq(seq)
      return row && whole(row)
    },
    byId(id) {
      const row = byId(id)
      return row && { seq: row.seq, exchange: whole(row) }
    },
    known: ({ askerKind = 'peer', asker }, digest, since) => known(askerCode(askerKind), asker, digest, since)?.id,
    list({ states = EXCHANGES, askerKind, asker = null, targetKind = null, target = null, incident = null, limit }) {
      const codes = JSON.stringify(states.map(exchangeCode))
      const by = askerKind === undefined ? null : askerCode(askerKind)
      return list(codes, by, asker, targetKind, target, incident, limit).map((row) => toListed(row, legs(row.seq)))
    },
    legOf(target, token) {
      const row = legOf(target, token)
      return row && { exchange: row.id, n: row.n }
    },
    ownerOf: (token) => ownerOf(token)?.target,
    askedOf(target, incident) {
      isAnyOpen ??= anOpenOne() !== undefined
      return isAnyOpen ? askedOf(incident, target).map(({ id }) => id) : []
    },
    ...createJoined(db),
    due: (now) => due(now).map(({ id }) => id),
    counts: () => countsOf(counts()),
    forget() {
      isAnyOpen = undefined
    },
  }
}

/** What is only read, as the store has it. */
export function exchangeReads(
  rows: ExchangeRows,
  read: <T>(query: () => T) => T,
): Pick<
  Exchanges,
  'exchange' | 'known' | 'listExchanges' | 'legOf' | 'ownerOf' | 'askedOf' | 'sharing' | 'due' | 'exchangeCounts'
> {
  return {
    exchange: async (id) => read(() => rows.byId(id)?.exchange),
    known: async (asker, digest, since) => read(() => rows.known(asker, digest, since)),
    listExchanges: async (filter) => read(() => rows.list(filter)),
    legOf: async (target, token) => read(() => rows.legOf(target, token)),
    ownerOf: async (token) => read(() => rows.ownerOf(token)),
    askedOf: async (target, incident) => read(() => rows.askedOf(target, incident)),
    sharing: async (id, n) => read(() => rows.sharing(id, n)),
    due: async (now) => read(() => rows.due(now)),
    exchangeCounts: async () => read(rows.counts),
  }
}
