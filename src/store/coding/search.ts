import type { ArchivedRecord, RecordQuery } from '../archive.ts'

/** places in which what is asked for stands, beyond which records are looked at one by one: what is that frequent narrows nothing down */
export const FREQUENT = 20_000

export interface RecordRow {
  readonly topic: string
  readonly item: string
  readonly content: string
  readonly taken_in: number
  readonly needed: string
  readonly body: string
}

export function toRecord({ taken_in: takenIn, needed, ...row }: RecordRow): ArchivedRecord {
  return { ...row, takenIn, needed: needed.split(' ') }
}

/** The newest first; of what several items say the newest of them, so that who asks often has no answer crowd out all others. */
export function newestOf(found: readonly { readonly seq: number; readonly content: string }[]): number[] {
  const newest = new Map<string, number>()
  for (const { seq, content } of found) newest.set(content, Math.max(seq, newest.get(content) ?? 0))
  return [...newest.values()].toSorted((a, b) => b - a)
}

/** What is asked of columns: one and how it compares, and what with. */
export function boundsOf(query: RecordQuery): readonly (readonly [comparison: string, value: number])[] {
  const { from, to, detectedFrom, takenInFrom, takenInTo, rating, confidence } = query
  const all: readonly (readonly [comparison: string, value: number | undefined])[] = [
    ['t_to >=', from],
    ['t_from <=', to],
    ['detected >=', detectedFrom],
    ['taken_in >=', takenInFrom],
    ['taken_in <=', takenInTo],
    ['rating >=', rating],
    ['confidence >=', confidence],
  ]
  return all.flatMap(([comparison, value]) => (value === undefined ? [] : [[comparison, value] as const]))
}
