import type { Config, PeerConfig, TopicConfig } from '../config/types.ts'
import { type Label, missingFrom, type Reasons, same } from '../iodef/restriction.ts'
import { elementOf } from '../profile/msg-types.ts'
import { MOST_ITEMS } from '../profile/place.ts'
import type { DocumentReading, IncidentReading } from '../reading/document.ts'
import type { RidReading } from '../rid/message.ts'
import type { MsgType } from '../vocabulary.ts'
import { makeItems, type Publication, type Routed, type TooLarge } from './make-items.ts'
import { firstObjection, type Objection } from './objection.ts'
import { incidentOf, routeFor, type SaidByPolicy, saidByPolicy } from './route.ts'

export type Plan =
  | { readonly kind: 'publish'; readonly publications: readonly Publication[] }
  /** `code` is the name of an objection, `reason` a sentence for log and trace */
  | { readonly kind: 'denied'; readonly code: string; readonly reason: string }
  | TooLarge

/** Whoever sent it, and the Topics that it may reach. */
type Sender = Pick<PeerConfig, 'name' | 'publish'>
/** `rid` has what a file may be as large as, where a Topic takes files. */
export type PlanConfig = Pick<Config, 'routes' | 'grid'> & { readonly rid?: Pick<Config['rid'], 'maxMessage'> }

/** An Incident and where its route leads. */
interface OnItsWay {
  readonly msgType: MsgType
  readonly peer: Sender
  readonly incident: IncidentReading
  readonly topic: TopicConfig | undefined
  /** what the Topic would have to list */
  readonly missing: Label | undefined
  /** why the document needs that */
  readonly reasons: Reasons
}

/** Each answers with a sentence for log and trace. */
type Objections<Asked> = readonly Objection<Asked, (asked: Asked) => string>[]

/** Why a message of that type is never published. */
const TO_A_MESSAGE: Objections<MsgType> = [
  {
    name: 'no-element',
    when: (msgType) => elementOf(msgType) === undefined,
    answer: (msgType) => `${msgType} messages are not published`,
  },
]

/** Why an Incident may not go where its route leads. */
const TO_AN_INCIDENT: Objections<OnItsWay> = [
  {
    name: 'no-route',
    when: ({ topic }) => topic === undefined,
    answer: ({ msgType, incident, peer }) =>
      `no route for ${msgType} with purpose "${incident.purpose}" from ${peer.name}`,
  },
  {
    name: 'not-allowed',
    when: ({ peer, topic }) => topic !== undefined && !peer.publish.includes(topic.name),
    answer: ({ peer, topic }) => `${peer.name} may not publish to Topic ${topic?.name}`,
  },
  {
    name: 'restriction',
    when: ({ missing }) => missing !== undefined,
    answer: ({ missing, topic, reasons }) => {
      const why = missing === undefined ? undefined : reasons[missing]
      const refusal = `the document counts as "${missing}", which Topic ${topic?.name} may not carry`
      return why === undefined ? refusal : `${refusal}: ${why}`
    },
  },
]

/** Why a document, all of whose Incidents may go, may not. */
const TO_A_DOCUMENT: Objections<Routed> = [
  {
    name: 'cannot-carry',
    when: ({ document }) => document.obstacle !== null,
    answer: ({ document }) => `it cannot travel as an item: ${document.obstacle}`,
  },
  {
    // the original shows every Incident: it may only go where all of them go
    name: 'cannot-split',
    when: (routed) => routed.document.original !== null && isSplit(routed),
    answer: () => 'a document that must stay whole has routes to several Topics',
  },
  {
    name: 'cannot-split',
    when: (routed) => routed.document.linked && isSplit(routed) && hasPayload(routed, 'iodef'),
    answer: () => 'a document whose Incidents refer to each other has routes to several Topics',
  },
  {
    name: 'cannot-carry',
    when: (routed) => routed.topics.some(({ iodef }) => iodef === 1) && notAsOld(routed) !== undefined,
    answer: (routed) => `items of IODEF 1 cannot carry ${notAsOld(routed)}`,
  },
  {
    // a bare IODEF-Document has no room for anything else (RFC 8600 §6)
    name: 'cannot-carry',
    when: (routed) => hasPayload(routed, 'iodef') && besidesDocument(routed) !== undefined,
    answer: (routed) => `an item of payload "iodef" cannot carry ${besidesDocument(routed)}`,
  },
  {
    name: 'cannot-carry',
    when: (routed) => hasPayload(routed, 'xep-0268') && routed.document.incidents.length > MOST_ITEMS,
    answer: () => `more than ${MOST_ITEMS} Incidents`,
  },
]

