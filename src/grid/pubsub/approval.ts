import { type Element, xml } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import type { IqAnswer } from '../xmpp/iq.ts'
import { bareOf, type Session } from '../xmpp/session.ts'
import { readForm, submitForm } from './forms.ts'
import { setSubscription } from './owner-requests.ts'
import { PUBSUB } from './protocol.ts'
import { normalAddress } from './readers.ts'

/** XEP-0050 */
const COMMANDS = 'http://jabber.org/protocol/commands'

/** Somebody asks to be subscribed to a Topic (XEP-0060 §8.6). */
export interface SubscriptionRequest {
  readonly node: string
  readonly jid: string
}

/** What a message asks its owner to approve; undefined: nothing. Who sent it is the caller's to check. */
export function readRequest(message: Element): SubscriptionRequest | undefined {
  const form = readForm(message, `${PUBSUB}#subscribe_authorization`)
  const [node] = form['pubsub#node'] ?? []
  const [jid] = form['pubsub#subscriber_jid'] ?? []
  return node === undefined || jid === undefined ? undefined : { node, jid }
}

/**
 * Has the Broker ask once more for all who wait (XEP-0060 §8.7): it sends a message for each to whoever of the owner's logins has sent
 * presence. Undefined, or the answer of a Broker that does not.
 */
export async function askPending(
  session: Session,
  broker: string,
  node: string,
): Promise<Exclude<IqAnswer, { kind: 'result' }> | undefined> {
  const form = submitForm(`${PUBSUB}#subscribe_authorization`, { 'pubsub#node': node })
  const attributes = { xmlns: COMMANDS, node: `${PUBSUB}#get-pending`, action: 'execute' }
  const payload = xml('command', attributes, form).toString()
  const answer = await session.request({ to: broker, type: 'set', payload })
  return answer.kind === 'result' ? undefined : answer
}

/** `members` and we ourselves. */
export function isWelcome(session: Session, { members }: TopicConfig, jid: string): boolean {
  const who = normalAddress(bareOf(jid))
  return [session.address.bare, ...members].some((member) => normalAddress(member) === who)
}

/**
 * Answers by setting the subscription as its owner, which has a result. Resolves with what was decided, or that it did not come to that.
 * Never rejects.
 */
export async function answerRequest(
  session: Session,
  broker: string,
  { node, jid }: SubscriptionRequest,
  isWelcome: boolean,
): Promise<'approved' | 'denied' | 'failed'> {
  const answer = await setSubscription({ session, broker, node }, jid, isWelcome ? 'subscribed' : 'none')
  if (answer.kind !== 'result') return 'failed'
  return isWelcome ? 'approved' : 'denied'
}
