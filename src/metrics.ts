import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ListenerObservation } from './rid/observe.ts'

/**
 * Every metric of the gateway, in a registry of its own. Labels are names from the configuration or from fixed lists: what
 * a stranger sends never becomes a label.
 */
export function createMetrics(registry: Registry = new Registry()) {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `iodef_gateway_${name}`, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name: `iodef_gateway_${name}`, help, labelNames, registers })
  return {
    registry,
    messages: counter('messages_total', 'Messages and items taken in, by what became of them', [
      'direction',
      'source',
      'outcome',
      'reason',
    ]),
    deliveries: counter('deliveries_total', 'Steps of deliveries, by outcome', ['kind', 'destination', 'outcome']),
    deliverySeconds: new Histogram({
      name: 'iodef_gateway_delivery_seconds',
      help: 'Time from taking a message in to the proof that its destination has it',
      labelNames: ['kind', 'destination'] as const,
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600, 86400],
      registers,
    }),
    backlog: gauge('backlog', 'Deliveries not settled, by state', ['kind', 'destination', 'state']),
    oldest: gauge('backlog_oldest_seconds', 'Age of the oldest delivery waiting', ['kind', 'destination']),
    items: counter('items_ignored_total', 'Items of Topics that were not forwarded', ['topic', 'reason']),
    gaps: counter('gaps_total', 'Times items of a Topic were gone before the gateway could read them', ['topic']),
    dropped: counter('events_dropped_total', 'Pubsub events not believed or over a limit', ['reason']),
    loops: counter('loops_stopped_total', 'Deliveries not made because the destination has the item', ['direction']),
    up: gauge('part_up', '1 while the part works', ['part']),
    expiry: gauge('certificate_expiry_timestamp_seconds', 'When a certificate or CRL runs out', ['name']),
    requests: counter('rid_requests_total', 'RID requests answered; status 0 when the client went away first', [
      'peer',
      'status',
    ]),
    requestSeconds: new Histogram({
      name: 'iodef_gateway_rid_request_seconds',
      help: 'Time to answer a RID request',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
      registers,
    }),
    connectionsRefused: counter('rid_connections_refused_total', 'RID connections that came to no request', ['reason']),
    storeFailures: counter('store_failures_total', 'Writes that the store could not make', ['operation']),
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** OpenSSL's and Node's codes are many: only those an operator acts on are told apart. */
const TLS_REASONS = new Set(['CERT_HAS_EXPIRED', 'CERT_REVOKED', 'CRL_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])

/** Counts what the RID listener saw. */
export function countRid(metrics: Metrics, seen: ListenerObservation): void {
  if (seen.kind === 'request') {
    metrics.requests.inc({ peer: seen.peer ?? 'unknown', status: String(seen.status) })
    metrics.requestSeconds.observe(seen.ms / 1000)
  } else if (seen.kind === 'handshake-refused') {
    metrics.connectionsRefused.inc({ reason: TLS_REASONS.has(seen.reason) ? seen.reason : 'handshake' })
  } else if (seen.kind === 'connection-refused') {
    metrics.connectionsRefused.inc({ reason: `limit-${seen.reason}` })
  } else {
    metrics.connectionsRefused.inc({ reason: 'client-error' })
  }
}

/** Node's own figures (memory, event loop), under our prefix. Starts timers: only for the running gateway. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: 'iodef_gateway_' })
}
