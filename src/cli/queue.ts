import { systemClock } from '../clock.ts'
import type { Config } from '../config/types.ts'
import { didYouMean } from '../did-you-mean.ts'
import { createEvents } from '../events.ts'
import { fileHosts } from '../gateway/files.ts'
import { jidNames } from '../gateway/jid-destinations.ts'
import { createLog } from '../log.ts'
import type { Backlog, Desk, Queue, QueueFilter } from '../store/contract.ts'
import { DELIVERY_STATES, type DestinationKind, destinationKey } from '../vocabulary.ts'
import { actionOf, CONFIG, configWithoutLogin, count, nothingMore, parse, statesOf } from './options.ts'
import { type Command, type ExitCode, type Io, UsageError, write } from './output.ts'
import { type Decision, decide, decideAll } from './queue-decide.ts'
import { found, listDeliveries } from './queue-list.ts'
import { showDelivery } from './queue-show.ts'
import { showStats } from './queue-stats.ts'
import { operatorName, storeOf } from './store.ts'

const ACTIONS = ['list', 'show', 'retry', 'discard', 'pause', 'resume', 'stats'] as const

const OPTIONS = {
  ...CONFIG,
  json: { type: 'boolean' },
  body: { type: 'boolean' },
  all: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  state: { type: 'string' },
  destination: { type: 'string' },
  incident: { type: 'string' },
  reason: { type: 'string' },
  limit: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']
type Operated = Desk & Pick<Queue, 'backlog'>

export const queue: Command = {
  name: 'queue',
  summary: 'lists, shows, retries, discards and pauses deliveries, also while the gateway runs',
  usage:
    'iodef-gateway queue list|show ID|retry ID...|discard ID...|retry --all|discard --all|pause NAME|resume NAME|stats [--config FILE] [--json]',
  help: `
Every report that was taken in has one delivery per destination: a Topic of the grid or a RID peer. So has what is asked of somebody on the
grid, or answered there (a JID), and each file beside an item that is fetched from a host.

  list            all deliveries, oldest first; of those delivered or discarded the latest 1000, and how many are older
  show ID         everything about one delivery, what befell it, and what is to be delivered
  retry ID...     makes deliveries that are pending, held, withheld or discarded due now; policy is asked again
  discard ID...   gives up what is not delivered; it stays in the list, and can still be retried
  retry --all, discard --all
                  the same for all that --state [held], --destination, --incident and --reason ask for
  pause NAME      sends nothing to this Topic, peer or JID, or fetches nothing from this host, until it is resumed; what is for it waits
  resume NAME     sends what has waited
  stats           how many wait, by destination, state and reason, and for how long

  -c, --config FILE        the configuration, which says where the store is [gateway.yaml]
      --json               for programs; list: [{"id", "direction", "source", "destination", "incident", "state", "attempts",
                           "nextAttempt", "reason"}]
      --state STATE,...    only these states: ${DELIVERY_STATES.join(', ')}
      --destination NAME   only to this Topic, peer or JID, or from this host
      --incident ID        only of this incident
      --reason TEXT        only where the reason has this text in it
      --limit N            list: only the latest N, whatever their state; may be more than 1000
      --body               show: only what is to be delivered
      --all                retry, discard: all that fit
      --dry-run            with --all: only says how many fit

  pending    waits for its turn or its next attempt     held       failed for good: an operator decides
  sending    on its way now                             withheld   policy says no (restriction, send)
  delivered  proved to have arrived                     discarded  given up by an operator

  NAME is that of a Topic, peer, JID or host; topic:NAME, peer:NAME, jid:NAME or file:NAME where several have it.

  iodef-gateway queue list --config gateway.yaml --state held
  iodef-gateway queue retry 06YDAJ4QRN6 --config gateway.yaml
  iodef-gateway queue retry --all --destination csirt-b --reason "403"
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS)
    const [written, ...ids] = positionals
    const action = actionOf('queue', written, ACTIONS)
    const asJson = values.json === true
    const asked = filterOf(values)
    if (action === 'list' || action === 'stats' || values.all === true) nothingMore(ids)
    else if (ids.length === 0) throw new UsageError(needs(action))
    if (action === 'show' || action === 'pause' || action === 'resume') nothingMore(ids.slice(1))
    await using store = await storeOf(values, io)
    const config = configWithoutLogin(values, io)
    const { destination } = values
    const filter = { ...asked, ...(destination !== undefined && only(await named(store, config, destination))) }
    switch (action) {
      case 'list':
        return await listDeliveries(store, filter, asJson, io, systemClock.now())
      case 'stats':
        return await showStats(store, filter, asJson, io, systemClock.now())
      case 'show':
        return await showDelivery(store, ids[0] ?? '', { asJson, bodyOnly: values.body === true }, io)
      case 'pause':
      case 'resume':
        return await pauseOrResume(store, config, action, ids[0] ?? '', io)
      default:
        return values.all === true
          ? await inBulk(store, action, filter, values, io)
          : await decide(store, action, ids, asJson, io)
    }
  },
}

function needs(action: string): string {
  if (action === 'pause' || action === 'resume') return `${action} needs the NAME of a Topic or peer, of a JID or host`
  const all = action === 'show' ? '' : ', or --all'
  return `${action} needs the ID of a delivery: the first column of "queue list"${all}`
}

function filterOf(values: Values): QueueFilter {
  const states = statesOf(values.state, DELIVERY_STATES)
  const limit = count(values.limit, '--limit')
  return {
    ...(states !== undefined && { states }),
    ...(values.incident !== undefined && { incident: values.incident }),
    ...(values.reason !== undefined && { reason: values.reason }),
    ...(limit !== undefined && { limit }),
  }
}

/** Without --state: what waits for an operator. Without --limit all of it, while a list leaves out what is over for long. */
async function inBulk(
  store: Operated,
  action: Decision,
  filter: QueueFilter,
  values: Values,
  io: Io,
): Promise<ExitCode> {
  const isOver = filter.states?.some((state) => state === 'delivered' || state === 'discarded')
  // the latest of all are looked for by sorting them: only where it makes a difference
  const all = isOver === true ? { limit: Number.MAX_SAFE_INTEGER } : {}
  const fitting = await found(store, { states: ['held'], ...all, ...filter })
  return await decideAll(store, action, fitting, { asJson: values.json === true, dry: values['dry-run'] === true }, io)
}

interface Destination {
  readonly kind: DestinationKind
  readonly name: string
}

/** Those of the configuration, and those that something was ever for. */
async function destinationsOf(store: Operated, config: Config): Promise<Destination[]> {
  const of = (kind: DestinationKind, names: readonly string[]) => names.map((name): Destination => ({ kind, name }))
  const all = [
    ...of(
      'topic',
      config.grid.topics.map(({ name }) => name),
    ),
    ...of(
      'peer',
      config.peers.map(({ name }) => name),
    ),
    ...of('jid', jidNames(config)),
    ...of('file', fileHosts(config)),
    ...(await store.backlog()).map(({ kind, destination: name }) => ({ kind, name })),
  ]
  return [...new Map(all.map((one) => [destinationKey(one.kind, one.name), one])).values()]
}

/** Those that this names: a name that there is not is a slip of the pen, and no empty queue. */
async function named(store: Operated, config: Config, written: string): Promise<[Destination, ...Destination[]]> {
  const known = await destinationsOf(store, config)
  const [first, ...more] = known.filter(({ kind, name }) => written === name || written === `${kind}:${name}`)
  if (first !== undefined) return [first, ...more]
  throw new UsageError(
    `there is no Topic or peer "${written}", nor such a JID or host${didYouMean(
      written,
      known.map(({ name }) => name),
    )}`,
  )
}

/** The one, or all that have that name. */
function only([{ kind, name }, other]: readonly [Destination, ...Destination[]]): QueueFilter {
  return other === undefined ? { kind, destination: name } : { destination: name }
}

async function pauseOrResume(
  store: Operated,
  config: Config,
  action: 'pause' | 'resume',
  written: string,
  io: Io,
): Promise<ExitCode> {
  const [{ kind, name }, other] = await named(store, config, written)
  if (other !== undefined) {
    throw new UsageError(`several are called ${written}: say ${kind}:${written} or ${other.kind}:${written}`)
  }
  const row = (await store.backlog()).find((one) => one.kind === kind && one.destination === name)
  const by = operatorName(io.env)
  // the trace is written with the deed; a running gateway notices, and tells in its own log
  const events = createEvents({ log: createLog('silent'), clock: systemClock })
  const { trace } = events.destinationDeed(action === 'pause' ? 'paused' : 'resumed', { kind, destination: name, by })
  if (action === 'pause') await store.pause(kind, name, { since: systemClock.now(), by }, trace)
  else await store.resume(kind, name, trace)
  await write(io.out, `${kind} ${name}: ${told(action, row)}\n`)
  return 0
}

function told(action: 'pause' | 'resume', row: Backlog | undefined): string {
  const { pending = 0, paused = null } = row ?? {}
  if (action === 'pause')
    return paused === null ? 'paused; what is being sent now still goes' : `is paused already, by ${paused.by}`
  return paused === null ? 'was not paused' : `resumed; ${pending} go out`
}
