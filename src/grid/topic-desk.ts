import type { GridConfig, TopicConfig } from '../config/types.ts'
import { logIn } from './log-in.ts'
import { admit, dismiss, type Membership, membershipOf, refuseRequest } from './pubsub/members.ts'
import { normalAddress, READS, type Readers, settleReaders } from './pubsub/readers.ts'

export { normalAddress, READS }

/** For an operator: who may read which Topic at the Broker. What is asked for is done there, whatever the configuration says. */
export interface TopicDesk extends AsyncDisposable {
  /** our own bare JID, in the form in which addresses are compared */
  readonly own: string
  membership(topic: string): Promise<Membership | string>
  /** Undefined once it is so; or why it is not. */
  admit(topic: string, jid: string): Promise<string | undefined>
  dismiss(topic: string, jid: string): Promise<string | undefined>
  refuse(topic: string, jid: string): Promise<string | undefined>
  /** As at each check of a Topic that is ours. */
  settle(topic: TopicConfig): Promise<Readers>
}

/** Logs in beside a gateway that may be running. Rejects with GatewayError `grid-...`. */
export async function openTopicDesk(config: GridConfig): Promise<TopicDesk> {
  const broker = normalAddress(config.broker)
  const session = await logIn({ ...config, broker })
  const at = (node: string) => ({ session, broker, node })
  return {
    own: normalAddress(session.address.bare),
    membership: (topic) => membershipOf(at(topic)),
    admit: (topic, jid) => admit(at(topic), jid),
    dismiss: (topic, jid) => dismiss(at(topic), jid),
    refuse: (topic, jid) => refuseRequest(at(topic), jid),
    settle: (topic) => settleReaders(session, broker, topic),
    [Symbol.asyncDispose]: () => session.close(),
  }
}
