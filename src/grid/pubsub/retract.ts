import { xml } from '@xmpp/client'
import type { SendOutcome } from '../../outcome.ts'
import { errorText, type IqAnswer, type StanzaError } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { publishOutcome } from './conditions.ts'
import { PUBSUB } from './protocol.ts'
import { isLostRight } from './rights.ts'

interface Retraction {
  readonly topic: string
  readonly itemId: string
  readonly signal: AbortSignal
}

/** Takes an item off its Topic (XEP-0060 §7.2), and has its subscribers told. 'delivered': it is not there. Never rejects. */
export async function retractItem(
  session: Pick<Session, 'request'>,
  broker: string,
  { topic, itemId, signal }: Retraction,
): Promise<SendOutcome> {
  const item = `<item id="${xml.escapeXML(itemId)}"/>`
  const retract = `<retract node="${xml.escapeXML(topic)}" notify="true">${item}</retract>`
  const payload = `<pubsub xmlns="${PUBSUB}">${retract}</pubsub>`
  return retractOutcome(await session.request({ to: broker, type: 'set', payload, signal }))
}

/** XEP-0060 §7.2.3 */
export function retractOutcome(answer: IqAnswer): SendOutcome {
  if (answer.kind !== 'error') return publishOutcome(answer)
  const { error } = answer
  if (isGone(error)) return { kind: 'delivered' }
  const reason = `The Broker did not retract the item: ${errorText(error)}.`
  // it may be given back, and the Topic takes other items meanwhile
  if (isLostRight(error)) return { kind: 'retry', reason, destinationDown: false, othersPass: true }
  const outcome = publishOutcome(answer)
  return outcome.kind === 'delivered' ? outcome : { ...outcome, reason }
}

/** Neither the Topic nor the item is there any more, or the Topic keeps none (§7.2.3.3, §7.2.3.5). */
function isGone({ condition, application, feature }: StanzaError): boolean {
  return (
    condition === 'item-not-found' ||
    condition === 'gone' ||
    (application === 'unsupported' && feature === 'persistent-items')
  )
}
