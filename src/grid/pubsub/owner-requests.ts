import { xml } from '@xmpp/client'
import type { IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { owner } from './protocol.ts'

/** A Topic that is ours. */
export interface OwnTopic {
  readonly session: Session
  readonly broker: string
  readonly node: string
}

/** Sets what somebody is there (XEP-0060 §8.9.2): one by one, as a Broker need not say which of several it refused. Never rejects. */
export function setAffiliation(at: OwnTopic, jid: string, affiliation: 'member' | 'none'): Promise<IqAnswer> {
  return set(at, xml('affiliations', { node: at.node }, xml('affiliation', { jid, affiliation })))
}

/** Sets the subscription of an address (XEP-0060 §8.8.2). Never rejects. */
export function setSubscription(at: OwnTopic, jid: string, subscription: 'subscribed' | 'none'): Promise<IqAnswer> {
  return set(at, xml('subscriptions', { node: at.node }, xml('subscription', { jid, subscription })))
}

function set({ session, broker }: OwnTopic, content: Parameters<typeof owner>[0]): Promise<IqAnswer> {
  return session.request({ to: broker, type: 'set', payload: owner(content) })
}
