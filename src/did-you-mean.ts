/** The candidate a person most likely meant, or undefined when none is close: at most a third of its letters differ. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  return allNearest(word, candidates)[0]
}

/** All that are equally close. */
function allNearest(word: string, candidates: readonly string[]): string[] {
  let best: string[] = []
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase())
    if (d < least) best = []
    if (d <= least) best.push(candidate)
    least = Math.min(d, least)
  }
  return best.filter(({ length }) => least < length && least <= Math.max(1, Math.floor(length / 3)))
}

/** Levenshtein distance; a swap of neighbours counts as one change. Words longer than 64 letters are cut. */
function distance(a: string, b: string): number {
  const [s, t] = [a.slice(0, 64), b.slice(0, 64)]
  let older: number[] = []
  let old = Array.from({ length: t.length + 1 }, (_, j) => j)
  for (let i = 1; i <= s.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= t.length; j += 1) {
      const change = s[i - 1] === t[j - 1] ? 0 : 1
      let d = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + change)
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) d = Math.min(d, (older[j - 2] ?? 0) + 1)
      row.push(d)
    }
    older = old
    old = row
  }
  return old[t.length] ?? 0
}

/** ` (did you mean "x"?)`, or nothing. Of two or three that are equally close all are named: no guess is better than a wrong one. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found = [...new Set(allNearest(word, candidates))]
  const named = (found.length > 3 ? found.slice(0, 1) : found).map((one) => `"${one}"`).join(' or ')
  return named === '' ? '' : ` (did you mean ${named}?)`
}
