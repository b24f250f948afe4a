import type { DatabaseSync } from 'node:sqlite'
import type { ExchangeState } from '../../vocabulary.ts'
import { askerCode, askerName, EXCHANGES, exchangeCode, exchangeName, LEGS, legName } from '../coding/codes.ts'
import { formatId } from '../coding/ids.ts'
import type {
  Exchange,
  ExchangeFilter,
  ExchangeSummary,
  Exchanges,
  Leg,
  NewExchange,
  StoredAnswer,
} from '../exchanges.ts'
import { createJoined } from './joined.ts'
import { all, one } from './sql.ts'

interface ExchangeRow {
  readonly seq: number
  readonly id: string
  readonly asker_kind: number
  readonly asker: string
  readonly address: string | null
  readonly msg_type: string
  readonly incident: string
  readonly digest: string
  readonly question: string
  readonly token: string | null
  readonly state: number
  readonly outcome: number | null
  readonly opened: number
  readonly pending_at: number | null
  readonly expires: number
  readonly closed: number | null
}

interface LegRow extends Omit<Leg, 'state'> {
  readonly state: number
}

interface AnswerRow extends Omit<StoredAnswer, 'msgType' | 'delivery'> {
  readonly msg_type: string
  readonly delivery: number | null
}

interface ListRow
  extends Pick<
    ExchangeRow,
    'seq' | 'id' | 'asker_kind' | 'asker' | 'msg_type' | 'incident' | 'state' | 'opened' | 'expires' | 'closed'
  > {
  readonly answers: number
}

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
}

const OPEN = exchangeCode('open')
const UNDECIDED = `${LEGS.indexOf('waiting')}, ${LEGS.indexOf('promised')}`

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

  function whole(row: ExchangeRow): Exchange {
    return {
      id: row.id,
      askerKind: askerName(row.asker_kind),
      asker: row.asker,
      address: row.address,
      msgType: row.msg_type,
      incident: row.incident,
      digest: row.digest,
      question: row.question,
      token: row.token,
      state: exchangeName(row.state),
      outcome: row.outcome === null ? null : exchangeName(row.outcome),
      opened: row.opened,
      pendingAt: row.pending_at,
      expires: row.expires,
      closed: row.closed,
      legs: legs(row.seq).map(({ state, ...leg }) => ({ ...leg, state: legName(state) })),
      answers: answers(row.seq).map(({ msg_type: msgType, delivery, ...answer }) => {
        return { ...answer, msgType, ...(delivery !== null && { delivery: formatId(delivery) }) }
      }),
    }
  }

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
      return list(codes, by, asker, targetKind, target, incident, limit).map(
        ({ seq, asker_kind: kind, msg_type: msgType, state, ...row }) => {
          const asked = legs(seq).map((leg) => ({ kind: leg.kind, target: leg.target, state: legName(leg.state) }))
          return { ...row, askerKind: askerName(kind), msgType, state: exchangeName(state), legs: asked }
        },
      )
    },
    legOf(target, token) {
      const row = legOf(target, token)
      return row && { exchange: row.id, n: row.n }
    },
    ownerOf: (token) => ownerOf(token)?.target,
    askedOf: (target, incident) => askedOf(incident, target).map(({ id }) => id),
    ...createJoined(db),
    due: (now) => due(now).map(({ id }) => id),
    counts() {
      const known = new Map(counts().map(({ state, n }) => [exchangeName(state), n]))
      const pairs = EXCHANGES.map((state) => [state, known.get(state) ?? 0] as const)
      return Object.fromEntries(pairs) as Record<ExchangeState, number>
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
