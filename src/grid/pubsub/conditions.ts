import type { SendOutcome } from '../../outcome.ts'
import { errorText, type IqAnswer, type StanzaError } from '../xmpp/iq.ts'

/** 'cancel' that is about the service or the Topic and may well be over tomorrow; RFC 6120 §8.3.3. */
const PASSING = new Set([
  'service-unavailable',
  'remote-server-not-found',
  'remote-server-timeout',
  'item-not-found',
  'internal-server-error',
  'resource-constraint',
  'recipient-unavailable',
])

/** What a Broker's answer to a publish request means for the delivery (XEP-0060 §7.1.3, RFC 6120 §8.3.2). */
export function publishOutcome(answer: IqAnswer): SendOutcome {
  switch (answer.kind) {
    case 'result':
      return { kind: 'delivered' }
    case 'error':
      return fromError(answer.error)
    case 'timeout':
      // It may have been published: publishing the same item id again is harmless.
      return { kind: 'retry', reason: 'The Broker did not answer in time.', destinationDown: true }
    case 'oversized':
      return { kind: 'retry', reason: "The Broker's answer was too long to be read.", destinationDown: false }
    default:
      return { kind: 'retry', reason: 'The Controller is not connected.', destinationDown: true }
  }
}

function fromError(error: StanzaError): SendOutcome {
  const reason = `The Broker refused the item: ${errorText(error)}.`
  // XEP-0060 §7.1.3.3 has payload-too-big and invalid-payload; both are about this item, whatever the type says
  if (error.application === 'payload-too-big' || error.application === 'invalid-payload')
    return { kind: 'hold', reason }
  // the Topic is not what was checked: it will be checked again
  if (error.application === 'precondition-not-met') return { kind: 'retry', reason, destinationDown: true }
  if (error.type === 'wait') return { kind: 'retry', reason, destinationDown: true }
  if (error.type === 'cancel' && PASSING.has(error.condition)) return { kind: 'retry', reason, destinationDown: true }
  return { kind: 'hold', reason }
}

/** The Topic should be looked at again before anything else is published to it. */
export function topicInDoubt(answer: IqAnswer): boolean {
  if (answer.kind !== 'error') return false
  return answer.error.condition === 'item-not-found' || answer.error.application === 'precondition-not-met'
}

/** The Topic takes nothing for now, whatever is published: a limit of the Broker (XEP-0060 §7.1.3.1), or a fault of its storage. */
export function takesNoMore({ condition }: StanzaError): boolean {
  return condition === 'internal-server-error' || condition === 'resource-constraint'
}

/** It may be this item that the Broker cannot deal with (RFC 6120 §8.3.3.6). */
export function failsAtItem({ condition }: StanzaError): boolean {
  return condition === 'internal-server-error'
}
