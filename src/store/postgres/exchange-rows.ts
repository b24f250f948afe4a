import { isAskedFor } from '../../iodef/incident-id.ts'
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
import { wordsOf } from './insert.ts'
import { createJoined } from './joined.ts'
import { inLots } from './lots.ts'
import { all, type Db, one } from './sql.ts'

/** An exchange with what belongs to it, of one moment. */
interface WholeRow extends ExchangeRow {
  readonly legs: readonly LegRow[]
  readonly answers: readonly AnswerRow[]
}

interface ListedRow extends ListRow {
  readonly legs: readonly Pick<LegRow, 'kind' | 'target' | 'state'>[]
}

interface ExchangeRows extends ReturnType<typeof createJoined> {
  /** Locked until the end of the transaction. */
  bySeq(seq: number): Promise<Exchange | undefined>
  /** So is this. */
  byId(id: string): Promise<{ readonly seq: number; readonly exchange: Exchange } | undefined>
  read(id: string): Promise<Exchange | undefined>
  known(asker: Pick<NewExchange, 'askerKind' | 'asker'>, digest: string, since: number): Promise<string | undefined>
  list(filter: ExchangeFilter): Promise<ExchangeSummary[]>
  legOf: Exchanges['legOf']
  ownerOf(token: string): Promise<string | undefined>
  askedOf(target: string, incident: string): Promise<string[]>
  due(now: number): Promise<string[]>
  counts: Exchanges['exchangeCounts']
}

const WHOLE = `SELECT e.*,
  (SELECT coalesce(json_agg(l ORDER BY l.n), '[]') FROM
    (SELECT n, kind, target, state, token, reason, updated FROM leg WHERE exchange = e.seq) l) AS legs,
  (SELECT coalesce(json_agg(a ORDER BY a.n), '[]') FROM
    (SELECT n, leg, msg_type, digest, body, at, sent, delivery FROM answer WHERE exchange = e.seq) a) AS answers
  FROM exchange e`

