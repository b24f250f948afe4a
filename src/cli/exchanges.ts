import { systemClock } from '../clock.ts'
import { createEvents } from '../events.ts'
import { approveQuestion, closeQuestion, denyQuestion } from '../exchange/operator.ts'
import { JUSTIFICATIONS } from '../exchange/outcome.ts'
import { searchesFor } from '../iodef/incident-id.ts'
import { createLog } from '../log.ts'
import type { Exchange, ExchangeFilter, ExchangeSummary, Exchanges } from '../store/exchanges.ts'
import { EXCHANGE_STATES } from '../vocabulary.ts'
import { describeExchange, detailedExchange, publicExchange, targetOf, whoAsked } from './exchange-words.ts'
import { actionOf, CONFIG, configWithoutLogin, count, nothingMore, parse, statesOf } from './options.ts'
import {
  type Command,
  type Decided,
  type ExitCode,
  type Io,
  json,
  printable,
  table,
  UsageError,
  write,
  writeDecided,
} from './output.ts'
import { operatorName, shortTime, storeOf } from './store.ts'

const ACTIONS = ['list', 'show', 'approve', 'deny', 'close'] as const

const OPTIONS = {
  ...CONFIG,
  json: { type: 'boolean' },
  state: { type: 'string' },
  asker: { type: 'string' },
  asked: { type: 'string' },
  incident: { type: 'string' },
  limit: { type: 'string' },
  reason: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

/** how many are listed unless it is said */
const LATEST = 1000

export const exchanges: Command = {
  name: 'exchanges',
  summary: 'lists, shows, approves, denies and closes questions that peers asked, also while the gateway runs',
  usage: 'iodef-gateway exchanges list|show ID|approve ID...|deny ID...|close ID... [--config FILE] [--json]',
  help: `
Every question that a peer asks (Query, InvestigationRequest, TraceRequest) is an exchange, until it is closed. A leg is one of
those it is asked of: the archive, or a peer. A request whose route says "held" waits for an operator.

  list          the latest ${LATEST} of them, oldest first
  show ID       everything about one but what it asks and what it is answered with: its legs, times, and answers
  approve ID... what is held: asks the peer that the route names. Where it names none, the Result is taken from any peer that may
                send one. Whoever asked is told Approved, where it has "interim"
  deny ID...    what is held: whoever asked is told Denied, with the Justification of --reason
  close ID...   asks nobody any more. Whoever asked is told Denied, Other, unless it had an answer; what comes later is held

An ID that begins with - and could be an option stands behind "--".

  -c, --config FILE       the configuration, which says where the store is [gateway.yaml]
      --json              for programs; list: [{"id", "state", "asker", "msgType", "incident", "opened", "expires", "closed",
                          "legs": [{"target", "state"}], "answers"}]
      --state STATE,...   list: only these states: ${EXCHANGE_STATES.join(', ')}
      --asker PEER        list: only what this peer asked; jid:JID or topic:NAME of others
      --asked PEER        list: only what this peer is asked; jid:JID or topic:NAME of others
      --incident ID       list: only of this incident
      --limit N           list: the latest N [${LATEST}]
      --reason WORD       deny: ${JUSTIFICATIONS.slice(0, 4).join(', ')},
                          ${JUSTIFICATIONS.slice(4).join(', ')} [CannotProcess]

  open        not answered yet, or an answer is on its way    expired     its time was over
  answered    its last answer was sent                        cancelled   closed by an operator
  denied      everybody who was asked said no

  iodef-gateway exchanges list --config gateway.yaml --state open
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS, { ids: true })
    const [written, ...ids] = positionals
    const action = actionOf('exchanges', written, ACTIONS)
    if (action === 'list') {
      nothingMore(ids)
      const filter = filterOf(values)
      await using store = await storeOf(values, io)
      return await list(store, filter, values.json === true, io)
    }
    if (ids.length === 0) {
      throw new UsageError(`${action} needs the ID of a question: the first column of "exchanges list"`)
    }
    if (action === 'show') nothingMore(ids.slice(1))
    const reason = justificationOf(values, action)
    await using store = await storeOf(values, io)
    if (action === 'show') return await show(store, ids[0] ?? '', values.json === true, io)
    return await decide(store, { deed: action, reason }, ids, values, io)
  },
}

function filterOf(values: Values): ExchangeFilter {
  const by = values.asker === undefined ? undefined : named(values.asker, ['peer', 'jid', 'topic'] as const)
  const of = values.asked === undefined ? undefined : named(values.asked, ['peer', 'jid', 'topic', 'held'] as const)
  const states = statesOf(values.state, EXCHANGE_STATES)
  return {
    limit: count(values.limit, '--limit') ?? LATEST,
    ...(states !== undefined && { states }),
    ...(by && { asker: by.name, ...(by.kind && { askerKind: by.kind }) }),
    ...(of && { target: of.name, ...(of.kind && { targetKind: of.kind }) }),
    ...(values.incident !== undefined && { incident: values.incident }),
  }
}

/** By its name alone, or as the list has it: with what it is. */
function named<K extends string>(written: string, kinds: readonly K[]): { readonly kind?: K; readonly name: string } {
  const kind = kinds.find((one) => written.startsWith(`${one}:`))
  return kind === undefined ? { name: written } : { kind, name: written.slice(kind.length + 1) }
}

async function list(store: Exchanges, asked: ExchangeFilter, asJson: boolean, io: Io): Promise<ExitCode> {
  // one more than is shown tells whether there are older ones
  const filter = { ...asked, limit: asked.limit + 1 }
  let rows = await store.listExchanges(filter)
  for (const incident of asked.incident === undefined ? [] : searchesFor(asked.incident)) {
    if (rows.length > 0) break
    rows = await store.listExchanges({ ...filter, incident })
  }
  const shown = rows.slice(-asked.limit)
  if (asJson) await write(io.out, json(shown.map(publicExchange)))
  else if (shown.length === 0) await write(io.err, 'no questions\n')
  else await write(io.out, table([HEADING, ...shown.map(cells)], WIDEST))
  if (rows.length > shown.length) await write(io.err, 'older questions are not shown: "--limit N" shows the latest N\n')
  return 0
}

/** characters of a column */
const WIDEST = 40

const HEADING = ['ID', 'STATE', 'ASKER', 'TYPE', 'INCIDENT', 'OPENED', 'EXPIRES', 'ANSWERS', 'ASKED']

function cells(exchange: ExchangeSummary): string[] {
  const { id, state, msgType, incident, opened, expires, answers, legs } = exchange
  const asked = legs.map((leg) => `${targetOf(leg)} ${leg.state}`).join(', ')
  const until = state === 'open' ? shortTime(expires) : '-'
  return [id, state, whoAsked(exchange), msgType, incident || '-', shortTime(opened), until, String(answers), asked]
}

async function show(store: Exchanges, id: string, asJson: boolean, io: Io): Promise<ExitCode> {
  const exchange = await store.exchange(id)
  if (exchange === undefined) {
    await write(io.err, `there is no question ${printable(id)}\n`)
    return 1
  }
  const detailed = detailedExchange(exchange)
  await write(io.out, asJson ? json(detailed) : describeExchange(detailed))
  return 0
}

type Reason = (typeof JUSTIFICATIONS)[number]

function justificationOf({ reason }: Values, action: string): Reason {
  if (reason === undefined) return 'CannotProcess'
  if (action !== 'deny') throw new UsageError('--reason is for "exchanges deny"')
  const known = JUSTIFICATIONS.find((one) => one === reason)
  if (known !== undefined) return known
  throw new UsageError(`"${reason}" is no Justification of RFC 6545; there are ${JUSTIFICATIONS.join(', ')}`)
}

interface Decision {
  readonly deed: Exclude<(typeof ACTIONS)[number], 'list' | 'show'>
  readonly reason: Reason
}

async function decide(
  store: Exchanges,
  { deed, reason }: Decision,
  ids: readonly string[],
  values: Values,
  io: Io,
): Promise<ExitCode> {
  // the trace is written with the deed; a running gateway notices, and tells in its own log
  const events = createEvents({ log: createLog('silent'), clock: systemClock })
  const context = { config: configWithoutLogin(values, io), store, events }
  const by = operatorName(io.env)
  const results: Decided[] = []
  for (const id of new Set(ids)) {
    const did =
      deed === 'deny'
        ? await denyQuestion(context, id, by, reason)
        : await (deed === 'approve' ? approveQuestion : closeQuestion)(context, id, by)
    results.push({ id, done: did.done, message: did.done ? DONE[deed] : whyNot(did.exchange, did.reason) })
  }
  return await writeDecided(results, values.json === true, io)
}

const DONE = { approve: 'approved', deny: 'denied', close: 'closed' }

function whyNot(exchange: Exchange | undefined, reason: string | undefined): string {
  if (exchange === undefined) return 'there is no such question'
  return exchange.state === 'open' ? (reason ?? 'is open') : `is closed already, as ${exchange.state}`
}
