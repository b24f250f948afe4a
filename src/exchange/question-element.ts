import type { Needed } from '../iodef/restriction.ts'
import { elementsOf } from '../relay/make-items.ts'
import { renderMessage } from '../rid/message.ts'
import { nodeOf } from '../rid/node.ts'
import type { Exchange } from '../store/exchanges.ts'
import type { MsgType, Restriction } from '../vocabulary.ts'
import { composeQuestion } from './compose-question.ts'
import type { ExchangeContext } from './context.ts'
import { readDocument } from './read-document.ts'
import { type Carried, parseQuestion, type Question } from './stored.ts'

export interface Addressee {
  /** a full JID, or a domain; of a Topic that of its Broker */
  readonly jid: string
  /** what it may see: the question is as strict as that, where nothing else says how strict it is */
  readonly restrictions: readonly Restriction[]
}

/** `reason`: why it cannot be written as one, as a clause */
type Written = { readonly id: string; readonly xml: string; readonly needed: Needed } | { readonly reason: string }

/**
 * A question as the one XEP-0268 element of an IQ, or of an item: the Incident of its document, or of the least document that says the same, with the
 * exchange in its context. `id`: of its item; `needed`: to be shown it. `limit`: bytes. Rejects with a transient GatewayError where nobody could read it now.
 */
export async function questionElement(
  { config, reader }: Pick<ExchangeContext, 'config' | 'reader'>,
  exchange: Exchange,
  { jid, restrictions }: Addressee,
  limit: number,
): Promise<Written> {
  const question = parseQuestion(exchange.question)
  const by = nameOf(config, exchange, question)
  const policy = { ...question.policy, node: nodeOf({ name: domainOf(jid), address: undefined }) }
  const at = exchange.opened
  const document: Carried = question.document ?? {
    xml: composeQuestion({ policy, by, at, restrictions }),
    version: 2,
    signatures: [],
  }
  const read = await readDocument(reader, exchange.asker, renderMessage(policy, document))
  if ('reason' in read) return read
  const { rid, document: reading } = read
  // XEP-0268 §2 has one in each IQ, and an answer would say of none which it is for
  if (reading.incidents.length !== 1) return { reason: 'it has several Incidents, and a question on the grid has one' }
  // whole seconds are enough (XML Schema Part 2 §3.2.7)
  const expires = new Date(exchange.expires).toISOString().replace(/\.\d+Z$/, 'Z')
  const msgType = exchange.msgType as MsgType
  const mark = { id: exchange.id, from: by, expires }
  const [made] = elementsOf({ msgType, document: reading, rid, exchange: mark })
  if (made === undefined) return { reason: `a ${msgType} has no element of XEP-0268` }
  const bytes = Buffer.byteLength(made.item.xml)
  if (bytes > limit) return { reason: `it has ${bytes} bytes, and ${limit} is the limit of what is sent` }
  return { ...made.item, needed: reading.needed }
}

/** Of who asks: the DNS name, where there is one. */
export function nameOf(
  { peers, rid }: Pick<ExchangeContext['config'], 'peers' | 'rid'>,
  { askerKind, asker }: Exchange,
  { from }: Question,
): string {
  if (askerKind === 'topic') return from ?? rid.name
  const peer = askerKind === 'peer' ? peers.find(({ name }) => name === asker) : undefined
  return peer?.identity.dns ?? asker
}

function domainOf(jid: string): string {
  return jid.replace(/\/.*$/s, '').replace(/^[^@]*@/, '')
}
