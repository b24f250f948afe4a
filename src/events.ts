import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Backlog, DeliverySummary, TraceEvent } from './store/contract.ts'
import type { Direction } from './vocabulary.ts'

/**
 * Something that happened and belongs in the life of an incident. Put `trace` into the store's commit that makes it true,
 * then call `tell`: the log line and the metric follow the commit, never precede it.
 */
export interface Happening {
  readonly trace: readonly TraceEvent[]
  tell(): void
}

/** One line of what happened lately, for the status page. */
export interface RecentEvent {
  readonly at: number
  readonly level: Level
  readonly event: string
  readonly text: string
}

type Level = 'error' | 'warn' | 'info' | 'debug'
type Scalar = string | number | boolean | null

/** What a delivery's events need of it. */
export type DeliveryOf = Pick<
  DeliverySummary,
  'id' | 'direction' | 'source' | 'kind' | 'destination' | 'incident' | 'also' | 'item' | 'attempts' | 'createdAt'
>

export interface Intake {
  readonly direction: Direction
  /** the peer's or the Topic's name */
  readonly source: string
  /** incident keys; empty when the document could not be read that far */
  readonly incidents: readonly string[]
  /** id of the request, or the item's */
  readonly message?: string
}

const RECENT = 50
/** ms between lines about things that anybody can make happen as often as they like */
const SELDOM = 1000

