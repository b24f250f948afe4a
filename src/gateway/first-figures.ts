import type { Config } from '../config/types.ts'
import type { Metrics } from '../metrics.ts'
import type { DestinationKind } from '../vocabulary.ts'
import { fileHosts } from './files.ts'
import { jidNames } from './jid-destinations.ts'

const OUTCOMES = ['published', 'delivered', 'retried', 'held', 'withheld', 'discarded', 'requeued']
const OF_FILES = ['fetched', 'retried', 'held', 'discarded', 'requeued']
const IGNORED = ['foreign', 'invalid', 'invalid-not-kept', 'retracted']
const DROPPED = ['forged', 'oversized', 'malformed', 'unknown-topic']
const OPERATIONS = ['accept', 'ask', 'converse', 'due', 'forget', 'gone', 'iq', 'prune']
const REFUSED = ['handshake', 'limit-peer', 'limit-handshakes', 'limit-total', 'client-error', 'proxy-header']
const LIMITS = ['requests', 'bytes', 'connections']
const OF_USER = ['wrong-password', 'another-peer', 'too-many']
const OF_NOBODY = ['malformed', 'unknown-user', 'too-many', 'busy']

/**
 * A counter that is not there before it counts goes from nothing to 1, which is no increase to Prometheus: every series that the
 * configuration knows of begins at 0, and one that is there already stays as it is: at the start and after each reload. And what does not
 * change in between.
 */
export function setFirstFigures(metrics: Metrics, config: Config, version: string): void {
  const { grid, peers, delivery } = config
  const topics = grid.topics.map(({ name }) => name)
  const names = peers.map(({ name }) => name)
  setDeliveries(metrics, 'topic', topics, OUTCOMES)
  setDeliveries(metrics, 'peer', names, OUTCOMES)
  setDeliveries(metrics, 'jid', jidNames(config), OUTCOMES)
  setDeliveries(metrics, 'file', fileHosts(config), OF_FILES)
  for (const source of [...topics, ...names]) metrics.lastMessage.inc({ source }, 0)
  for (const topic of topics) {
    metrics.gaps.inc({ topic }, 0)
    metrics.messages.inc({ direction: 'grid-to-rid', source: topic, outcome: 'consumed', reason: '' }, 0)
    for (const reason of IGNORED) metrics.items.inc({ topic, reason }, 0)
  }
  for (const peer of names) {
    for (const outcome of ['accepted', 'duplicate']) {
      metrics.messages.inc({ direction: 'rid-to-grid', source: peer, outcome, reason: '' }, 0)
    }
    for (const outcome of ['callback-stolen', 'callback-unknown', 'trace-loop'])
      metrics.questions.inc({ source: peer, outcome }, 0)
    metrics.requests.inc({ peer, status: '200' }, 0)
    for (const limit of LIMITS) metrics.limited.inc({ peer, limit }, 0)
  }
  for (const direction of ['rid-to-grid', 'grid-to-rid']) metrics.loops.inc({ direction }, 0)
  for (const reason of DROPPED) metrics.dropped.inc({ reason }, 0)
  for (const operation of OPERATIONS) metrics.storeFailures.inc({ operation }, 0)
  for (const reason of REFUSED) metrics.connectionsRefused.inc({ reason }, 0)
  setLogins(metrics, config)
  metrics.logins.inc(0)
  metrics.queueLimit.set(delivery.maxQueue)
  metrics.build.set({ version, node: process.version }, 1)
}

function setLogins({ loginsRefused }: Metrics, { rid, peers }: Config): void {
  if (rid.basic !== true && rid.anonymous !== true) return
  for (const reason of OF_NOBODY) loginsRefused.inc({ peer: 'unknown', reason }, 0)
  for (const { name, identity } of peers) {
    if (identity.basic !== undefined) for (const reason of OF_USER) loginsRefused.inc({ peer: name, reason }, 0)
  }
}

function setDeliveries(
  metrics: Metrics,
  kind: DestinationKind,
  destinations: readonly string[],
  outcomes: readonly string[],
): void {
  for (const destination of destinations) {
    for (const outcome of outcomes) metrics.deliveries.inc({ kind, destination, outcome }, 0)
    metrics.lastDelivery.inc({ kind, destination }, 0)
  }
}
