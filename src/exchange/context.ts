import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Config, GridConfig } from '../config/types.ts'
import type { OfExchange } from '../events/exchanges.ts'
import type { Events } from '../events.ts'
import type { Reader } from '../reading/reader.ts'
import type { Archive } from '../store/archive.ts'
import type { NewDelivery, Store } from '../store/contract.ts'
import type { Exchange, Exchanges } from '../store/exchanges.ts'
import type { DestinationKind } from '../vocabulary.ts'
import type { Asking } from './asking.ts'
import type { Holds } from './holds.ts'
import { type Errand, encode } from './stored.ts'

/** What the parts that deal with questions are given. */
export interface ExchangeContext {
  readonly config: Pick<Config, 'peers' | 'routes' | 'exchanges' | 'rid'> & {
    readonly grid: Pick<GridConfig, 'participants' | 'maxItem' | 'topics' | 'broker'>
  }
  readonly reader: Pick<Reader, 'inspect' | 'readReply' | 'downgrade'>
  readonly store: Exchanges & Pick<Archive, 'find'> & Pick<Store, 'accept' | 'findEnvelope' | 'record' | 'list'>
  readonly events: Events
  readonly clock: Clock
  readonly holds: Holds
  readonly asking: Asking
  /** deliveries there were committed */
  readonly wake: (kind: DestinationKind, destination: string) => void
}

/** What its events are traced by. */
function incidentOf({ incident, id }: Pick<Exchange, 'incident' | 'id'>): string {
  return incident === '' ? `exchange ${id}` : incident
}

export function about(exchange: Pick<Exchange, 'incident' | 'id' | 'asker'>): OfExchange {
  return { exchange: exchange.id, source: exchange.asker, incident: incidentOf(exchange) }
}

/** Where its answers go. */
export function askerOf({
  askerKind,
  asker,
}: Pick<Exchange, 'askerKind' | 'asker'>): Pick<NewDelivery, 'kind' | 'destination'> {
  return { kind: askerKind, destination: asker }
}

/** Deliveries to whoever asked may have been committed, and where its question is taken back. */
export function wakeAsker(
  { wake }: Pick<ExchangeContext, 'wake'>,
  exchange: Pick<Exchange, 'askerKind' | 'asker' | 'state' | 'legs'>,
): void {
  const { kind, destination } = askerOf(exchange)
  wake(kind, destination)
  if (exchange.state === 'open') return
  for (const leg of exchange.legs) if (leg.kind === 'topic') wake('topic', leg.target)
}

/**
 * A delivery of an exchange: all of them to one destination stand in one line, behind nobody else's, and none stands for another
 * (RFC 6546 §3 has no order; RFC 6545 §7 has the Acknowledgement first).
 */
export function errandTo(
  { kind, destination }: Pick<NewDelivery, 'kind' | 'destination'>,
  exchange: Pick<Exchange, 'incident' | 'id' | 'expires'>,
  errand: Errand,
  held?: string,
): NewDelivery {
  const payload = encode({ ...errand, until: exchange.expires })
  return {
    kind,
    destination,
    incident: incidentOf(exchange),
    origin: `exchange ${exchange.id}`,
    item: createHash('sha256').update(payload).digest('hex'),
    variant: exchange.id,
    payload,
    state: held === undefined ? 'pending' : 'held',
    ...(held !== undefined && { reason: held }),
  }
}
