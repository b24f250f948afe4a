import { type Connection, type Element, xml } from '@xmpp/client'
import type { GridIqReply, Participants } from '../contract.ts'
import { CAPS_NODE, discoInfo, discoItems, NS_INCIDENT, NS_INFO, NS_ITEMS, NS_PING, peerOf } from './caps.ts'
import type { DroppedStanza } from './parser.ts'
import { payloadXml } from './payload.ts'

const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Characters of an id that is repeated in an answer: strangers choose it, and our stanzas have the Controller's limits. */
const LONGEST_ID = 8_192

/**
 * IQs about incidents that are dealt with at once, of one participant and of all: they are read, and wait for an answer. Twice as many as may
 * wait, so that those beyond are still taken, and answered at once.
 */
const EACH = 16
const IN_ALL = 128

interface Others {
  /** our full JID */
  readonly self: string
  /** nobody may send anything without it */
  readonly participants: Participants | undefined
  /** who a stanza is from: its normal bare JID */
  readonly whoIs: (from: string) => string
  readonly write: (stanza: string) => void
}

/**
 * Answers what others ask us (RFC 6120 §8.2.3): @xmpp/client what is known here, participants what is about incidents; `write` sends
 * refusals of the rest. Of a question that is refused nothing is repeated but its id (§8.3.1 leaves that to us): it can be as long as its
 * sender likes.
 */
export function createAnswers(entity: Connection, others: Others): (question: Element) => void {
  const { self, participants, whoIs, write } = others
  const incident = createIncidentAnswers(others)
  const reachable = (from: string | undefined) => participants?.reachable(whoIs(from ?? '')) ?? []
  entity.iqCallee.get(NS_INFO, 'query', ({ element }) => discoInfo(element.attrs.node))
  entity.iqCallee.get(NS_ITEMS, 'query', ({ element, stanza }) =>
    discoItems(self, reachable(stanza.attrs.from), element.attrs.node),
  )
  return (question) => {
    const { id = '', type, from } = question.attrs
    if (id.length > LONGEST_ID) return
    const [child, ...more] = question.getChildElements()
    const single = child !== undefined && more.length === 0 && (type === 'get' || type === 'set')
    if (!single) write(refusal(question.attrs, 'modify', 'bad-request'))
    else if (child.getNS() === NS_INCIDENT && participants?.knows(whoIs(from ?? ''))) incident(question, child)
    else if (type !== 'get' || !isKnown(child)) write(refusal(question.attrs, 'cancel', 'service-unavailable'))
    else if (!hasNode(child, reachable(from))) write(refusal(question.attrs, 'cancel', 'item-not-found'))
    else ask(entity, question)
  }
}

function isKnown(child: Element): boolean {
  return child.is('query', NS_INFO) || child.is('query', NS_ITEMS) || child.is('ping', NS_PING)
}

/** XEP-0030 §3.2, §4.2: those that presence told of, and of the peers that this one may reach. */
function hasNode(child: Element, peers: readonly string[]): boolean {
  const { node } = child.attrs
  if (child.getName() !== 'query' || !node) return true
  const peer = peerOf(node)
  return (node === CAPS_NODE && child.is('query', NS_INFO)) || (peer !== undefined && peers.includes(peer))
}

/** IQs about incidents: so many are dealt with at once, and each is answered whatever comes of it. */
function createIncidentAnswers({ participants, whoIs, write }: Others) {
  const busy: string[] = []

  async function answer(question: Element, child: Element, who: string): Promise<GridIqReply> {
    const xmlText = payloadXml(question)
    if (participants === undefined || xmlText === undefined) {
      return { kind: 'error', type: 'modify', condition: 'bad-request' }
    }
    const { type, from = '' } = question.attrs
    return participants.iq({ from, who, type: type === 'set' ? 'set' : 'get', element: child.getName(), xml: xmlText })
  }

  return (question: Element, child: Element): void => {
    const who = whoIs(question.attrs.from ?? '')
    if (busy.length >= IN_ALL || busy.filter((one) => one === who).length >= EACH) {
      write(refusal(question.attrs, 'wait', 'resource-constraint'))
      return
    }
    busy.push(who)
    void answer(question, child, who)
      .catch((): GridIqReply => ({ kind: 'error', type: 'wait', condition: 'internal-server-error' }))
      .then((reply) => {
        busy.splice(busy.indexOf(who), 1)
        const { id, from } = question.attrs
        if (reply.kind === 'result') write(xml('iq', { type: 'result', id, to: from }).toString())
        else write(refusal(question.attrs, reply.type, reply.condition, reply.text))
      })
  }
}

/**
 * The answer to a question that the parser skipped, which must have one all the same (RFC 6120 §8.2.3). Undefined: it was none, or
 * there is nobody to answer.
 */
export function answerSkipped({ reason, type, id, from }: DroppedStanza, isParticipant: boolean): string | undefined {
  if ((type !== 'get' && type !== 'set') || id === '' || id.length > LONGEST_ID) return undefined
  const sender = from === '' ? undefined : from
  if (isParticipant) return refusal({ id, from: sender }, 'modify', 'not-acceptable')
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
  text?: string,
) {
  const said = text === undefined ? [] : [xml('text', { xmlns: NS_STANZAS, 'xml:lang': 'en' }, text)]
  const error = xml('error', { type }, xml(condition, { xmlns: NS_STANZAS }), ...said)
  return xml('iq', { type: 'error', id, to: from }, error).toString()
}
