import type { PeerConfig } from '../config/types.ts'
import { type InVersion, inVersion, lossesOf, type Target } from '../relay/in-version.ts'
import type { Exchange } from '../store/exchanges.ts'
import { acknowledgement } from './compose.ts'
import { about, type ExchangeContext } from './context.ts'
import type { AnswerBody, Carried } from './stored.ts'

/** Does it read no later IODEF than the document is, or can it be written so? Without a document there is nothing to write. */
export async function documentFor(
  { reader }: Pick<ExchangeContext, 'reader'>,
  target: Target,
  document: Carried | null,
): Promise<InVersion | undefined> {
  return document === null ? undefined : inVersion(target, document, (xml) => reader.downgrade(xml, target.name))
}

/** The answer in the version of IODEF that its asker reads; that it cannot be processed, where there is none. */
export async function answerFor(
  context: ExchangeContext,
  peer: PeerConfig,
  exchange: Exchange,
  answer: AnswerBody,
): Promise<AnswerBody> {
  const written = await documentFor(context, peer, answer.document)
  if (written === undefined) return answer
  if ('impossible' in written) return acknowledgement(answer.incidentId, { denied: 'CannotProcess' })
  const { exchange: id, incident } = about(exchange)
  const { lost } = lossesOf(written.losses ?? {})
  if (lost > 0) context.events.tell('downgraded', { exchange: id, destination: peer.name, incident, lost })
  return { ...answer, document: written.document }
}
