import type { PeerConfig } from '../config/types.ts'
import { type InVersion, inVersion } from '../relay/in-version.ts'
import { acknowledgement } from './compose.ts'
import type { ExchangeContext } from './context.ts'
import type { AnswerBody, Carried } from './stored.ts'

/** Does it read no later IODEF than the document is, or can it be written so? Without a document there is nothing to write. */
export async function documentFor(
  { reader }: Pick<ExchangeContext, 'reader'>,
  peer: PeerConfig,
  document: Carried | null,
): Promise<InVersion | undefined> {
  return document === null ? undefined : inVersion(peer, document, (xml) => reader.downgrade(xml, peer.name))
}

/** The answer in the version of IODEF that its asker reads; that it cannot be processed, where there is none. */
export async function answerFor(context: ExchangeContext, peer: PeerConfig, answer: AnswerBody): Promise<AnswerBody> {
  const written = await documentFor(context, peer, answer.document)
  if (written === undefined) return answer
  if ('impossible' in written) return acknowledgement(answer.incidentId, { denied: 'CannotProcess' })
  return { ...answer, document: written.document }
}
