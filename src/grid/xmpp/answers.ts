import { type Connection, type Element, xml } from '@xmpp/client'

const NS_DISCO = 'http://jabber.org/protocol/disco#info'
export const NS_PING = 'urn:xmpp:ping'
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Characters of an id that is repeated in an answer: strangers choose it, and our stanzas have the Controller's limits. */
const LONGEST_ID = 8_192

/**
 * Answers what others ask us (RFC 6120 §8.2.3): @xmpp/client what is known here, `write` sends refusals of the rest. Of a question
 * that is refused nothing is repeated but its id (§8.3.1 leaves that to us): it can be as long as its sender likes.
 */
export function createAnswers(entity: Connection, write: (stanza: string) => void): (question: Element) => void {
  entity.iqCallee.get(NS_DISCO, 'query', () =>
    xml(
      'query',
      { xmlns: NS_DISCO },
      xml('identity', { category: 'client', type: 'bot', name: 'iodef-gateway' }),
      xml('feature', { var: NS_DISCO }),
      xml('feature', { var: NS_PING }),
    ),
  )
  return (question) => {
    const { id = '', type } = question.attrs
    if (id.length > LONGEST_ID) return
    const [child, ...others] = question.getChildElements()
    const single = child !== undefined && others.length === 0 && (type === 'get' || type === 'set')
    if (single && type === 'get' && (child.is('query', NS_DISCO) || child.is('ping', NS_PING))) ask(entity, question)
    else write(refusal(question, single ? ['cancel', 'service-unavailable'] : ['modify', 'bad-request']))
  }
}

function ask(entity: Connection, question: Element): void {
  try {
    entity.emit('element', question)
  } catch {
    // an address that is none: nobody to answer
  }
}

function refusal({ attrs: { from, id } }: Element, [type, condition]: [type: string, condition: string]): string {
  const error = xml('error', { type }, xml(condition, { xmlns: NS_STANZAS }))
  return xml('iq', { type: 'error', id, to: from }, error).toString()
}
