import { searchesFor } from '../iodef/incident-id.ts'
import type { DeliverySummary, Desk, QueueFilter } from '../store/contract.ts'
import { type ExitCode, type Io, json, table, write } from './output.ts'
import { publicDelivery, shortTime } from './store.ts'

/** What was asked for of the queue, and the incident by whatever of its key finds something. */
export async function found(
  store: Pick<Desk, 'list'>,
  asked: QueueFilter,
): Promise<{ readonly rows: DeliverySummary[]; readonly filter: QueueFilter }> {
  let filter = asked
  let rows = await store.list(filter)
  for (const incident of asked.incident === undefined ? [] : searchesFor(asked.incident)) {
    if (rows.length > 0) break
    filter = { ...asked, incident }
    rows = await store.list(filter)
  }
  return { rows, filter }
}

export async function listDeliveries(
  store: Desk,
  asked: QueueFilter,
  asJson: boolean,
  io: Io,
  now: number,
): Promise<ExitCode> {
  const { rows, filter } = await found(store, asked)
  if (asJson) await writeList(rows, io)
  else if (rows.length === 0) await write(io.err, 'no deliveries\n')
  else await write(io.out, table([HEADING, ...rows.map((row) => cells(row, now))], WIDEST))
  const older = await store.leftOut(filter)
  if (older > 0) {
    const those =
      older === 1
        ? 'one older delivery, delivered or discarded, is'
        : `${older} older deliveries, delivered or discarded, are`
    await write(io.err, `${those} not shown: "--limit ${rows.length + older}" shows all, --state others only\n`)
  }
  return 0
}

/** The same text as that of the whole list, which may be longer than a string can be. */
async function writeList(rows: readonly DeliverySummary[], io: Io): Promise<void> {
  if (rows.length === 0) return await write(io.out, json([]))
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const text = json(rows.slice(i, i + AT_ONCE).map(publicDelivery))
    const last = i + AT_ONCE >= rows.length
    await write(io.out, `${i === 0 ? '[' : ''}${text.slice(1, -3)}${last ? '\n]\n' : ','}`)
  }
}

const AT_ONCE = 1000
/** characters of a column: one long IncidentID does not push the others away */
const WIDEST = 40

const HEADING = ['ID', 'STATE', 'FROM', 'TO', 'INCIDENT', 'AGE', 'TRIES', 'NEXT', 'REASON']

function cells(d: DeliverySummary, now: number): string[] {
  const next = d.state === 'pending' ? shortTime(d.nextAttempt) : '-'
  const reason = d.reason ?? ''
  return [
    d.id,
    d.state,
    d.source,
    d.destination,
    d.incident,
    age(now - d.createdAt),
    String(d.attempts),
    next,
    reason.length > 100 ? `${reason.slice(0, 99)}\u2026` : reason,
  ]
}

/** `42s`, `5m`, `3h`, `2d` */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 120) return `${s}s`
  if (s < 7200) return `${Math.floor(s / 60)}m`
  return s < 172_800 ? `${Math.floor(s / 3600)}h` : `${Math.floor(s / 86_400)}d`
}
