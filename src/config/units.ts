const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1000, MB: 1_000_000, KiB: 1024, MiB: 1_048_576 }

/** `500ms`, `30s`, `5m`, `2h`, `3d` in ms; undefined for anything else. */
export function parseDuration(value: string): number | undefined {
  return parse(value, MS)
}

/** `1000B`, `250KB` (250,000), `1MiB` (1,048,576) in bytes; undefined for anything else. */
export function parseSize(value: string): number | undefined {
  return parse(value, BYTES)
}

function parse(value: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?) ?([A-Za-z]{1,3})$/.exec(value)
  const unit = match?.[2] === undefined ? undefined : units[match[2]]
  if (match?.[1] === undefined || unit === undefined) return undefined
  return Math.round(Number(match[1]) * unit)
}
