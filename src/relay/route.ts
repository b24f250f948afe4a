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
export interface SaidByPolicy {
  /** each PolicyRegion and TrafficType */
  readonly regions?: readonly string[]
  readonly traffic?: readonly string[]
  /** MsgDestination */
  readonly destination?: string | undefined
  /** names and addresses of its Node, as place-word.ts compares them: dear to find, and few routes ask for them */
  readonly nodes?: () => ReadonlySet<string>
}

/** An Incident of a message, as its route is found. `said` is that of all its Incidents: a sender may write very many of both. */
export function incidentOf(
  peer: string,
  type: string,
  { purpose, id }: Pick<IncidentReading, 'purpose' | 'id'>,
  said: SaidByPolicy,
): Routed {
  return { ...said, peer, purpose, type, incident: id.name }
}

export function saidByPolicy(rid: RidReading | null): SaidByPolicy {
  const { policy = null, nodes = [] } = rid ?? {}
  if (policy === null) return {}
  let places: ReadonlySet<string> | undefined
  return {
    regions: distinct(policy.regions.map(({ region = '' }) => trim(region))),
    traffic: distinct(policy.traffic.map(({ type = '' }) => trim(type))),
    destination: trim(policy.attributes.MsgDestination ?? ''),
    nodes: () => {
      places ??= new Set(nodes.map(placeWord))
      return places
    },
  }
}

function distinct(words: readonly string[]): readonly string[] {
  return words.length > 1 ? [...new Set(words)] : words
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
  const { destination, nodes, incident } = message
  return (
    (match.purpose?.includes(message.purpose) ?? true) &&
    lists(match.type, [message.type]) &&
    lists(match.region, message.regions) &&
    lists(match.traffic, message.traffic) &&
    lists(match.destination, destination === undefined ? [] : [destination]) &&
    (match.node?.some((one) => nodes?.().has(placeWord(one)) === true) ?? true) &&
    (match.incident?.some((one) => incident !== undefined && domainWord(one) === domainWord(incident)) ?? true)
  )
}

/** RFC 6545 §5.1: a message that crosses several regions needs consideration for each, so that one that is not listed counts. */
function lists(allowed: readonly string[] | undefined, said: readonly string[] = []): boolean {
  return allowed === undefined || (said.length > 0 && said.every((one) => allowed.includes(one)))
}
