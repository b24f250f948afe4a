import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Config, GridConfig } from '../config/types.ts'
import type { Events, Happening } from '../events.ts'
import type { GridIqReply } from '../grid/contract.ts'
import { itemIdApart } from '../profile/item.ts'
import { typeOf } from '../profile/msg-types.ts'
import { variantOf } from '../profile/variant.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { RidReading } from '../rid/message.ts'
import type { Acceptor } from '../store/contract.ts'
import { planItems } from './plan-items.ts'
import { tellRefusal } from './tell-refusal.ts'

interface AcceptIqOptions {
  readonly config: Pick<Config, 'routes' | 'grid' | 'delivery'>
  readonly store: Acceptor
  readonly events: Events
  readonly clock: Pick<Clock, 'now'>
  /** deliveries for this Topic were committed */
  wake(topic: string): void
}

type Participant = GridConfig['participants'][number]

const FORBIDDEN: GridIqReply = { kind: 'error', type: 'auth', condition: 'forbidden' }
const BUSY: GridIqReply = { kind: 'error', type: 'wait', condition: 'resource-constraint' }

/**
 * The door in for reports by IQ (XEP-0268 §4): of a participant who may send them, read and valid. A route that names it says to which
 * Topic the gateway publishes it; answered `result` once it is on disk. Rejects when the store fails.
 */
export function createAcceptIq(options: AcceptIqOptions) {
  const { config, store, events, clock } = options
  return async ({ jid }: Pick<Participant, 'jid'>, inspection: Inspection): Promise<GridIqReply> => {
    const who = jid.toLowerCase()
    const source = `jid ${who}`
    const { item, document } = inspection
    if (item === null || document === null) throw new Error('a report without document was taken for one')
    const msgType = typeOf(item.element, item.policy?.attributes.MsgType)
    const incidents = document.incidents.map(({ key }) => key)
    const about = { direction: 'grid-to-rid', source, incidents } as const
    const published = document.upgraded ?? document
    const plan =
      'invalid' in published
        ? ({ kind: 'denied', code: 'format', reason: `it cannot be written as IODEF 2: ${published.invalid}` } as const)
        : planItems(
            { ...config, routes: routesOf(config, who) },
            senderOf(config, who),
            msgType,
            published,
            aroundOf(inspection),
          )
    if (plan.kind === 'denied') {
      await tellRefusal(options, source, events.denied(about, plan.code, plan.reason))
      return FORBIDDEN
    }
    if (plan.kind === 'too-large') {
      const reason = `it would be an item of ${plan.bytes} bytes, and the Broker takes ${plan.limit}`
      await tellRefusal(options, source, events.refused(about, 'too-large', reason))
      return { kind: 'error', type: 'modify', condition: 'not-acceptable', text: `${reason}.` }
    }
    const digest = digestOf(msgType, inspection)
    const isKnown = (await store.findEnvelope('grid-to-rid', source, digest)) !== undefined
    const topics = new Set(plan.publications.map(({ topic }) => topic))
    if (!isKnown && (await isFull(options, source, topics))) {
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
        incidents,
        receivedAt: clock.now(),
        deliveries: plan.publications.map(({ topic, incident, also = [], item: made, variant }) => ({
          kind: 'topic',
          destination: topic,
          incident,
          also,
          item: made.id,
          variant,
          apart: itemIdApart(made.id, variant),
          payload: made.xml,
          state: 'pending',
        })),
      },
      (added) => {
        accepted = events.accepted({ ...about, msgType, deliveries: added.filter((id) => id !== undefined).length })
        return accepted.trace
      },
    )
    if (outcome.outcome === 'duplicate') events.duplicate(about)
    else accepted?.tell()
    for (const topic of topics) options.wake(topic)
    return { kind: 'result' }
  }
}

/** Those that name it, as if they named nobody. */
function routesOf({ routes }: Pick<Config, 'routes'>, who: string): Config['routes'] {
  return routes.flatMap(({ match, ...route }) => {
    const { jid, ...rest } = match
    return jid?.some((one) => one.toLowerCase() === who) === true ? [{ ...route, match: rest }] : []
  })
}

/** The route is the right: it names the participant. */
function senderOf({ grid }: Pick<Config, 'grid'>, who: string) {
  return { name: who, publish: grid.topics.map(({ name }) => name) }
}

/** As a RID message around it would say it. */
function aroundOf({ item }: Inspection): RidReading | null {
  if (item === null) return null
  const { policy, incidentSource, signatures } = item
  return {
    ...{ msgType: null, policy, incidentId: null, receivers: [], incidentSource, signatures },
    ...{ documents: 1, hasPayload: true, lacks: null, beside: [] },
  }
}

function digestOf(msgType: string, { item, document }: Inspection): string {
  const besides = variantOf({
    restriction: item?.policy?.attributes.restriction,
    incidentSource: item?.incidentSource ?? null,
    original: document?.original?.text ?? null,
    signatures: item?.signatures ?? [],
  })
  return createHash('sha256').update(`${msgType}\n${document?.digest}\n${besides}`.trimEnd()).digest('hex')
}

/** A Topic that has as much as it may takes nothing of a participant who has a hundredth of that: reports of peers go first. */
async function isFull({ config, store }: AcceptIqOptions, source: string, topics: ReadonlySet<string>) {
  const most = config.delivery.maxQueue
  const share = Math.max(1, Math.floor(most / 100))
  for (const topic of topics) {
    if ((await store.unsettled('topic', topic)) < most) continue
    if ((await store.unsettled('topic', topic, source)) >= share) return true
  }
  return (await store.unsettled('topic', null, source)) >= most
}
