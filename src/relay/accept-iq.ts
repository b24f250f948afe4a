import type { Clock } from '../clock.ts'
import type { Config, GridConfig } from '../config/types.ts'
import type { Events, Happening } from '../events.ts'
import type { GridIqReply } from '../grid/contract.ts'
import { itemIdApart } from '../profile/item.ts'
import type { DocumentReading } from '../reading/document.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { RidReading } from '../rid/message.ts'
import type { Acceptor, NewDelivery } from '../store/contract.ts'
import type { DestinationKind, MsgType } from '../vocabulary.ts'
import { ByteShares } from './byte-shares.ts'
import { type Consumed, consumedFrom, type Part } from './part.ts'
import { type Plan, planItems } from './plan-items.ts'
import { withheldFrom } from './render-rid.ts'
import { digestOfReport } from './report-digest.ts'
import { incidentOf, routeIndex, saidByPolicy } from './route.ts'
import { encodePart } from './stored-part.ts'
import { tellRefusal } from './tell-refusal.ts'

interface AcceptIqOptions {
  readonly config: Pick<Config, 'routes' | 'grid' | 'delivery' | 'peers'>
  readonly store: Acceptor
  readonly events: Events
  readonly clock: Pick<Clock, 'now'>
  /** deliveries there were committed */
  wake(kind: DestinationKind, destination: string): void
}

type Participant = GridConfig['participants'][number]

const FORBIDDEN: GridIqReply = { kind: 'error', type: 'auth', condition: 'forbidden' }
const BUSY: GridIqReply = { kind: 'error', type: 'wait', condition: 'resource-constraint' }

/**
 * The door in for reports by IQ (XEP-0268 §4): of a participant who may send them, read and valid. The first route that names it says to
 * which Topic the gateway publishes it, and which peers it is sent to, all or nothing; answered `result` once it is on disk. Rejects when
 * the store fails.
 */
export function createAcceptIq(options: AcceptIqOptions) {
  const { store, events, clock, config } = options
  const bytes = new ByteShares({
    get maxQueue() {
      return config.delivery.maxQueue
    },
    async measure(source) {
      return (await store.unsettledBytes('topic', source)) + (await store.unsettledBytes('peer', source))
    },
    now: () => performance.now(),
  })
  return async ({ jid }: Pick<Participant, 'jid'>, inspection: Inspection): Promise<GridIqReply> => {
    const source = `jid ${jid.toLowerCase()}`
    const report = reportIn(inspection)
    const about = { direction: 'grid-to-rid', source, incidents: report.consumed.incidents } as const
    const plan = planOf(options, jid.toLowerCase(), report)
    if (plan.kind === 'denied') {
      await tellRefusal(options, source, events.denied(about, plan.code, plan.reason))
      return FORBIDDEN
    }
    if (plan.kind === 'too-large') {
      const reason = `it would be an item of ${plan.bytes} bytes, and the Broker takes ${plan.limit}`
      await tellRefusal(options, source, events.refused(about, 'too-large', reason))
      return { kind: 'error', type: 'modify', condition: 'not-acceptable', text: `${reason}.` }
    }
    const { msgType, document, rid } = report
    const { deliveries } = plan
    const digest = digestOfReport(msgType, document, rid)
    const isKnown = (await store.findEnvelope('grid-to-rid', source, digest)) !== undefined
    if (!isKnown && (await isFull({ ...options, bytes }, source, deliveries))) {
      await tellRefusal(options, source, events.refused(about, 'queue-full', 'The queue is full.'))
      return BUSY
    }
    let accepted: Happening | undefined
    const outcome = await store.accept(
      {
        direction: 'grid-to-rid',
        source,
        digest,
        msgType,
        incidents: about.incidents,
        receivedAt: clock.now(),
        deliveries,
      },
      (added) => {
        const deliveries = added.filter((id) => id !== undefined).length
        const note = inspection.remarks.join(' ')
        accepted = events.accepted({ ...about, msgType, deliveries, ...(note !== '' && { note }) })
        return accepted.trace
      },
    )
    if (outcome.outcome === 'duplicate') events.duplicate(about)
    else accepted?.tell()
    for (const { kind, destination } of deliveries) options.wake(kind, destination)
    return { kind: 'result' }
  }
}

interface Report {
  readonly consumed: Consumed
  readonly document: DocumentReading
  readonly msgType: MsgType
  readonly rid: RidReading
}

