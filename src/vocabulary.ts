/** Words that every room knows, each from its standard or from docs/glossary.md. */

/** RFC 6545 section 5: the MsgTypes of a RID message. */
export const MSG_TYPES = [
  'Report',
  'Query',
  'InvestigationRequest',
  'TraceRequest',
  'Result',
  'Acknowledgement',
] as const
export type MsgType = (typeof MSG_TYPES)[number]
/** Those that are owed an answer of their own: a Report, or a Result (RFC 6545 section 7). */
export const QUESTIONS = ['Query', 'InvestigationRequest', 'TraceRequest'] as const satisfies readonly MsgType[]
export function isQuestion(msgType: string | null | undefined): msgType is (typeof QUESTIONS)[number] {
  return QUESTIONS.some((one) => one === msgType)
}

/** RFC 6545 section 5.1: what RIDPolicy says, `ext-value` aside. */
export const REGIONS = ['ClientToSP', 'SPToClient', 'IntraConsortium', 'PeerToPeer', 'BetweenConsortiums'] as const
export const TRAFFIC_TYPES = [
  ...(['Attack', 'Network', 'Content'] as const),
  ...(['DataWithHandlingRequirements', 'AudienceRestriction', 'Other'] as const),
] as const
export const DESTINATIONS = ['RIDSystem', 'SourceOfIncident'] as const

/** RFC 7970 section 3.3.1, as written in documents and in `restrictions` lists. */
export const RESTRICTIONS = [
  'public',
  'partner',
  'need-to-know',
  'private',
  'white',
  'green',
  'amber',
  'red',
  'default',
] as const
export type Restriction = (typeof RESTRICTIONS)[number]

/** Which way a message goes through the gateway; questions and their answers go from peer to peer. */
export type Direction = 'rid-to-grid' | 'grid-to-rid' | 'rid-to-rid'
/** Where a delivery goes: a Topic of the grid, a RID peer, or somebody else on the grid by JID; `file`: a host that an item's file comes from. */
export type DestinationKind = 'topic' | 'peer' | 'jid' | 'file'
/** One destination as the key of a map. Names hold spaces: nothing reads kind and name out of it again. */
export type DestinationKey = `${DestinationKind} ${string}`
export function destinationKey(kind: DestinationKind, destination: string): DestinationKey {
  return `${kind} ${destination}`
}
/** docs/states.md */
export const DELIVERY_STATES = ['pending', 'sending', 'delivered', 'held', 'withheld', 'discarded'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** Of a question that was asked here, until it is closed, and of whom it is asked on to: docs/states.md */
export const EXCHANGE_STATES = ['open', 'answered', 'denied', 'expired', 'cancelled'] as const
export type ExchangeState = (typeof EXCHANGE_STATES)[number]
export const LEG_STATES = ['waiting', 'promised', 'answered', 'denied', 'failed', 'expired'] as const
export type LegState = (typeof LEG_STATES)[number]

/** Who asks: a RID peer by its name, somebody on the grid by its bare JID, or whoever published on a Topic, by the Topic. */
export type AskerKind = 'peer' | 'jid' | 'topic'

/** How an answer that comes later reaches who asked: docs/guide.md */
export const CALLBACK_WAYS = ['url', 'source', 'plain', 'none'] as const
export type CallbackWay = (typeof CALLBACK_WAYS)[number]

/** XEP-0268 §2: what a participant of the grid may send by IQ without being asked. A `response` answers, or is refused. */
export const IQ_WORDS = ['inquiry', 'request', 'report'] as const
export type IqWord = (typeof IQ_WORDS)[number]

/** Of the session with the Controller and of each Topic: docs/states.md */
export const GRID_STATES = ['down', 'connecting', 'up', 'refused'] as const
export type GridState = (typeof GRID_STATES)[number]

/** Of each part of the gateway, as `/ready` has it: docs/guide.md */
export type PartState = 'ok' | 'degraded' | 'failed'

/** What a log line asks of whoever reads it; pino's levels, the least first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What log lines are about: each may have a level of its own. docs/guide.md */
export const LOG_SUBJECTS = ['messages', 'deliveries', 'questions', 'rid', 'grid', 'process'] as const
export type LogSubject = (typeof LOG_SUBJECTS)[number]
