import type { Tell } from '../../tell.ts'
import type { TopicNews } from '../news.ts'
import { answerError, errorText } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { movedTo, type Place, placeIn } from './place.ts'
import { subscribe, subscribeAnew } from './subscription.ts'
import type { FollowEnd } from './topic-loop.ts'

interface JoinOptions {
  /** as it is configured */
  readonly topic: string
  readonly broker: string
  /** services that may be followed to, where the Broker says that the Topic is there now */
  readonly redirects: readonly string[]
  /** by a subscription of this login alone */
  readonly liveOnly: boolean
  readonly tell: Tell<TopicNews>
}

interface Joined {
  readonly kind: 'joined'
  readonly place: Place
  readonly subid: string | undefined
}

type Answer = Awaited<ReturnType<typeof subscribe>>

/**
 * Subscribes to a Topic where it is: at its Broker, or where that says that it is now (XEP-0060 §6.1.3.11), once and nowhere but at
 * `redirects`: whoever may send us elsewhere decides who is believed.
 */
export async function joinTopic(session: Session, options: JoinOptions): Promise<Joined | FollowEnd> {
  const { topic, broker, redirects, tell } = options
  const first: Place = { broker, node: topic }
  const answer = await subscribeAt(session, first, options)
  const address = 'state' in answer || answer.kind !== 'error' ? undefined : movedTo(answer.error)
  if (address === undefined) return ended(answer, first, '')
  const next = placeIn(address, topic)
  if (next === undefined || !redirects.some((one) => one.toLowerCase() === next.broker)) {
    return ended(answer, first, ` ${next?.broker ?? 'That'} is not in grid.redirects, and not followed.`)
  }
  tell('topic-redirected', { topic, broker: next.broker, node: next.node })
  return ended(await subscribeAt(session, next, options), next, ` It was followed there from ${broker}.`)
}

function subscribeAt(session: Session, { broker, node }: Place, { liveOnly }: JoinOptions): Promise<Answer> {
  return liveOnly ? subscribeAnew(session, broker, node, session.address.full) : subscribe(session, broker, node)
}

/** `more`: a sentence about the way there. */
function ended(answer: Answer, place: Place, more: string): Joined | FollowEnd {
  if (!('state' in answer)) {
    if (answer.kind !== 'error') return { kind: 'away', reason: answerError(answer, 'Subscribing').message }
    return { kind: 'refused', reason: `It cannot be subscribed to: ${errorText(answer.error)}.${more}` }
  }
  if (answer.state === 'pending') return { kind: 'refused', reason: `The subscription waits for approval.${more}` }
  if (answer.state === 'unconfigured') return { kind: 'refused', reason: `The subscription must be configured.${more}` }
  return { kind: 'joined', place, subid: answer.subid }
}
