import type { Posted } from './reporters.ts'

/** What came before an older version of the same incident had come for the first time. */
export function disorder(arrivals: readonly (Posted | undefined)[]): string[] {
  const newest = new Map<string, number>()
  const seen = new Set<string>()
  const wrong: string[] = []
  for (const report of arrivals) {
    if (report === undefined || seen.has(report.item)) continue
    seen.add(report.item)
    const before = newest.get(report.incident) ?? -1
    if (report.version < before) wrong.push(`${report.incident}: v${report.version} after v${before}`)
    else newest.set(report.incident, report.version)
  }
  return wrong
}
