import { setTimeout } from 'node:timers/promises'
import type { GridConfig, TopicConfig } from '../config/types.ts'
import { askPending, readRequest, type SubscriptionRequest } from './pubsub/approval.ts'
import { admit, answerAddresses, dismiss, type Membership, membershipOf } from './pubsub/members.ts'
import { normalAddress, READS, type Readers, settleReaders } from './pubsub/readers.ts'
import { answerError, errorText } from './xmpp/iq.ts'
import { logIn } from './xmpp/log-in.ts'
import { bareOf } from './xmpp/session.ts'

export { normalAddress, READS }

/** requests that are looked at */
const MOST = 10_000
/** ms for what the Broker sends beside an answer */
const SETTLING = 1_000

/** For an operator: who may read which Topic at the Broker. What is asked for is done there, whatever the configuration says. */
export interface TopicDesk extends AsyncDisposable {
  /** our own bare JID, in the form in which addresses are compared */
  readonly own: string
  membership(topic: string): Promise<Membership | string>
  /** Undefined once it is so; or why it is not. */
  admit(topic: string, jid: string): Promise<string | undefined>
  dismiss(topic: string, jid: string): Promise<string | undefined>
  /** Addresses that ask to be subscribed and wait; or why nobody can say. */
  waiting(topic: string): Promise<readonly string[] | string>
  answer(topic: string, jids: readonly string[], state: 'subscribed' | 'none'): Promise<string | undefined>
  /** As at each check of a Topic that is ours. */
  settle(topic: TopicConfig): Promise<Readers>
}

/** Logs in beside a gateway that may be running. Rejects with GatewayError `grid-...`. */
export async function openTopicDesk(config: GridConfig): Promise<TopicDesk> {
  const broker = normalAddress(config.broker)
  const requests: SubscriptionRequest[] = []
  const session = await logIn({ ...config, broker }, (message) => {
    const request = bareOf(message.attrs.from ?? '') === broker ? readRequest(message) : undefined
    if (request !== undefined && requests.length < MOST) requests.push(request)
  })
  const at = (node: string) => ({ session, broker, node })
  return {
    own: normalAddress(session.address.bare),
    membership: (topic) => membershipOf(at(topic)),
    admit: (topic, jid) => admit(at(topic), jid),
    dismiss: (topic, jid) => dismiss(at(topic), jid),
    async waiting(topic) {
      requests.length = 0
      const failed = await askPending(session, broker, topic)
      if (failed?.kind === 'error')
        return `The Broker keeps nobody waiting, or does not say: ${errorText(failed.error)}.`
      if (failed !== undefined) return answerError(failed, 'The Broker').message
      // they come beside the answer, not in it
      await setTimeout(SETTLING)
      return [...new Set(requests.flatMap(({ node, jid }) => (node === topic ? [jid] : [])))].sort()
    },
    answer: (topic, jids, state) => answerAddresses(at(topic), jids, state),
    settle: (topic) => settleReaders(session, broker, topic),
    [Symbol.asyncDispose]: () => session.close(),
  }
}
