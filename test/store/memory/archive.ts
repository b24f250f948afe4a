import type { ArchivedRecord, NewRecord, RecordQuery, RecordTerm } from '../../../src/store/archive.ts'
import { type Data, key } from './data.ts'

/** What comes under the same id takes the place of the other, and is the newest. */
export function keep(data: Data, record: NewRecord): void {
  const name = key(record.topic, record.item)
  data.records.delete(name)
  data.records.set(name, record)
}

export function find(data: Data, query: RecordQuery): ArchivedRecord[] | 'too-many' {
  const found = [...data.records.values()].filter((record) => fits(record, query))
  if (found.length > query.most) return 'too-many'
  return found
    .filter(({ content }, i) => !found.slice(i + 1).some((later) => later.content === content))
    .slice(-query.limit)
    .map(({ topic, item, content, takenIn, needed, body }) => ({ topic, item, content, takenIn, needed, body }))
}

function fits(record: NewRecord, query: RecordQuery): boolean {
  const least = (value: number | null, bound: number | undefined) =>
    bound === undefined || (value !== null && value >= bound)
  const most = (value: number | null, bound: number | undefined) =>
    bound === undefined || (value !== null && value <= bound)
  return (
    query.topics.includes(record.topic) &&
    query.needed.some((labels) => labels.join(' ') === record.needed.join(' ')) &&
    query.terms.every((ways) => ways.some((asked) => record.terms.some((has) => overlaps(has, asked)))) &&
    least(record.to, query.from) &&
    most(record.from, query.to) &&
    least(record.detected, query.detectedFrom) &&
    least(record.takenIn, query.takenInFrom) &&
    most(record.takenIn, query.takenInTo) &&
    least(record.rating, query.rating) &&
    least(record.confidence, query.confidence)
  )
}

function overlaps(has: RecordTerm, asked: RecordTerm): boolean {
  return has.kind === asked.kind && has.lo <= asked.hi && has.hi >= asked.lo
}

export function forget(data: Data, which: (record: NewRecord) => boolean): number {
  const gone = [...data.records].filter(([, record]) => which(record))
  for (const [name] of gone) data.records.delete(name)
  return gone.length
}

/** The same of what is gone from its Topic: should it come back, it was never there. */
export function unsee(data: Data, which: (record: NewRecord) => boolean): number {
  const gone = [...data.records.values()].filter(which)
  for (const [name, { topic, itemId }] of data.seen) {
    if (gone.some((one) => one.topic === topic && one.item === itemId)) data.seen.delete(name)
  }
  return forget(data, which)
}
