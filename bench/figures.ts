/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function latencies(ms: readonly number[]): string {
  const show = (value: number) => (value < 100 ? value.toFixed(1) : value.toFixed(0))
  return `p50 ${show(percentile(ms, 0.5))} ms, p99 ${show(percentile(ms, 0.99))} ms, max ${show(Math.max(...ms))} ms`
}

/** One line of the report. */
export function line(what: string, value: string): void {
  console.log(`  ${what.padEnd(52)} ${value}`)
}

export function rate(count: number, ms: number, unit: string): string {
  return `${Math.round((count / ms) * 1000).toLocaleString('en')} ${unit}/s`
}

/** Ours against theirs; an aim is met when the ratio is at least that. */
export function ratio(what: string, ours: number, theirs: number, aim: number): void {
  const value = ours / theirs
  line(`${what}: ratio`, `${value.toFixed(2)} (aim: at least ${aim}) ${value >= aim ? 'met' : 'MISSED'}`)
}

/** The middle one of an odd number of measurements. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The order of rounds in which neither is always behind the other: A B B A. */
export function inTurn<T>(round: number, a: T, b: T): readonly [T, T] {
  return round % 2 === 0 ? [a, b] : [b, a]
}