/** A validator quotes what it found: enough to recognize it, not what a document says. The trace, in the store, has it all. */
function withoutContent(reason: string): string {
  return reason.slice(0, 4000).replace(/(?<![\p{L}\d])(['"])((?:(?!\1).){40})(?:(?!\1).)+\1/gsu, '$1$2…$1')
}

export type Events = ReturnType<typeof createEvents>

/**
 * One function per business event: log line, metric and trace row in one place. Levels: error = loss, or a human is needed;
 * warn = the gateway recovers alone, or told the sender; info = lifecycle, accepted, delivered.
 */
export function createEvents({ log, metrics, clock }: { log: Logger; metrics: Metrics; clock: Clock }) {
  const recent: RecentEvent[] = []
  /** by reason: when it was last told, and how many came since */
  const dropped = new Map<string, { readonly at: number; since: number }>()

  /** `text` is a fixed sentence; `fields` hold the particulars. A reason may repeat a stranger's words: not all of them. */
  function say(level: Level, event: string, given: Record<string, unknown>, text: string): void {
    const reason = typeof given.reason === 'string' ? { reason: withoutContent(given.reason).slice(0, 1000) } : {}
    const fields: Record<string, unknown> = { ...given, ...reason }
    log[level]({ event, ...fields }, text)
    if (level === 'debug') return
    const about = [
      fields.source ?? fields.topic ?? fields.part,
      fields.destination,
      fields.incident ?? fields.incidents,
    ]
    const where = about.filter((part) => part !== undefined && part !== null && String(part) !== '').join(' · ')
    const why = fields.reason ? `: ${String(fields.reason)}` : ''
    recent.push({ at: clock.now(), level, event, text: `${text}${where ? ` (${where})` : ''}${why}`.slice(0, 400) })
    if (recent.length > RECENT) recent.shift()
  }

  function happening(
    event: string,
    incidents: readonly string[],
    fields: Readonly<Record<string, Scalar | undefined>>,
    tell: () => void,
  ): Happening {
    const at = clock.now()
    const kept = Object.fromEntries(Object.entries(fields).filter((field) => field[1] !== undefined)) as Record<
      string,
      Scalar
    >
    return { trace: incidents.map((incident) => ({ at, incident, event, fields: kept })), tell }
  }

  function intake(
    event: string,
    level: Level,
    text: string,
    i: Intake,
    extra: Record<string, Scalar> = {},
    label = '',
  ) {
    const { incidents, ...rest } = i
    return happening(event, incidents, { ...rest, ...extra }, () => {
      metrics.messages.inc({ direction: i.direction, source: i.source, outcome: event, reason: label })
      say(level, event, { ...rest, incidents: incidents.slice(0, 20), ...extra }, text)
    })
  }

  function delivery(event: string, level: Level, text: string, d: DeliveryOf, extra: Record<string, Scalar> = {}) {
    const { direction, source, kind, destination, item, attempts } = d
    const fields = { delivery: d.id, direction, source, kind, destination, item, attempts, ...extra }
    return happening(event, [d.incident, ...(d.also ?? [])], fields, () => {
      metrics.deliveries.inc({ kind, destination, outcome: event })
      if (event === 'published' || event === 'delivered') {
        metrics.deliverySeconds.observe({ kind, destination }, Math.max(0, clock.now() - d.createdAt) / 1000)
      }
      say(level, event, { ...fields, incident: d.incident }, text)
    })
  }

  return {
    /** Committed to the store: `deliveries` rows wait for their destinations. */
    accepted: (i: Intake & { msgType: string; envelope?: string; deliveries: number; warnings?: number }) =>
      intake('accepted', 'info', 'Report accepted', i),
    /** The same message again: answered like the first, nothing stored. */
    duplicate: (i: Intake) => intake('duplicate', 'info', 'The same message again', i),
    /** Valid, but policy says no: the sender was told `Denied`. `code` is a fixed word (no-route, restriction, publish...). */
    denied: (i: Intake, code: string, reason: string) =>
      intake('denied', 'warn', 'Report denied', i, { code, reason }, code),
    /** Not taken: the sender was told with a 4xx or 5xx. `code` is a fixed word or the status. */
    refused: (i: Intake, code: string, reason: string) =>
      intake('refused', 'warn', 'Message refused', i, { code, reason }, code),
    /** An item of a Topic was committed with its deliveries to peers. */
    consumed: (i: Intake & { deliveries: number }) => intake('consumed', 'info', 'Item taken from the Topic', i),

    /** The Broker's result is the proof. */
    published: (d: DeliveryOf, note?: string) =>
      delivery('published', 'info', 'Published to the Topic', d, note === undefined ? {} : { note }),
    /** The peer's 2xx is the proof. */
    delivered: (d: DeliveryOf, note?: string) =>
      delivery('delivered', 'info', 'Delivered to the peer', d, note === undefined ? {} : { note }),
    /** `nextAttempt` in ms since the epoch. */
    retried: (d: DeliveryOf, reason: string, nextAttempt: number) =>
      delivery('retried', 'warn', 'Delivery failed and will be tried again', d, {
        reason,
        nextAttempt: new Date(nextAttempt).toISOString(),
      }),
    held: (d: DeliveryOf, reason: string) =>
      delivery('held', 'error', 'Delivery held: an operator decides', d, { reason }),
    withheld: (d: DeliveryOf, reason: string) =>
      delivery('withheld', 'warn', 'Delivery withheld by policy', d, { reason }),
    discarded: (d: DeliveryOf, reason: string) =>
      delivery('discarded', 'warn', 'Delivery discarded by an operator', d, { reason }),
    requeued: (d: DeliveryOf, reason: string) =>
      delivery('requeued', 'info', 'Delivery put back in the queue', d, { reason }),

    /** An item does not go back to where it came from. */
    loopStopped: (l: { direction: Direction; source: string; destination: string; incident: string; item: string }) =>
      happening('loop-stopped', [l.incident], { ...l }, () => {
        metrics.loops.inc({ direction: l.direction })
        say('info', 'loop-stopped', l, 'Not sent back to where it came from')
      }),
    /** Items were published and gone before the gateway could read them: RFC 8600 §4.3.1 calls for this to be noticed. */
    gap(g: { topic: string; after: string; before: string | null; retained: number }): void {
      metrics.gaps.inc({ topic: g.topic })
      say('error', 'gap', g, 'Items of the Topic were missed and cannot be recovered')
    },
    /** Neither of the two shapes of docs/grid-profile.md: left alone. */
    foreignItem(f: { topic: string; item: string; reason: string }): void {
      metrics.items.inc({ topic: f.topic, reason: 'foreign' })
      say('info', 'foreign-item', f, 'Item is not an IODEF report and was left alone')
    },
    /** An IODEF report that is not valid: not forwarded. */
    invalidItem(f: { topic: string; item: string; errors: number; reason: string }): void {
      metrics.items.inc({ topic: f.topic, reason: 'invalid' })
      say('warn', 'invalid-item', f, 'Item is not valid IODEF and was not forwarded')
    },
    /** What was published stays delivered: RID knows no retraction. */
    retracted(r: { topic: string; items: number }): void {
      metrics.items.inc({ topic: r.topic, reason: 'retracted' }, r.items)
      say('info', 'retracted', r, 'Items were retracted from the Topic')
    },
    droppedEvent(d: { reason: 'forged' | 'oversized' | 'malformed' | 'unknown-topic'; from: string }): void {
      metrics.dropped.inc({ reason: d.reason })
      const told = dropped.get(d.reason)
      const ago = clock.now() - (told?.at ?? 0)
      if (told !== undefined && ago >= 0 && ago < SELDOM) told.since += 1
      else {
        dropped.set(d.reason, { at: clock.now(), since: 0 })
        const more = told === undefined || told.since === 0 ? {} : { more: told.since }
        say('warn', 'dropped-event', { ...d, from: d.from.slice(0, 200), ...more }, 'A pubsub event was dropped')
      }
    },
    /** A part's readiness changed; `up` says whether it works now. */
    stateChanged(s: { part: string; state: string; up: boolean; reason: string | null }): void {
      metrics.up.set({ part: s.part }, s.up ? 1 : 0)
      // an attempt is no news; its failure is
      say(s.up ? 'info' : s.state === 'connecting' ? 'debug' : 'warn', 'state', s, 'State changed')
    },
    /** `notAfter` in ms since the epoch. Says something from 30 days before; the metric is always set. */
    certificateExpiry(c: { name: string; notAfter: number }): void {
      metrics.expiry.set({ name: c.name }, Math.floor(c.notAfter / 1000))
      const days = Math.floor((c.notAfter - clock.now()) / 86_400_000)
      if (days >= 30) return
      const fields = { certificate: c.name, notAfter: new Date(c.notAfter).toISOString(), days }
      if (days < 0) say('error', 'certificate-expired', fields, 'A certificate or CRL has expired')
      else say('warn', 'certificate-expiry', fields, 'A certificate or CRL expires soon')
    },
    storeFailed(operation: string, error: unknown): void {
      metrics.storeFailures.inc({ operation })
      say('error', 'store-failed', { operation, err: error }, 'The store could not write')
    },
    /** Sets the queue's gauges: call it before the metrics are read. */
    backlog(rows: readonly Backlog[]): void {
      metrics.backlog.reset()
      metrics.oldest.reset()
      for (const { kind, destination, pending, sending, held, withheld, oldest } of rows) {
        for (const [state, count] of Object.entries({ pending, sending, held, withheld })) {
          metrics.backlog.set({ kind, destination, state }, count)
        }
        metrics.oldest.set({ kind, destination }, oldest === null ? 0 : Math.max(0, clock.now() - oldest) / 1000)
      }
    },
    /** The latest events first. */
    recent: (): RecentEvent[] => recent.toReversed(),
  }
}