/** What is read of questions, with their legs and answers. */
export function createExchangeRows(db: Db): ExchangeRows {
  const bySeq = one<WholeRow>(db, `${WHOLE} WHERE e.seq = $1 FOR UPDATE OF e`)
  const lock = one<{ seq: number }>(db, 'SELECT seq FROM exchange WHERE id = $1 FOR UPDATE')
  const read = one<WholeRow>(db, `${WHOLE} WHERE e.id = $1`)
  const known = one<{ id: string }>(
    db,
    `SELECT id FROM exchange WHERE asker_kind = $1 AND asker = $2 AND digest = $3 AND (state = ${OPEN} OR closed >= $4) ORDER BY seq DESC LIMIT 1`,
  )
  const legOf = one<{ id: string; n: number }>(
    db,
    'SELECT e.id, l.n FROM leg l JOIN exchange e ON e.seq = l.exchange WHERE l.target = $1 AND l.token = $2',
  )
  const ownerOf = one<{ target: string }>(db, 'SELECT target FROM leg WHERE token = $1')
  const asked = all<{ n: number; id: string }>(
    db,
    `SELECT a.n, e.id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a (incident, target, n)
     JOIN exchange e ON e.incident = a.incident AND e.state = ${OPEN}
     JOIN leg l ON l.exchange = e.seq AND l.target = a.target AND l.state IN (${UNDECIDED}) ORDER BY e.seq`,
  )
  // of each report that comes in
  const askedOf = inLots(async (questions: readonly { readonly target: string; readonly incident: string }[]) => {
    const found = await asked(
      questions.map(({ incident }) => incident),
      questions.map(({ target }) => target),
    )
    return questions.map((_, place) => found.filter(({ n }) => n === place + 1).map(({ id }) => id))
  })
  const due = all<{ id: string }>(
    db,
    `SELECT id FROM exchange WHERE state = ${OPEN} AND (expires <= $1 OR pending_at <= $1) ORDER BY seq LIMIT 1000`,
  )
  const list = all<ListedRow>(
    db,
    `SELECT seq, id, asker_kind, asker, msg_type, incident, state, opened, expires, closed,
       (SELECT count(*) FROM answer a WHERE a.exchange = e.seq) AS answers,
       (SELECT coalesce(json_agg(l ORDER BY l.n), '[]') FROM leg l WHERE l.exchange = e.seq) AS legs
     FROM exchange e
     WHERE state = ANY($1::smallint[]) AND ($2::smallint IS NULL OR asker_kind = $2) AND ($3::text IS NULL OR asker = $3)
       AND ($5::text IS NULL OR EXISTS (
         SELECT 1 FROM leg l WHERE l.exchange = e.seq AND ($4::text IS NULL OR l.kind = $4) AND l.target = $5))
       AND ($6::bigint[] IS NULL OR seq = ANY($6))
     ORDER BY seq DESC LIMIT $7`,
  )
  const carrying = all<{ seq: number; incident: string }>(
    db,
    'SELECT seq, incident FROM exchange WHERE words && $1::text[]',
  )
  const counts = all<{ state: number; n: number }>(db, 'SELECT state, count(*) AS n FROM exchange GROUP BY state')

  /** Which of them that is, is no matter of SQL. */
  async function about(incident: string): Promise<number[]> {
    const rows = await carrying(wordsOf([incident]))
    return rows.filter((row) => isAskedFor(row.incident, incident)).map(({ seq }) => seq)
  }

  return {
    async bySeq(seq) {
      const row = await bySeq(seq)
      return row && whole(row)
    },
    async byId(id) {
      // behind the lock: what stands beside it is of before where one waited for it
      const there = await lock(id)
      const row = there && (await bySeq(there.seq))
      return row && { seq: row.seq, exchange: whole(row) }
    },
    async read(id) {
      const row = await read(id)
      return row && whole(row)
    },
    known: async ({ askerKind = 'peer', asker }, digest, since) =>
      (await known(askerCode(askerKind), asker, digest, since))?.id,
    async list({ states = EXCHANGES, askerKind, asker = null, targetKind = null, target = null, incident, limit }) {
      const by = askerKind === undefined ? null : askerCode(askerKind)
      const meant = incident === undefined ? null : await about(incident)
      const rows = await list(states.map(exchangeCode), by, asker, targetKind, target, meant, limit)
      return rows.map(({ legs, ...row }) => toListed(row, legs)).reverse()
    },
    async legOf(target, token) {
      const row = await legOf(target, token)
      return row && { exchange: row.id, n: row.n }
    },
    ownerOf: async (token) => (await ownerOf(token))?.target,
    askedOf: (target, incident) => askedOf({ target, incident }),
    ...createJoined(db),
    due: async (now) => (await due(now)).map(({ id }) => id),
    counts: async () => countsOf(await counts()),
  }
}

function whole({ legs, answers, ...row }: WholeRow): Exchange {
  return toExchange(row, legs, answers)
}

/** What is only read, as the store has it. */
export function exchangeReads(
  rows: ExchangeRows,
  read: <T>(query: () => Promise<T>) => Promise<T>,
): Pick<
  Exchanges,
  'exchange' | 'known' | 'listExchanges' | 'legOf' | 'ownerOf' | 'askedOf' | 'sharing' | 'due' | 'exchangeCounts'
> {
  return {
    exchange: (id) => read(() => rows.read(id)),
    known: (asker, digest, since) => read(() => rows.known(asker, digest, since)),
    listExchanges: (filter) => read(() => rows.list(filter)),
    legOf: (target, token) => read(() => rows.legOf(target, token)),
    ownerOf: (token) => read(() => rows.ownerOf(token)),
    askedOf: (target, incident) => read(() => rows.askedOf(target, incident)),
    sharing: (id, n) => read(() => rows.sharing(id, n)),
    due: (now) => read(() => rows.due(now)),
    exchangeCounts: () => read(rows.counts),
  }
}
