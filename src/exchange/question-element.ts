import { GatewayError } from '../errors.ts'
import type { Needed } from '../iodef/restriction.ts'
import type { Inspection } from '../reading/inspection.ts'
import { elementsOf } from '../relay/make-items.ts'
import { renderMessage } from '../rid/message.ts'
import { nodeOf } from '../rid/node.ts'
import type { Exchange } from '../store/exchanges.ts'
import type { MsgType, Restriction } from '../vocabulary.ts'
import { composeQuestion } from './compose-question.ts'
import type { ExchangeContext } from './context.ts'
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
  const inspection = await read(reader, exchange.asker, renderMessage(policy, document))
  if (inspection === undefined) return { reason: 'its document cannot be read any more' }
  const reading = documentOf(inspection)
  if ('reason' in reading) return reading
  // XEP-0268 §2 has one in each IQ, and an answer would say of none which it is for
  if (reading.incidents.length !== 1) return { reason: 'it has several Incidents, and a question on the grid has one' }
  // whole seconds are enough (XML Schema Part 2 §3.2.7)
  const expires = new Date(exchange.expires).toISOString().replace(/\.\d+Z$/, 'Z')
  const msgType = exchange.msgType as MsgType
  const mark = { id: exchange.id, from: by, expires }
  const [made] = elementsOf({ msgType, document: reading, rid: inspection.rid, exchange: mark })
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

export async function read(
  reader: ExchangeContext['reader'],
  peer: string,
  xml: string,
): Promise<Inspection | undefined> {
  try {
    return await reader.inspect(Buffer.from(xml), { charset: 'utf-8' }, { peer })
  } catch (error) {
    if (error instanceof GatewayError && error.permanence === 'permanent') return undefined
    throw error
  }
}

/** What is shown of it: of IODEF 1 its upgrade, which has it as it came beside it. */
export function documentOf({ valid, document }: Inspection) {
  if (!valid || document === null) return { reason: 'its document is not valid' }
  const { upgraded, obstacle, misfit } = document
  if (upgraded !== null && 'invalid' in upgraded) return { reason: `it cannot be upgraded: ${upgraded.invalid}` }
  const shown = upgraded ?? document
  const hindrance = obstacle ?? misfit ?? shown.obstacle ?? shown.misfit
  return hindrance === null ? shown : { reason: hindrance }
}

function domainOf(jid: string): string {
  return jid.replace(/\/.*$/s, '').replace(/^[^@]*@/, '')
}
