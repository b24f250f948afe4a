import { systemClock } from '../clock.ts'
import { createEvents } from '../events.ts'
import { searchesFor } from '../iodef/incident-id.ts'
import { createLog } from '../log.ts'
import type { Delivery, DeliverySummary, Desk, QueueFilter } from '../store/contract.ts'
import { DELIVERY_STATES } from '../vocabulary.ts'
import { actionOf, CONFIG, count, nothingMore, parse, statesOf } from './options.ts'
import {
  type Command,
  type Decided,
  type ExitCode,
  harmless,
  type Io,
  json,
  printable,
  table,
  UsageError,
  write,
  writeDecided,
} from './output.ts'
import { isoTime, operatorName, publicDelivery, shortTime, storeOf } from './store.ts'

const ACTIONS = ['list', 'show', 'retry', 'discard'] as const

const OPTIONS = {
  ...CONFIG,
  json: { type: 'boolean' },
  state: { type: 'string' },
  destination: { type: 'string' },
  incident: { type: 'string' },
  limit: { type: 'string' },
} as const

export const queue: Command = {
  name: 'queue',
  summary: 'lists, shows, retries and discards deliveries, also while the gateway runs',
  usage: 'iodef-gateway queue list|show ID|retry ID...|discard ID... [--config FILE] [--json]',
  help: `
Every report that was taken in has one delivery per destination: a Topic of the grid or a RID peer.

  list            all deliveries, oldest first; of those delivered or discarded the latest 1000, and how many are older
  show ID         everything about one delivery, with what is to be delivered
  retry ID...     makes deliveries that are pending, held, withheld or discarded due now; policy is asked again
  discard ID...   gives up what is not delivered; it stays in the list, and can still be retried

  -c, --config FILE        the configuration, which says where the store is [gateway.yaml]
      --json               for programs; list: [{"id", "direction", "source", "destination", "incident", "state", "attempts",
                           "nextAttempt", "reason"}]
      --state STATE,...    list: only these states: ${DELIVERY_STATES.join(', ')}
      --destination NAME   list: only to this Topic or peer
      --incident ID        list: only of this incident
      --limit N            list: only the latest N, whatever their state; may be more than 1000

  pending    waits for its turn or its next attempt     held       failed for good: an operator decides
  sending    on its way now                             withheld   policy says no (restriction, send)
  delivered  proved to have arrived                     discarded  given up by an operator

  iodef-gateway queue list --config gateway.yaml --state held
  iodef-gateway queue retry 06YDAJ4QRN6 --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS)
    const [written, ...ids] = positionals
    const action = actionOf('queue', written, ACTIONS)
    if (action === 'list') {
      nothingMore(ids)
      const filter = filterOf(values)
      await using store = await storeOf(values, io)
      return await list(store, filter, values.json === true, io)
    }
    if (ids.length === 0) throw new UsageError(`${action} needs the ID of a delivery: the first column of "queue list"`)
    if (action === 'show') nothingMore(ids.slice(1))
    await using store = await storeOf(values, io)
    if (action === 'show') return await show(store, ids[0] ?? '', values.json === true, io)
    return await decide(store, action, ids, values.json === true, io)
  },
}

function filterOf(values: { state?: string; destination?: string; incident?: string; limit?: string }): QueueFilter {
  const states = statesOf(values.state, DELIVERY_STATES)
  const limit = count(values.limit, '--limit')
  return {
    ...(states !== undefined && { states }),
    ...(values.destination !== undefined && { destination: values.destination }),
    ...(values.incident !== undefined && { incident: values.incident }),
    ...(limit !== undefined && { limit }),
  }
}

async function list(store: Desk, asked: QueueFilter, asJson: boolean, io: Io): Promise<ExitCode> {
  let filter = asked
  let rows = await store.list(filter)
  for (const incident of asked.incident === undefined ? [] : searchesFor(asked.incident)) {
    if (rows.length > 0) break
    filter = { ...asked, incident }
    rows = await store.list(filter)
  }
  if (asJson) await writeList(rows, io)
  else if (rows.length === 0) await write(io.err, 'no deliveries\n')
  else await write(io.out, table([HEADING, ...rows.map(cells)], WIDEST))
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

const HEADING = ['ID', 'STATE', 'FROM', 'TO', 'INCIDENT', 'TRIES', 'NEXT', 'REASON']

function cells(d: DeliverySummary): string[] {
  const next = d.state === 'pending' ? shortTime(d.nextAttempt) : '-'
  const reason = d.reason ?? ''
  return [
    d.id,
    d.state,
    d.source,
    d.destination,
    d.incident,
    String(d.attempts),
    next,
    reason.length > 100 ? `${reason.slice(0, 99)}\u2026` : reason,
  ]
}

async function show(store: Desk, id: string, asJson: boolean, io: Io): Promise<ExitCode> {
  const delivery = await store.show(id)
  if (delivery === undefined) {
    await write(io.err, `there is no delivery ${printable(id)}\n`)
    return 1
  }
  await write(io.out, asJson ? json(detailed(delivery)) : described(delivery))
  return 0
}

function detailed(delivery: Delivery) {
  const { kind, item, envelope, payload, createdAt, updatedAt } = delivery
  const times = { createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt) }
  return { ...publicDelivery(delivery), kind, item, envelope, ...times, payload }
}

function described(delivery: Delivery): string {
  const { payload, ...rest } = detailed(delivery)
  const lines = Object.entries(rest).map(
    ([key, value]) => `${`${key}:`.padEnd(13)}${printable(String(value ?? '-'))}\n`,
  )
  return `${lines.join('')}\n${harmless(payload)}\n`
}

async function decide(
  store: Desk,
  action: 'retry' | 'discard',
  ids: readonly string[],
  asJson: boolean,
  io: Io,
): Promise<ExitCode> {
  const by = operatorName(io.env)
  // the trace is written with the deed; a running gateway notices, and tells in its own log
  const events = createEvents({ log: createLog('silent'), clock: systemClock })
  const results: Decided[] = []
  for (const id of new Set(ids)) {
    const before = (await store.show(id))?.state
    const done = await store[action](id, systemClock.now(), (delivery) => {
      const deed = { by, was: delivery.state }
      return (action === 'retry' ? events.requeued(delivery, deed) : events.discarded(delivery, deed)).trace
    })
    const message = action === 'retry' && before === 'withheld' ? 'will be judged anew' : DONE[action]
    results.push({ id, done, message: done ? message : whyNot(await store.show(id), action) })
  }
  return await writeDecided(results, asJson, io)
}

const DONE = { retry: 'due now', discard: 'discarded' }

function whyNot(delivery: Delivery | undefined, action: string): string {
  if (delivery === undefined) return 'there is no such delivery'
  if (delivery.state === 'sending') return `is being sent at this moment; ${action} it when that has failed`
  if (delivery.state === 'delivered') return `is delivered already: there is nothing to ${action}`
  return 'its document is no longer kept'
}
