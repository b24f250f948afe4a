import type { SinkOutcome } from '../delivery/sink.ts'
import { GatewayError } from '../errors.ts'
import type { GridReply } from '../grid/contract.ts'
import { typeOf } from '../profile/msg-types.ts'
import type { MsgType } from '../vocabulary.ts'
import { participantOf } from './asker.ts'
import type { ExchangeContext } from './context.ts'
import { bareOf } from './jids.ts'
import type { Said } from './take-answer.ts'

/** Conditions of RFC 6120 §8.3.3 by which somebody refuses to answer, whatever type they come with. */
const DENYING: readonly string[] = ['forbidden', 'not-allowed', 'not-authorized', 'bad-request', 'not-acceptable']

type Retry = Extract<SinkOutcome, { kind: 'retry' }>

/** What somebody on the grid said when he was asked by IQ, or that he is to be asked again. */
export async function judgeReply(
  context: Pick<ExchangeContext, 'reader' | 'config'>,
  jid: string,
  msgType: MsgType,
  reply: GridReply,
): Promise<Said | Retry> {
  switch (reply.kind) {
    case 'result':
      return reply.xml === undefined ? { kind: 'promised' } : readAnswer(context, jid, msgType, reply.xml)
    case 'error':
      return judgeError(msgType, reply)
    case 'unreadable':
      return { kind: 'failed', reason: reply.reason }
    case 'unanswered':
      return { kind: 'retry', reason: reply.reason, destinationDown: false }
    default:
      return { kind: 'retry', reason: reply.reason, destinationDown: true }
  }
}

function judgeError(
  msgType: MsgType,
  { type, condition, reason }: Extract<GridReply, { kind: 'error' }>,
): Said | Retry {
  if (type === 'wait') return { kind: 'retry', reason, destinationDown: false }
  // that there is no such incident answers a Query; a request is not done by it
  if (condition === 'item-not-found' && msgType === 'Query') return { kind: 'nothing' }
  if (condition === 'item-not-found' || DENYING.includes(condition)) return { kind: 'denied', reason: 'CannotProcess' }
  return { kind: 'failed', reason }
}

/** XEP-0268 §2: "the reply will contain a report". */
async function readAnswer(
  { reader, config }: Pick<ExchangeContext, 'reader' | 'config'>,
  jid: string,
  msgType: MsgType,
  xml: string,
): Promise<Said | Retry> {
  try {
    const lenient = participantOf(config.grid, bareOf(jid))?.lenient ?? false
    const inspection = await reader.inspect(Buffer.from(xml), { charset: 'utf-8', lenient }, { peer: jid })
    const { valid, item, errors } = inspection
    if (!valid || item === null) return improper(errors[0]?.message ?? 'it holds no Incident')
    if (item.file !== undefined) return improper('it stands for a file, which only an item of a Topic may')
    const type = typeOf(item.element, item.policy?.attributes.MsgType)
    const fits = type === 'Report' || (type === 'Result' && msgType !== 'Query')
    return fits ? { kind: 'answer', inspection } : improper(`a ${item.element} answers no ${msgType}`)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    if (error.permanence === 'permanent') return { kind: 'failed', reason: 'its answer cannot be read' }
    return { kind: 'retry', reason: 'Too busy to read the reply', destinationDown: false }
  }
}

function improper(reason: string): Said {
  return { kind: 'failed', reason: `improper: ${reason}`, again: true }
}
