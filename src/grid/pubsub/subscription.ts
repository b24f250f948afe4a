import { type Element, xml } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import { answerError, type IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { PUBSUB, pubsub } from './protocol.ts'

/** A subscription as the Broker has it (XEP-0060 §6.1). */
interface Subscription {
  /** `subscribed`, `pending` or `unconfigured`; anything else counts as the first */
  readonly state: string
  /** where the Broker gave one */
  readonly subid: string | undefined
}

/**
 * Subscribes the bare JID, whose subscription outlives the session, once: what there is is looked at first (XEP-0060 §5.6), because
 * a Broker with multi-subscribe adds another each time (§6.1.6), and tells every item as often. More than one is cut down to one.
 */
export async function subscribe(
  session: Session,
  broker: string,
  node: string,
): Promise<Subscription | Exclude<IqAnswer, { kind: 'result' }>> {
  const asked = await session.request({
    ...{ to: broker, type: 'get', payload: pubsub(xml('subscriptions', { node })), size: 1_048_576 },
  })
  if (asked.kind === 'away' || asked.kind === 'timeout') return asked
  const list = asked.kind === 'result' ? asked.stanza.getChild('pubsub', PUBSUB)?.getChild('subscriptions') : undefined
  const [first, ...doubles] = (list?.getChildren('subscription') ?? []).filter((one) => isOurs(one, session, node))
  for (const { attrs } of doubles) {
    if (attrs.subid !== undefined) await unsubscribe(session, broker, node, session.address.bare, attrs.subid)
  }
  if (first !== undefined) return read(first)
  return subscribeAnew(session, broker, node, session.address.bare)
}

/** XEP-0060 §6.1, without a look. */
export async function subscribeAnew(
  session: Session,
  broker: string,
  node: string,
  jid: string,
): Promise<Subscription | Exclude<IqAnswer, { kind: 'result' }>> {
  const payload = pubsub(xml('subscribe', { node, jid }))
  const answer = await session.request({ to: broker, type: 'set', payload })
  if (answer.kind !== 'result') return answer
  return read(answer.stanza.getChild('pubsub', PUBSUB)?.getChild('subscription'))
}

/** XEP-0060 §6.2, with the subid that it was given (§6.2.3.5). */
export async function unsubscribe(
  session: Session,
  broker: string,
  node: string,
  jid: string,
  subid: string | undefined,
): Promise<void> {
  const payload = pubsub(xml('unsubscribe', { node, jid, subid }))
  await session.request({ to: broker, type: 'set', payload, timeoutMs: 2_000 })
}

/**
 * Subscribes to a Topic that is only published to, so that its deletion and changes are heard. Undefined, or why they will not be.
 * Nobody is asked for approval: where that is what it takes, or may be, and the Topic is not ours, it is left, unless it is `needed`.
 */
export async function watchTopic(
  session: Session,
  broker: string,
  topic: TopicConfig,
  access: string | undefined,
  needed: boolean,
): Promise<string | undefined> {
  if (!needed && !topic.create && access !== 'open' && access !== 'whitelist') return 'The Topic is not ours.'
  const subscription = await subscribe(session, broker, topic.name)
  if ('state' in subscription)
    return subscription.state === 'pending' ? 'The subscription waits for approval.' : undefined
  return answerError(subscription, 'It cannot be subscribed to').message
}

function isOurs({ attrs }: Element, session: Session, node: string): boolean {
  if (attrs.subscription === 'none' || attrs.jid !== session.address.bare) return false
  // ejabberd leaves out which node, having been asked for one
  return attrs.node === undefined || attrs.node === node
}

function read(element: Element | undefined): Subscription {
  return { state: element?.attrs.subscription ?? 'subscribed', subid: element?.attrs.subid }
}