function reportIn(inspection: Inspection): Report {
  const { item, document } = inspection
  const consumed = consumedFrom(inspection)
  if (item === null || document === null || consumed === undefined) {
    throw new Error('a report without document was taken for one')
  }
  const { policy, incidentSource, signatures } = item
  return {
    consumed,
    document,
    msgType: consumed.part.msgType,
    // as a RID message around it would say it
    rid: {
      ...{ msgType: null, policy, incidentId: null, receivers: [], incidentSource, signatures },
      ...{ documents: 1, hasPayload: true, lacks: null, beside: [] },
    },
  }
}

type Planned =
  | Extract<Plan, { kind: 'denied' | 'too-large' }>
  | { readonly kind: 'go'; readonly deliveries: readonly NewDelivery[] }

function denied(code: string, reason: string): Planned {
  return { kind: 'denied', code, reason }
}

/** Where it goes: the route of its own Incident decides, and is the right to it. */
function planOf({ config }: AcceptIqOptions, who: string, report: Report): Planned {
  const { consumed, document, msgType, rid } = report
  const own = document.incidents.find(({ key }) => key === consumed.incident) ?? document.incidents[0]
  const routes = routesOf(config, who)
  const route = own && routes[routeIndex(routes, incidentOf(who, msgType, own, saidByPolicy(rid)))]
  const { topic, peers = [] } = route ?? {}
  if (topic === undefined && peers.length === 0) {
    return denied('no-route', `no route for ${msgType} with purpose "${own?.purpose ?? ''}" from ${who}`)
  }
  const toPeers: NewDelivery[] = []
  for (const name of peers) {
    const peer = config.peers.find((one) => one.name === name)
    const withheld = peer ? withheldFrom(peer, '', routed(consumed), consumed.reasons) : `${name} is no peer`
    if (withheld !== undefined) return denied('restriction', withheld)
    toPeers.push(deliveryTo(name, consumed))
  }
  if (topic === undefined) return { kind: 'go', deliveries: toPeers }
  const published = document.upgraded ?? document
  if ('invalid' in published) return denied('format', `it cannot be written as IODEF 2: ${published.invalid}`)
  const sender = { name: who, publish: config.grid.topics.map(({ name }) => name) }
  const plan = planItems({ ...config, routes }, sender, msgType, published, rid)
  if (plan.kind !== 'publish') return plan
  const toTopics = plan.publications.map(
    ({ topic: destination, incident, also = [], item, variant }): NewDelivery => ({
      ...{ kind: 'topic', destination, incident, also, item: item.id, variant },
      ...{ apart: itemIdApart(item.id, variant), payload: item.xml, state: 'pending' },
    }),
  )
  return { kind: 'go', deliveries: [...toTopics, ...toPeers] }
}

function routed({ part }: Consumed): Part {
  return { ...part, routed: true }
}

function deliveryTo(destination: string, consumed: Consumed): NewDelivery {
  const { incident, incidents, item, variant } = consumed
  return {
    ...{ kind: 'peer', destination, incident, also: incidents.slice(1), item, variant },
    ...{ payload: encodePart(routed(consumed)), state: 'pending' },
  }
}

/** Those that name it, as if they named nobody. */
function routesOf({ routes }: Pick<Config, 'routes'>, who: string): Config['routes'] {
  return routes.flatMap(({ match, ...route }) => {
    const { jid, ...rest } = match
    return jid?.some((one) => one.toLowerCase() === who) === true ? [{ ...route, match: rest }] : []
  })
}

/**
 * Whoever has as much as it may takes nothing of a participant who has a hundredth of that: reports of peers go first. Nor does one fill
 * the disk by few large reports.
 */
async function isFull(
  { config, store, bytes }: AcceptIqOptions & { readonly bytes: ByteShares },
  source: string,
  deliveries: readonly NewDelivery[],
) {
  const most = config.delivery.maxQueue
  const share = Math.max(1, Math.floor(most / 100))
  for (const { kind, destination } of deliveries) {
    if ((await store.unsettled(kind, destination)) < most) continue
    if ((await store.unsettled(kind, destination, source)) >= share) return true
  }
  const own = await Promise.all((['topic', 'peer'] as const).map((kind) => store.unsettled(kind, null, source)))
  if (own.some((count) => count >= most)) return true
  const size = deliveries.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0)
  return !(await bytes.take(source, size))
}
