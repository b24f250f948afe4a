import { GatewayError } from '../errors.ts'
import { isCallbackToken } from '../rid/callback.ts'
import { parseContentType } from '../rid/content-type.ts'
import type { Heard } from '../rid/contract.ts'
import { repliesTo } from '../rid/exchange.ts'
import type { MsgType } from '../vocabulary.ts'
import type { ExchangeContext } from './context.ts'
import type { Said } from './take-answer.ts'
import { hashOfToken } from './token.ts'

/** What the response to a question says (RFC 6546 Table 1). The sender has told already what is improper about it. */
export async function judgeHeard(
  context: ExchangeContext,
  peer: string,
  msgType: MsgType,
  response: Heard,
): Promise<Said | 'busy'> {
  const { status, body, callbackToken } = response
  if (status < 200 || status > 299) return { kind: 'failed', reason: `it answered HTTP ${status}` }
  if (status === 202) return { kind: 'promised', ...(await promisedWith(context, peer, callbackToken)) }
  if (body === undefined) return { kind: 'failed', reason: 'its answer is longer than the limit' }
  if (Buffer.from(body).toString('latin1').trim() === '') return improper('it answered with nothing')
  return read(context, peer, msgType, response, body)
}

function improper(reason: string): Said {
  return { kind: 'failed', reason: `improper: ${reason}`, again: true }
}

/** RFC 6546 §3: unique among all callbacks; one that came before is none. */
async function promisedWith(
  { store }: ExchangeContext,
  peer: string,
  token: string | undefined,
): Promise<{ readonly token?: string }> {
  if (token === undefined || !isCallbackToken(token)) return {}
  const hash = hashOfToken(token)
  return (await store.legOf(peer, hash)) === undefined ? { token: hash } : {}
}

async function read(
  { reader, config }: ExchangeContext,
  peer: string,
  msgType: MsgType,
  { contentType }: Heard,
  body: Uint8Array,
): Promise<Said | 'busy'> {
  try {
    const charset = parseContentType(contentType ?? '')?.charset
    const reply = await reader.readReply(body, peer, charset)
    if (reply.kind === 'improper') return improper(reply.reason)
    if (reply.kind === 'acknowledgement') {
      if (reply.status === 'Denied') return { kind: 'denied', reason: reply.justification ?? 'CannotProcess' }
      return { kind: 'promised' }
    }
    const lenient = config.peers.find(({ name }) => name === peer)?.lenient ?? false
    const options = { ...(charset !== undefined && { charset }), lenient }
    const inspection = await reader.inspect(body, options, { peer })
    const type = inspection.rid?.msgType ?? ''
    const [error] = [...inspection.errors, ...(inspection.improper ?? [])]
    if (!inspection.valid || error !== undefined) return improper(error?.message ?? 'it is not valid')
    if (!(repliesTo(msgType) as readonly string[]).includes(type))
      return improper(`a ${type} may not answer a ${msgType}`)
    return { kind: 'answer', inspection }
  } catch (error) {
    if (error instanceof GatewayError && error.permanence === 'transient') return 'busy'
    return { kind: 'failed', reason: 'its answer cannot be read' }
  }
}
