import type { Ask, PeerConfig, RouteConfig } from '../config/types.ts'
import type { Inspection } from '../reading/inspection.ts'
import { fits, type Said, saidByPolicy } from '../relay/route.ts'
import type { AskerKind, MsgType } from '../vocabulary.ts'
import { bareOf } from './jids.ts'

/** Of whoever asks: what decides whom. */
interface Questioner extends Pick<PeerConfig, 'name' | 'query'>, Partial<Pick<PeerConfig, 'publish'>> {
  /** ['peer'] */
  readonly kind?: AskerKind
}

/** A route that names peers is for those, one that names participants for those; another for all who may ask. */
function isFor({ peer, jid }: RouteConfig['match'], { kind = 'peer', name }: Questioner): boolean {
  if (peer !== undefined && !(kind === 'peer' && peer.includes(name))) return false
  return jid === undefined || (kind === 'jid' && jid.some((one) => one.toLowerCase() === name))
}

/** Whom a question that was read is asked of: its purpose is that of its first Incident. */
export function whomToAsk(
  routes: readonly RouteConfig[],
  asker: Questioner,
  type: MsgType,
  { document, rid }: Pick<Inspection, 'document' | 'rid'>,
): readonly Ask[] {
  const [first] = document?.incidents ?? []
  // the number in the document of a Query is the question's own
  const number = rid?.incidentId ?? (type === 'Query' ? undefined : first?.id)
  return legsFor(routes, asker, {
    ...saidByPolicy(rid),
    type,
    purpose: first?.purpose ?? '',
    incident: number?.name,
  })
}

/**
 * Whom a question is asked of: by the first route with `ask` whose every given key matches; a Query without one by what the Topics
 * showed, where its sender may see any of them. Nobody: it is denied. Never whom it comes from.
 */
function legsFor(routes: readonly RouteConfig[], asker: Questioner, question: Said): readonly Ask[] {
  const { kind = 'peer', publish = [] } = asker
  const route = routes.find(({ ask, match }) => ask !== undefined && isFor(match, asker) && fits(match, question))
  const seesAny = question.type === 'Query' && (asker.query?.length ?? 0) > 0
  // what a Topic asks goes where a route says, and nowhere else
  const asked = route?.ask ?? (seesAny && kind !== 'topic' ? (['archive'] as const) : [])
  const able = asked.filter((one) => {
    if (one === 'archive') return seesAny
    // who is no peer has the route's word for it
    if (kind === 'peer' && one.startsWith('topic:')) return publish.includes(one.slice('topic:'.length))
    return !isWhom(one, asker)
  })
  // a person would decide, and nobody be asked
  if (asked.length > 1 && able.length === 1 && able[0] === 'held') return []
  return [...new Set(able)]
}

/** Is it whoever asks who would be asked? */
function isWhom(asked: Ask, { kind = 'peer', name }: Questioner): boolean {
  if (kind === 'jid') return asked.startsWith('jid:') && bareOf(asked.slice('jid:'.length)) === name
  return asked === `${kind}:${name}`
}

/** Names of the peers that a question of this one, of one of these types, may be passed on to, as far as the routes tell. */
export function whomElse(routes: readonly RouteConfig[], asker: Questioner, types: readonly MsgType[]): string[] {
  const fitting = routes.filter(({ match }) => match.type?.some((type) => types.includes(type)) ?? types.length > 0)
  const asked = fitting.filter(({ match }) => isFor(match, asker)).flatMap(({ ask }) => ask ?? [])
  return [...new Set(asked.flatMap((one) => (one.startsWith('peer:') ? [one.slice('peer:'.length)] : [])))]
}
