import type { RouteConfig } from '../config/types.ts'
import { placeWord } from '../iodef/place-word.ts'
import { domainWord } from '../iodef/term-words.ts'
import { trim } from '../iodef/trim.ts'
import type { IncidentReading } from '../reading/document.ts'
import type { RidReading } from '../rid/message.ts'
import { isQuestion } from '../vocabulary.ts'

/** What of a message its route is found by. */
interface Routed extends Said {
  /** who sent it */
  readonly peer: string
}

/** What of that it says itself. */
export interface Said extends SaidByPolicy {
  readonly purpose: string
  readonly type: string
  /** IncidentID/@name: the CSIRT that gave the number (RFC 7970 §3.4) */
  readonly incident?: string | undefined
}

/** What RIDPolicy says (RFC 6545 §5.1); nothing of a document without one. */
interface SaidByPolicy {
  /** each PolicyRegion and TrafficType */
  readonly regions?: readonly string[]
  readonly traffic?: readonly string[]
  /** MsgDestination */
  readonly destination?: string | undefined
  /** names and addresses of its Node */
  readonly nodes?: readonly string[]
}

/** An Incident of a message, as its route is found. */
export function incidentOf(
  peer: string,
  type: string,
  { purpose, id }: Pick<IncidentReading, 'purpose' | 'id'>,
  rid: RidReading | null,
): Routed {
  return { ...saidByPolicy(rid), peer, purpose, type, incident: id.name }
}

export function saidByPolicy(rid: RidReading | null): SaidByPolicy {
  const { policy = null, nodes = [] } = rid ?? {}
  if (policy === null) return {}
  return {
    regions: policy.regions.map(({ region = '' }) => trim(region)),
    traffic: policy.traffic.map(({ type = '' }) => trim(type)),
    destination: trim(policy.attributes.MsgDestination ?? ''),
    nodes,
  }
}

/** The Topic of the first route whose every given key matches, or undefined: then the message is refused. */
export function routeFor(routes: readonly RouteConfig[], message: Routed): string | undefined {
  return routes[routeIndex(routes, message)]?.topic
}

/** Its place among them, or -1. A route that only says whom to ask is for questions: no Report is looked for there. */
export function routeIndex(routes: readonly RouteConfig[], message: Routed): number {
  return routes.findIndex(
    ({ match, topic, peers }) =>
      (topic !== undefined || peers !== undefined || isQuestion(message.type)) &&
      isFrom(match, message.peer) &&
      fits(match, message),
  )
}

/** A route for participants of the grid is for them alone. */
function isFrom(match: RouteConfig['match'], peer: string): boolean {
  return match.jid === undefined && (match.peer?.includes(peer) ?? true)
}

/** Whether every given key matches that is not about who sent it. */
export function fits(match: RouteConfig['match'], message: Said): boolean {
  const { destination, nodes = [], incident } = message
  return (
    (match.purpose?.includes(message.purpose) ?? true) &&
    lists(match.type, [message.type]) &&
    lists(match.region, message.regions) &&
    lists(match.traffic, message.traffic) &&
    lists(match.destination, destination === undefined ? [] : [destination]) &&
    (match.node?.some((one) => nodes.some((node) => placeWord(node) === placeWord(one))) ?? true) &&
    (match.incident?.some((one) => incident !== undefined && domainWord(one) === domainWord(incident)) ?? true)
  )
}

/** RFC 6545 §5.1: a message that crosses several regions needs consideration for each, so that one that is not listed counts. */
function lists(allowed: readonly string[] | undefined, said: readonly string[] = []): boolean {
  return allowed === undefined || (said.length > 0 && said.every((one) => allowed.includes(one)))
}
