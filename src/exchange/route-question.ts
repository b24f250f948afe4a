import type { Ask, PeerConfig, RouteConfig } from '../config/types.ts'
import type { Inspection } from '../reading/inspection.ts'
import { fits, type Routed, saidByPolicy } from '../relay/route.ts'
import type { MsgType } from '../vocabulary.ts'

/** Whom a question that was read is asked of: its purpose is that of its first Incident. */
export function whomToAsk(
  routes: readonly RouteConfig[],
  peer: Pick<PeerConfig, 'name' | 'query'>,
  type: MsgType,
  { document, rid }: Pick<Inspection, 'document' | 'rid'>,
): readonly Ask[] {
  const [first] = document?.incidents ?? []
  // the number in the document of a Query is the question's own
  const number = rid?.incidentId ?? (type === 'Query' ? undefined : first?.id)
  return legsFor(routes, peer, {
    ...saidByPolicy(rid),
    peer: peer.name,
    type,
    purpose: first?.purpose ?? '',
    incident: number?.name,
  })
}

/**
 * Whom a question is asked of: by the first route with `ask` whose every given key matches; a Query without one by what the Topics
 * showed, where its sender may see any of them. Nobody: it is denied. Never whom it comes from.
 */
function legsFor(
  routes: readonly RouteConfig[],
  peer: Pick<PeerConfig, 'name' | 'query'>,
  question: Routed,
): readonly Ask[] {
  const route = routes.find(({ ask, match }) => ask !== undefined && fits(match, question))
  const seesAny = question.type === 'Query' && (peer.query?.length ?? 0) > 0
  const asked = route?.ask ?? (seesAny ? (['archive'] as const) : [])
  const able = asked.filter((one) => (one === 'archive' ? seesAny : one !== `peer:${peer.name}`))
  // a person would decide, and nobody be asked
  if (asked.length > 1 && able.length === 1 && able[0] === 'held') return []
  return [...new Set(able)]
}
