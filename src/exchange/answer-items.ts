import { LABELS } from '../iodef/restriction.ts'
import { carriedPolicy } from '../profile/carried-policy.ts'
import { type Item, itemIdApart } from '../profile/item.ts'
import { elementsOf } from '../relay/make-items.ts'
import { policyOf, renderMessage, SOURCE_NOT_FOUND } from '../rid/message.ts'
import { nodeOf } from '../rid/node.ts'
import type { Exchange } from '../store/exchanges.ts'
import type { ExchangeContext } from './context.ts'
import { nameOf } from './question-element.ts'
import { readDocument } from './read-document.ts'
import { type AnswerBody, parseQuestion } from './stored.ts'

type Written = { readonly items: readonly Item[] } | { readonly reason: string }

/**
 * An answer as items of the Topic that its question was asked on: each under an id of its own, so that it replaces nobody's
 * (docs/grid-profile.md §4.5). `limit`: bytes of one. Rejects with a transient GatewayError where nobody could read it now.
 */
export async function answerItems(
  { config, reader }: Pick<ExchangeContext, 'config' | 'reader'>,
  exchange: Exchange,
  { msgType, document, restriction, incidentSource, needed }: AnswerBody,
  limit: number,
): Promise<Written> {
  if (document === null) return { items: [] }
  const question = parseQuestion(exchange.question)
  const node = nodeOf({ name: nameOf(config, exchange, question), address: undefined })
  const plain = policyOf(msgType, 'PeerToPeer', 'Network', node, null)
  const policy = { ...plain, attributes: { ...plain.attributes, ...(restriction !== undefined && { restriction }) } }
  const source = msgType === 'Result' ? (incidentSource ?? SOURCE_NOT_FOUND) : null
  const read = await readDocument(reader, exchange.asker, renderMessage(policy, document, source))
  if ('reason' in read) return read
  const reading = read.document
  // what the message that it came in was restricted to, and its document is not
  const all = LABELS.filter((label) => needed.includes(label))
  const carried = carriedPolicy(policy, all, reading.needed)
  if (carried === undefined) return { reason: 'no one restriction of a RIDPolicy says what it needs' }
  const rid = {
    policy: carried.attributes.restriction === undefined ? null : carried,
    incidentSource: source,
    signatures: document.signatures,
  }
  const mark = question.exchange === undefined ? {} : { exchange: { id: question.exchange } }
  const made = [...elementsOf({ msgType, document: reading, rid, ...mark })].map(({ item }) => item)
  const large = made.find(({ xml }) => Buffer.byteLength(xml) > limit)
  if (large !== undefined) {
    return { reason: `it has ${Buffer.byteLength(large.xml)} bytes, and ${limit} is the limit of what is sent` }
  }
  return { items: made.map(({ id, xml }) => ({ id: itemIdApart(id, exchange.id), xml })) }
}
