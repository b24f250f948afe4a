import { type Connection, type Element, xml } from '@xmpp/client'
import type { DroppedStanza } from './parser.ts'

const NS_INFO = 'http://jabber.org/protocol/disco#info'
const NS_ITEMS = 'http://jabber.org/protocol/disco#items'
export const NS_PING = 'urn:xmpp:ping'
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Characters of an id that is repeated in an answer: strangers choose it, and our stanzas have the Controller's limits. */
const LONGEST_ID = 8_192

/**
 * Answers what others ask us (RFC 6120 §8.2.3): @xmpp/client what is known here, `write` sends refusals of the rest. Of a question
 * that is refused nothing is repeated but its id (§8.3.1 leaves that to us): it can be as long as its sender likes.
 */
export function createAnswers(entity: Connection, write: (stanza: string) => void): (question: Element) => void {
  entity.iqCallee.get(NS_INFO, 'query', ({ element }) =>
    xml(
      'query',
      { xmlns: NS_INFO, node: element.attrs.node },
      xml('identity', { category: 'client', type: 'bot', name: 'iodef-gateway' }),
      xml('feature', { var: NS_INFO }),
      xml('feature', { var: NS_ITEMS }),
      xml('feature', { var: NS_PING }),
    ),
  )
  // nothing is below the gateway (XEP-0030 §4.1)
  entity.iqCallee.get(NS_ITEMS, 'query', ({ element }) => xml('query', { xmlns: NS_ITEMS, node: element.attrs.node }))
  return (question) => {
    const { id = '', type } = question.attrs
    if (id.length > LONGEST_ID) return
    const [child, ...others] = question.getChildElements()
    const single = child !== undefined && others.length === 0 && (type === 'get' || type === 'set')
    if (!single) write(refusal(question.attrs, 'modify', 'bad-request'))
    else if (type !== 'get' || !isKnown(child)) write(refusal(question.attrs, 'cancel', 'service-unavailable'))
    // XEP-0030 §3.2, §4.2: the gateway has no nodes
    else if (child.getName() === 'query' && child.attrs.node) write(refusal(question.attrs, 'cancel', 'item-not-found'))
    else ask(entity, question)
  }
}

function isKnown(child: Element): boolean {
  return child.is('query', NS_INFO) || child.is('query', NS_ITEMS) || child.is('ping', NS_PING)
}

/**
 * The answer to a question that the parser skipped, which must have one all the same (RFC 6120 §8.2.3). Undefined: it was none, or
 * there is nobody to answer.
 */
export function answerSkipped({ reason, type, id, from }: DroppedStanza): string | undefined {
  if ((type !== 'get' && type !== 'set') || id === '' || id.length > LONGEST_ID) return undefined
  const sender = from === '' ? undefined : from
  return reason === 'oversized'
    ? refusal({ id, from: sender }, 'modify', 'policy-violation')
    : refusal({ id, from: sender }, 'modify', 'bad-request')
}

function ask(entity: Connection, question: Element): void {
  try {
    entity.emit('element', question)
  } catch {
    // an address that is none: nobody to answer
  }
}

function refusal(
  { from, id }: { from?: string | undefined; id?: string | undefined },
  type: string,
  condition: string,
) {
  const error = xml('error', { type }, xml(condition, { xmlns: NS_STANZAS }))
  return xml('iq', { type: 'error', id, to: from }, error).toString()
}
