import { beginningsAround } from '../../iodef/address-range.ts'
import type { ArchivedRecord, RecordQuery, RecordTerm } from '../archive.ts'
import type { Db, Value } from './sql.ts'

interface Row {
  readonly topic: string
  readonly item: string
  readonly content: string
  readonly taken_in: number
  readonly needed: string
  readonly body: string
}

/** Puts a value among those of the statement, and says how it is called there. */
type Bind = (value: Value) => string

/** places in which what is asked for stands, beyond which records are looked at one by one: what is that frequent narrows nothing down */
const FREQUENT = 20_000

/** Looks for records. What is held of it at a time is bounded by the query and by FREQUENT, never by how much is kept. */
export function createSearch(db: Db): (query: RecordQuery) => Promise<ArchivedRecord[] | 'too-many'> {
  return async (query) => {
    const values: Value[] = []
    const bind: Bind = (value) => `$${values.push(value)}`
    const where = [...visible(query, bind), ...bounds(query, bind)]
    for (const group of query.terms) where.push(await holding(db, group, bind))
    const most = bind(query.most + 1)
    const found = await db.query<{ seq: number; content: string }>(
      `SELECT seq, content FROM record WHERE ${where.join(' AND ')} LIMIT ${most}`,
      values,
      true,
    )
    if (found.length > query.most) return 'too-many'
    // bodies of those that are shown, and no others
    const rows = await db.query<Row>(
      `SELECT topic, item, content, taken_in, needed, body FROM record JOIN record_body ON record = seq
       WHERE seq = ANY($1::bigint[]) ORDER BY seq`,
      [newestOf(found).slice(0, query.limit)],
    )
    return rows.map(({ taken_in: takenIn, needed, ...row }) => ({ ...row, takenIn, needed: needed.split(' ') }))
  }
}

/** The newest first; of what several items say the newest of them, so that who asks often has no answer crowd out all others. */
function newestOf(found: readonly { readonly seq: number; readonly content: string }[]): number[] {
  const newest = new Map<string, number>()
  for (const { seq, content } of found) newest.set(content, Math.max(seq, newest.get(content) ?? 0))
  return [...newest.values()].toSorted((a, b) => b - a)
}

function visible({ topics, needed }: RecordQuery, bind: Bind): string[] {
  const labels = needed.map((list) => list.join(' '))
  return [`topic = ANY(${bind(topics)}::text[])`, `needed = ANY(${bind(labels)}::text[])`]
}

function bounds(query: RecordQuery, bind: Bind): string[] {
  const { from, to, detectedFrom, takenInFrom, takenInTo, rating, confidence } = query
  const all: readonly (readonly [column: string, value: number | undefined])[] = [
    ['t_to >=', from],
    ['t_from <=', to],
    ['detected >=', detectedFrom],
    ['taken_in >=', takenInFrom],
    ['taken_in <=', takenInTo],
    ['rating >=', rating],
    ['confidence >=', confidence],
  ]
  return all.flatMap(([sql, value]) => (value === undefined ? [] : [`${sql} ${bind(value)}`]))
}

/** Records that hold one of these terms at least: by the list of them all where that is short, else each asked by itself. */
async function holding(db: Db, group: readonly RecordTerm[], bind: Bind): Promise<string> {
  const own: Value[] = []
  const ways = group.flatMap((term) => fitting(term, (value) => `$${own.push(value)}`))
  const counted = `SELECT count(*) AS n FROM (${union(ways)} LIMIT ${FREQUENT + 1}) s`
  const [count] = await db.query<{ n: number }>(counted, own, true)
  const isRare = (count?.n ?? 0) <= FREQUENT
  const bound = group.flatMap((term) => fitting(term, bind))
  if (isRare) return `seq IN (${union(bound)})`
  const any = bound.map((way) => `(${way})`).join(' OR ')
  return `EXISTS (SELECT 1 FROM record_term WHERE record = seq AND (${any}))`
}

function union(ways: readonly string[]): string {
  return ways.map((way) => `SELECT record FROM record_term WHERE ${way}`).join(' UNION ALL ')
}

/** Terms that overlap with this one. Of addresses, networks lie within each other or apart. */
function fitting({ kind, lo, hi }: RecordTerm, bind: Bind): string[] {
  const same = () => `kind = ${bind(kind)}`
  if (/^[0-9a-f]{32}$/.test(lo) && kind.startsWith('address')) {
    return [
      `${same()} AND lo BETWEEN ${bind(lo)} AND ${bind(hi)}`,
      `${same()} AND lo = ANY(${bind(beginningsAround(lo))}::text[]) AND hi >= ${bind(hi)}`,
    ]
  }
  // of ports there are ranges, too: of the same protocol
  if (kind === 'port') {
    const protocol = lo.slice(0, lo.indexOf('/') + 1)
    return [`${same()} AND lo BETWEEN ${bind(protocol)} AND ${bind(hi)} AND hi >= ${bind(lo)}`]
  }
  return [`${same()} AND lo = ${bind(lo)}`]
}
