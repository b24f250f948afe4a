import type { Backlog } from '../store/contract.ts'
import { FINE, type Finding } from './readiness.ts'

const HOUR = 3_600_000
/** of its limit, in a Topic's queue, before it is worth a word */
const NEARLY = 0.8

/** The Topics whose queue is at its limit: who has more than a share of one is answered 503. */
export function queueFinding(backlog: readonly Backlog[], maxQueue: number): Finding {
  const topics = backlog
    .filter(({ kind }) => kind === 'topic')
    .map((row) => ({ ...row, waits: row.pending + row.sending }))
  const full = topics.filter(({ waits }) => waits >= maxQueue)
  const nearly = topics.filter(({ waits }) => waits >= NEARLY * maxQueue)
  const about = (rows: typeof topics) => rows.map(({ destination, waits }) => `${destination} (${waits})`).join(', ')
  if (full.length > 0) {
    return {
      state: 'failed',
      reason: `As much waits for these Topics as \`delivery.maxQueue\` (${maxQueue}) lets: ${about(full)}. Who has a share of it is answered 503 for them. Mend the Topic, or raise the limit.`,
    }
  }
  if (nearly.length === 0) return FINE
  return { state: 'degraded', reason: `Close to \`delivery.maxQueue\` (${maxQueue}): ${about(nearly)}.` }
}

/** A destination by whether it takes anything and by what waits for it. */
export function destinationFinding(
  row: Backlog | undefined,
  down: { readonly reason: string | null } | undefined,
  now: number,
): Finding {
  const waits = row === undefined ? 0 : row.pending + row.sending
  if (row?.paused != null) {
    const since = new Date(row.paused.since).toISOString()
    const command = `iodef-gateway queue resume ${row.kind}:${row.destination}`
    return {
      state: 'degraded',
      reason: `Paused by ${row.paused.by} at ${since}; ${waits} wait. \`${command}\` sends them.`,
    }
  }
  if (down !== undefined) {
    return {
      state: 'failed',
      reason: `${down.reason ?? 'It takes nothing.'} ${waits} wait for it; it is tried again by itself.`,
    }
  }
  if (row !== undefined && row.held > 0) {
    const command = `iodef-gateway queue list --state held --destination ${row.destination}`
    return { state: 'degraded', reason: `${row.held} held for you: \`${command}\` says why.` }
  }
  if (row?.oldest != null && now - row.oldest > HOUR) {
    const hours = Math.floor((now - row.oldest) / HOUR)
    return {
      state: 'degraded',
      reason: `${waits} wait for it, the oldest for ${hours} h: \`iodef-gateway queue list --destination ${row.destination}\`.`,
    }
  }
  return FINE
}

/** The worse of two; of equals the first. */
export function worse(a: Finding, b: Finding): Finding {
  const rank = { ok: 0, degraded: 1, failed: 2 } as const
  return rank[b.state] > rank[a.state] ? b : a
}
