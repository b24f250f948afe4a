import type { Element } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import type { Tell } from '../../tell.ts'
import type { GridNews } from '../news.ts'
import { createAnswerAllowance } from '../xmpp/answer-allowance.ts'
import { bareOf, type Session } from '../xmpp/session.ts'
import { answerRequest, isWelcome, readRequest } from './approval.ts'
import { accessOf } from './node-configuration.ts'

interface RequestDeskOptions {
  readonly broker: string
  /** a Topic of ours by its name */
  readonly own: (topic: string) => TopicConfig | undefined
  /** we waited for it ourselves */
  readonly approved: (topic: string) => void
  readonly tell: Tell<GridNews>
}

/** Who owns a Topic is asked who may read it (XEP-0060 §8.6): answers what the Broker asks by `message`, and nothing else. */
export function createRequestDesk({ broker, own, approved, tell }: RequestDeskOptions) {
  // strangers choose how often they ask
  const mayDeny = createAnswerAllowance([])
  return async (session: Session, message: Element): Promise<void> => {
    const request = bareOf(message.attrs.from ?? '') === broker ? readRequest(message) : undefined
    const topic = request && own(request.node)
    if (request === undefined || topic === undefined) return
    const { jid } = request
    const welcome = isWelcome(session, topic, jid)
    // whoever is not told No is not let in either, and the Broker asks again at the next login
    if (!welcome && !mayDeny({ from: jid })) return
    if (!welcome && accessOf(topic) === 'authorize') {
      tell('subscription-request', { topic: topic.name, jid, answer: 'pending' })
      return
    }
    const answer = await answerRequest(session, broker, request, welcome)
    tell('subscription-request', { topic: topic.name, jid, answer })
    if (answer === 'approved' && bareOf(jid) === session.address.bare) approved(topic.name)
  }
}