/** Everything that `planItems` objects to, in its order. */
export const PLAN_OBJECTIONS: readonly { readonly name: string }[] = [
  ...TO_A_MESSAGE,
  ...TO_AN_INCIDENT,
  ...TO_A_DOCUMENT,
]

/**
 * What a valid document from a peer becomes on the grid. All or nothing: one Incident that may not go where its route leads
 * denies the whole.
 */
export function planItems(
  config: PlanConfig,
  peer: Sender,
  msgType: MsgType,
  document: DocumentReading,
  rid: RidReading | null,
): Plan {
  const unsayable = denied(TO_A_MESSAGE, msgType)
  if (unsayable !== undefined) return unsayable
  const topics: TopicConfig[] = []
  const said = saidByPolicy(rid)
  for (const incident of document.incidents) {
    const way = onItsWay(config, peer, msgType, incident, document, said)
    const stopped = denied(TO_AN_INCIDENT, way)
    if (stopped !== undefined) return stopped
    if (way.topic !== undefined) topics.push(way.topic)
  }
  const routed = { msgType, document, rid, topics }
  const kept = denied(TO_A_DOCUMENT, routed)
  if (kept !== undefined) return kept
  const { maxItem } = config.grid
  const made = makeItems(routed, { maxItem, maxFile: config.rid?.maxMessage ?? maxItem })
  if ('kind' in made) return made
  return { kind: 'publish', publications: made }
}

function denied<Asked>(objections: Objections<Asked>, asked: Asked): Plan | undefined {
  const found = firstObjection(objections, asked)
  return found && { kind: 'denied', code: found.name, reason: found.answer(asked) }
}

function onItsWay(
  { routes, grid }: Pick<Config, 'routes' | 'grid'>,
  peer: Sender,
  msgType: MsgType,
  incident: IncidentReading,
  { needed, reasons }: DocumentReading,
  said: SaidByPolicy,
): OnItsWay {
  const name = routeFor(routes, incidentOf(peer.name, msgType, incident, said))
  const topic = grid.topics.find((t) => t.name === name)
  return { msgType, peer, incident, topic, missing: topic && missingFrom(topic.restrictions, needed), reasons }
}

function isSplit({ topics }: Routed): boolean {
  return new Set(topics).size > 1
}

function hasPayload({ topics }: Routed, payload: TopicConfig['payload']): boolean {
  return topics.some((topic) => topic.payload === payload)
}

/** What of it a Topic of IODEF 1 cannot have. */
function notAsOld({ document: { old } }: Routed): string | undefined {
  if (old === undefined) return 'what was not written as IODEF 1'
  return 'impossible' in old ? old.impossible : undefined
}

const NOT_IN_A_DOCUMENT = {
  signature: 'a signed document as it is',
  characters: 'characters of this document as they are',
  version: 'the IODEF 1 document that it came from',
} as const

/** What the message says and the bare document does not. */
function besidesDocument({ msgType, document }: Routed): string | undefined {
  const { original, alone, needed } = document
  if (msgType !== 'Report') return `a ${msgType}`
  if (original !== null) return NOT_IN_A_DOCUMENT[original.version === 1 ? 'version' : original.reason]
  return same(alone, needed) ? undefined : 'the restriction of the RID message around it'
}
