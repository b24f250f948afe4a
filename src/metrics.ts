import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What one metric is. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** without the prefix that all share */
  readonly name: string
  readonly labels: readonly string[]
  readonly help: string
  /** histogram: upper bounds in seconds */
  readonly buckets?: readonly number[]
}

/**
 * Every metric of the gateway. Labels are names from the configuration or from fixed lists: what a stranger sends never becomes a
 * label. docs/reference.md has the same table.
 */
export const METRICS = {
  messages: {
    type: 'counter',
    name: 'messages_total',
    labels: ['direction', 'source', 'outcome', 'reason'],
    help: 'Messages and items taken in, by what became of them',
  },
  deliveries: {
    type: 'counter',
    name: 'deliveries_total',
    labels: ['kind', 'destination', 'outcome'],
    help: 'Steps of deliveries, by outcome',
  },
  deliverySeconds: {
    type: 'histogram',
    name: 'delivery_seconds',
    labels: ['kind', 'destination'],
    help: 'Time from taking a message in to the proof that its destination has it',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600, 86400],
  },
  backlog: {
    type: 'gauge',
    name: 'backlog',
    labels: ['kind', 'destination', 'state'],
    help: 'Deliveries not settled, by state',
  },
  oldest: {
    type: 'gauge',
    name: 'backlog_oldest_seconds',
    labels: ['kind', 'destination'],
    help: 'Age of the oldest delivery waiting',
  },
  questions: {
    type: 'counter',
    name: 'questions_total',
    labels: ['source', 'outcome'],
    help: 'Steps of questions and their answers, by who asked (of a callback: who sent it)',
  },
  exchanges: { type: 'gauge', name: 'exchanges', labels: ['state'], help: 'Questions that the store knows, by state' },
  items: {
    type: 'counter',
    name: 'items_ignored_total',
    labels: ['topic', 'reason'],
    help: 'Items of Topics that were not forwarded: foreign, invalid, invalid-not-kept, retracted',
  },
  gaps: {
    type: 'counter',
    name: 'gaps_total',
    labels: ['topic'],
    help: 'Times items of a Topic were gone before the gateway could read them',
  },
  dropped: {
    type: 'counter',
    name: 'events_dropped_total',
    labels: ['reason'],
    help: 'Pubsub events not believed or over a limit',
  },
  loops: {
    type: 'counter',
    name: 'loops_stopped_total',
    labels: ['direction'],
    help: 'Deliveries not made because the destination has the item',
  },
  up: { type: 'gauge', name: 'part_up', labels: ['part'], help: '1 while the part works, also when it is degraded' },
  degraded: { type: 'gauge', name: 'part_degraded', labels: ['part'], help: '1 while the part is degraded' },
  expiry: {
    type: 'gauge',
    name: 'certificate_expiry_timestamp_seconds',
    labels: ['name'],
    help: 'When a certificate or CRL runs out',
  },
  requests: {
    type: 'counter',
    name: 'rid_requests_total',
    labels: ['peer', 'status'],
    help: 'RID requests answered; status 0 when the client went away first',
  },
  requestSeconds: {
    type: 'histogram',
    name: 'rid_request_seconds',
    labels: [],
    help: 'Time to answer a RID request',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  },
  connectionsRefused: {
    type: 'counter',
    name: 'rid_connections_refused_total',
    labels: ['reason'],
    help: 'RID connections that came to no request',
  },
  limited: {
    type: 'counter',
    name: 'rid_limited_total',
    labels: ['peer', 'limit'],
    help: 'RID requests answered 429 because their peer sends more than its limits',
  },
  loginsRefused: {
    type: 'counter',
    name: 'rid_logins_refused_total',
    labels: ['peer', 'reason'],
    help: 'Users and passwords that were not taken; peer is whose user it was',
  },
  storeFailures: {
    type: 'counter',
    name: 'store_failures_total',
    labels: ['operation'],
    help: 'Writes that the store could not make',
  },
  commitSeconds: {
    type: 'histogram',
    name: 'store_commit_seconds',
    labels: [],
    help: 'Time from asking for a write to having it on disk, of the first in each commit',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30],
  },
  diskFree: {
    type: 'gauge',
    name: 'disk_free_bytes',
    labels: [],
    help: 'What may still be written where the store is',
  },
  queueLimit: {
    type: 'gauge',
    name: 'queue_limit',
    labels: [],
    help: 'Deliveries to one Topic (delivery.maxQueue) above which reports for it are answered 503',
  },
  logins: {
    type: 'counter',
    name: 'controller_logins_total',
    labels: [],
    help: 'Sessions begun with the Controller: one is the start, more are reconnects',
  },
  lastDelivery: {
    type: 'gauge',
    name: 'last_delivery_timestamp_seconds',
    labels: ['kind', 'destination'],
    help: 'When a destination was last proved to have something; 0: not since the start',
  },
  lastMessage: {
    type: 'gauge',
    name: 'last_message_timestamp_seconds',
    labels: ['source'],
    help: 'When a message of this peer or an item of this Topic was last taken; 0: not since the start',
  },
  ready: { type: 'gauge', name: 'ready', labels: [], help: '1 while reports can be taken' },
  build: {
    type: 'gauge',
    name: 'build_info',
    labels: ['version', 'node'],
    help: '1; the labels say which release runs, on which Node.js',
  },
} as const satisfies Readonly<Record<string, MetricRow>>

export type MetricName = keyof typeof METRICS
export type LabelOf<M extends MetricName> = (typeof METRICS)[M]['labels'][number]

type MetricOf<M extends MetricName> = {
  readonly counter: Counter<LabelOf<M>>
  readonly gauge: Gauge<LabelOf<M>>
  readonly histogram: Histogram<LabelOf<M>>
}[(typeof METRICS)[M]['type']]

export type Metrics = { readonly registry: Registry } & { readonly [M in MetricName]: MetricOf<M> }

/** All of METRICS, in a registry of their own. */
export function createMetrics(registry: Registry = new Registry()): Metrics {
  const made = Object.entries<MetricRow>(METRICS).map(([key, row]) => [key, createMetric(row, registry)])
  return { registry, ...Object.fromEntries(made) }
}

const PREFIX = 'iodef_gateway_'

function createMetric({ type, name, help, labels, buckets = [] }: MetricRow, registry: Registry) {
  const options = { name: `${PREFIX}${name}`, help, labelNames: labels, registers: [registry] }
  if (type === 'histogram') return new Histogram({ ...options, buckets: [...buckets] })
  return type === 'counter' ? new Counter(options) : new Gauge(options)
}

/** ms between looks at how late the event loop is: with 10 they woke it a hundred times a second, which was most of what it did at rest */
const LOOK = 50

/** Node's own figures (memory, event loop), under our prefix. Starts timers: only for the running gateway. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: PREFIX, eventLoopMonitoringPrecision: LOOK })
}
