import type { Clock } from './clock.ts'
import { DEEDS, type Deed, type DeliveryFields, type DeliveryNews, type DeliveryOf } from './events/deliveries.ts'
import { DESTINATION_DEEDS } from './events/engine.ts'
import { EXCHANGE_DEEDS, type ExchangeNews, type OfExchange } from './events/exchanges.ts'
import type { Arrival, MessageNews } from './events/messages.ts'
import { createRecent } from './events/recent.ts'
import type { News, TracedName } from './events/table.ts'
import { createTeller } from './events/teller.ts'
import type { Levels } from './events/wanted.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Backlog, TraceEvent } from './store/contract.ts'
import type { Tell } from './tell.ts'
import type { ExchangeState } from './vocabulary.ts'

export type { DeliveryOf } from './events/deliveries.ts'

/**
 * Something that happened and belongs in the life of an incident. Put `trace` into the store's commit that makes it true,
 * then call `tell`: the log line and the metric follow the commit, never precede it.
 */
export interface Happening {
  readonly trace: readonly TraceEvent[]
  tell(): void
}

interface EventsOptions {
  readonly log: Logger
  /** of what, as they are in force each time they are read */
  readonly levels?: () => Levels
  readonly clock: Pick<Clock, 'now'>
  /** undefined in a command beside the gateway: nothing is counted */
  readonly metrics?: Metrics
  /** is told as well, and first; not of deeds, which happen elsewhere */
  readonly heard?: Tell<News>
}

/** incident keys that a log line shows, and that a refusal has rows of the trace for: a document may have thousands */
const SHOWN = 20

/** to deliveries, to questions, to destinations */
const ALL_DEEDS = [...DEEDS, ...EXCHANGE_DEEDS, ...DESTINATION_DEEDS]

const DAY = 86_400_000

/** What changes nothing must cost next to nothing. */
function fewOf(arrived: Arrival): Arrival {
  return { ...arrived, incidents: arrived.incidents.slice(0, SHOWN) }
}

export type Events = ReturnType<typeof createEvents>

/**
 * Tells everything that happens, in one place: `tell` for what is a log line and perhaps a metric, a function for each event that
 * has a trace row, too. Names, levels, sentences and metrics are in src/events/table.ts.
 */
