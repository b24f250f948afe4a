import { beginningsAround } from '../../iodef/address-range.ts'
import type { ArchivedRecord, RecordQuery, RecordTerm } from '../archive.ts'
import { boundsOf, FREQUENT, newestOf, type RecordRow, toRecord } from '../coding/search.ts'
import type { Db, Value } from './sql.ts'

/** Puts a value among those of the statement, and says how it is called there. */
type Bind = (value: Value) => string

/** Looks for records. What is held of it at a time is bounded by the query and by FREQUENT, never by how much is kept. */
export function createSearch(db: Db): (query: RecordQuery) => Promise<ArchivedRecord[] | 'too-many'> {
  return async (query) => {
    const values: Value[] = []
    const bind: Bind = (value) => `$${values.push(value)}`
    const where = [
      ...visible(query, bind),
      ...boundsOf(query).map(([comparison, value]) => `${comparison} ${bind(value)}`),
    ]
    for (const group of query.terms) where.push(await holding(db, group, bind))
    const most = bind(query.most + 1)
    const found = await db.query<{ seq: number; content: string }>(
      `SELECT seq, content FROM record WHERE ${where.join(' AND ')} LIMIT ${most}`,
      values,
      true,
    )
    if (found.length > query.most) return 'too-many'
    // bodies of those that are shown, and no others
    const rows = await db.query<RecordRow>(
      `SELECT topic, item, content, taken_in, needed, body FROM record JOIN record_body ON record = seq
       WHERE seq = ANY($1::bigint[]) ORDER BY seq`,
      [newestOf(found).slice(0, query.limit)],
    )
    return rows.map(toRecord)
  }
}

function visible({ topics, needed }: RecordQuery, bind: Bind): string[] {
  const labels = needed.map((list) => list.join(' '))
  return [`topic = ANY(${bind(topics)}::text[])`, `needed = ANY(${bind(labels)}::text[])`]
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
