import type { Ask, PeerConfig, RouteConfig } from '../config/types.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { MsgType } from '../vocabulary.ts'

const QUESTIONS: readonly MsgType[] = ['Query', 'InvestigationRequest', 'TraceRequest']

export function isQuestion(msgType: string | null | undefined): msgType is MsgType {
  return QUESTIONS.some((one) => one === msgType)
}

/** Whom a question that was read is asked of: its purpose is that of its first Incident. */
export function whomToAsk(
  routes: readonly RouteConfig[],
  peer: Pick<PeerConfig, 'name' | 'query'>,
  type: MsgType,
  { document }: Pick<Inspection, 'document'>,
): readonly Ask[] {
  return legsFor(routes, peer, { type, purpose: document?.incidents[0]?.purpose ?? '' })
}

/**
 * Whom a question is asked of: by the first route with `ask` whose every given key matches; a Query without one by what the Topics
 * showed, where its sender may see any of them. Nobody: it is denied. Never whom it comes from.
 */
function legsFor(
  routes: readonly RouteConfig[],
  peer: Pick<PeerConfig, 'name' | 'query'>,
  question: { readonly type: MsgType; readonly purpose: string },
): readonly Ask[] {
  const route = routes.find(
    ({ ask, match }) =>
      ask !== undefined &&
      (match.peer?.includes(peer.name) ?? true) &&
      (match.purpose?.includes(question.purpose) ?? true) &&
      (match.type?.includes(question.type) ?? true),
  )
  const seesAny = question.type === 'Query' && (peer.query?.length ?? 0) > 0
  const asked = route?.ask ?? (seesAny ? (['archive'] as const) : [])
  const able = asked.filter((one) => (one === 'archive' ? seesAny : one !== `peer:${peer.name}`))
  // a person would decide, and nobody be asked
  if (asked.length > 1 && able.length === 1 && able[0] === 'held') return []
  return [...new Set(able)]
}