export function createEvents({ log, levels, metrics, clock, heard }: EventsOptions) {
  const recent = createRecent()
  const teller = createTeller({ log, clock, recent, ...(levels && { levels }), ...(metrics && { metrics }) })
  const tell: Tell<News> = (...told) => {
    heard?.(...told)
    const [event, fields, level] = told
    teller(event, fields, level)
  }
  /** what was said last of the end of each certificate */
  const expirySaid = new Map<string, string>()

  function happening<F extends object>(event: TracedName, incidents: readonly string[], fields: F, more: object = {}) {
    const at = clock.now()
    const kept: Record<string, string | number | boolean | null> = {}
    for (const name in fields) {
      const value = fields[name as keyof F]
      if (value !== undefined) kept[name] = value as string | number | boolean | null
    }
    return {
      trace: incidents.map((incident): TraceEvent => ({ at, incident, event, fields: kept })),
      tell: () => tell(...([event, { ...fields, ...more }] as unknown as Parameters<Tell<News>>)),
    }
  }

  function arrival<E extends TracedName & keyof MessageNews>(event: E, arrived: MessageNews[E] & Arrival): Happening {
    const { incidents, ...fields } = arrived
    return happening(event, incidents, fields, { incidents: incidents.slice(0, SHOWN) })
  }

  type More<E extends keyof DeliveryNews> = Omit<DeliveryNews[E], keyof DeliveryFields | 'incident' | 'seconds'>
  function delivery<E extends keyof DeliveryNews>(event: E, of: DeliveryOf, more: More<E>): Happening {
    const { id, direction, source, kind, destination, incident, also = [], item, attempts, createdAt } = of
    const fields: DeliveryFields = { delivery: id, direction, source, kind, destination, item, attempts }
    const proved = event === 'published' || event === 'delivered' || event === 'fetched'
    const seconds = proved && { seconds: Math.max(0, clock.now() - createdAt) / 1000 }
    return happening(event, [incident, ...also], { ...fields, ...more }, { incident, ...seconds })
  }

  return {
    tell,
    accepted: (arrived: MessageNews['accepted']) => arrival('accepted', arrived),
    duplicate: (arrived: Arrival) => tell('duplicate', { ...arrived, incidents: arrived.incidents.slice(0, SHOWN) }),
    denied: (arrived: Arrival, code: string, reason: string) => arrival('denied', { ...fewOf(arrived), code, reason }),
    refused: (arrived: Arrival, code: string, reason: string) =>
      arrival('refused', { ...fewOf(arrived), code, reason }),
    /** Beside a day's share of the trace: so many rows were left out. */
    refusalsNotTraced: (source: string, rows: number): Happening =>
      happening('refusals-not-traced', [`refused ${source}`], { source, rows }),
    consumed: (arrived: MessageNews['consumed']) => arrival('consumed', arrived),
    fileAwaited: (arrived: MessageNews['file-awaited']) => arrival('file-awaited', arrived),
    loopStopped: (stopped: MessageNews['loop-stopped']): Happening =>
      happening('loop-stopped', [stopped.incident], stopped),

    /** Of the events of a question those that are traced, each by the incident that it is traced by. */
    exchange: <E extends TracedName & keyof ExchangeNews>(event: E, of: ExchangeNews[E] & OfExchange): Happening => {
      const { incident, ...fields } = of
      return happening(event, [incident], fields, { incident })
    },

    published: (of: DeliveryOf, note?: string) => delivery('published', of, note === undefined ? {} : { note }),
    delivered: (of: DeliveryOf, note?: string) => delivery('delivered', of, note === undefined ? {} : { note }),
    fetched: (of: DeliveryOf) => delivery('fetched', of, {}),
    /** `nextAttempt` in ms since the epoch. */
    retried: (of: DeliveryOf, reason: string, nextAttempt: number) =>
      delivery('retried', of, { reason, nextAttempt: new Date(nextAttempt).toISOString() }),
    held: (of: DeliveryOf, reason: string) => delivery('held', of, { reason }),
    withheld: (of: DeliveryOf, reason: string) => delivery('withheld', of, { reason }),
    discarded: (of: DeliveryOf, deed: Deed) => delivery('discarded', of, deed),
    requeued: (of: DeliveryOf, deed: Deed) => delivery('requeued', of, deed),
    /** What an operator does to a destination is traced by its name. */
    destinationDeed: (event: (typeof DESTINATION_DEEDS)[number], of: News['paused']): Happening =>
      happening(event, [`destination ${of.destination}`], of),
    deeds: ALL_DEEDS,
    /** Logs and counts what another process did: a deed has a row of the trace for each incident of its delivery, and is told once. */
    tellDeeds(rows: readonly TraceEvent[]): void {
      const told = new Set<string>()
      for (const { event, at, incident, fields } of rows) {
        const deed = `${at} ${event} ${fields.delivery ?? fields.exchange ?? fields.destination}`
        const name = ALL_DEEDS.find((one) => one === event)
        if (name !== undefined && !told.has(deed)) teller(name, { ...fields, incident })
        told.add(deed)
      }
    },

    /** A part's readiness changed: its state, or only the reason. */
    stateChanged(state: News['state'], moved: boolean): void {
      tell('state', state, !moved ? 'debug' : state.state === 'ok' ? 'info' : 'warn')
    },
    /** A part is no more: what was last said of it alerts nobody. */
    partGone(part: string): void {
      metrics?.up.remove({ part })
      metrics?.degraded.remove({ part })
    },
    /** `notAfter` and `warnBefore` in ms. Says something from `warnBefore` the end, once a day; the metric is always set. */
    certificateExpiry({ name, notAfter }: { name: string; notAfter: number }, warnBefore: number): void {
      metrics?.expiry.set({ name }, Math.floor(notAfter / 1000))
      const left = notAfter - clock.now()
      const days = Math.floor(left / DAY)
      if (left >= warnBefore || expirySaid.get(name) === `${notAfter} ${days}`) return
      expirySaid.set(name, `${notAfter} ${days}`)
      const fields = { certificate: name, notAfter: new Date(notAfter).toISOString(), days }
      tell(days < 0 ? 'certificate-expired' : 'certificate-expiry', fields)
    },
    storeFailed(operation: string, err: unknown): void {
      tell('store-failed', { operation, err })
    },
    /** Sets the queue's gauges: call it before the metrics are read. */
    backlog(rows: readonly Backlog[]): void {
      metrics?.backlog.reset()
      metrics?.oldest.reset()
      for (const { kind, destination, pending, sending, held, withheld, oldest } of rows) {
        for (const [state, count] of Object.entries({ pending, sending, held, withheld })) {
          metrics?.backlog.set({ kind, destination, state }, count)
        }
        metrics?.oldest.set({ kind, destination }, oldest === null ? 0 : Math.max(0, clock.now() - oldest) / 1000)
      }
    },
    /** Sets the gauge of questions: call it before the metrics are read. */
    exchanges(counts: Readonly<Record<ExchangeState, number>>): void {
      for (const [state, count] of Object.entries(counts)) metrics?.exchanges.set({ state }, count)
    },
    /** The latest events first. */
    recent: recent.list,
  }
}
