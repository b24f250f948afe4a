import { searchesFor } from '../iodef/incident-id.ts'
import type { DeliverySummary, Desk, QueueFilter } from '../store/contract.ts'
import { type ExitCode, growingTable, type Io, json, write } from './output.ts'
import type { Fitting } from './queue-decide.ts'
import { publicDelivery, shortTime } from './store.ts'

/** What was asked for of the queue, in pages, and the incident by whatever of its key finds something. */
export async function found(store: Pick<Desk, 'list' | 'pages'>, asked: QueueFilter): Promise<Fitting> {
  const { incident } = asked
  const searches = incident === undefined ? [] : [incident, ...searchesFor(incident)]
  for (const search of searches) {
    const filter = { ...asked, incident: search }
    if ((await store.list({ ...filter, limit: 1 })).length > 0) return { pages: store.pages(filter), filter }
  }
  return { pages: store.pages(asked), filter: asked }
}

export async function listDeliveries(
  store: Desk,
  asked: QueueFilter,
  asJson: boolean,
  io: Io,
  now: number,
): Promise<ExitCode> {
  const { pages, filter } = await found(store, asked)
  const shown = asJson ? await writeList(pages, io) : await writeTable(pages, io, now)
  const older = await store.leftOut(filter)
  if (older > 0) {
    const those =
      older === 1
        ? 'one older delivery, delivered or discarded, is'
        : `${older} older deliveries, delivered or discarded, are`
    await write(io.err, `${those} not shown: "--limit ${shown + older}" shows all, --state others only\n`)
  }
  return 0
}

/** The same text as that of the whole list, which may be longer than a string can be. Resolves with how many they are. */
async function writeList(pages: AsyncIterable<readonly DeliverySummary[]>, io: Io): Promise<number> {
  let shown = 0
  for await (const rows of pages) {
    await write(io.out, `${shown === 0 ? '[' : ','}${json(rows.map(publicDelivery)).slice(1, -3)}`)
    shown += rows.length
  }
  await write(io.out, shown === 0 ? json([]) : '\n]\n')
  return shown
}

/** A column is as wide as its widest entry so far. */
async function writeTable(pages: AsyncIterable<readonly DeliverySummary[]>, io: Io, now: number): Promise<number> {
  const lines = growingTable(WIDEST)
  let shown = 0
  for await (const rows of pages) {
    await write(io.out, lines([...(shown === 0 ? [HEADING] : []), ...rows.map((row) => cells(row, now))]))
    shown += rows.length
  }
  if (shown === 0) await write(io.err, 'no deliveries\n')
  return shown
}

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
