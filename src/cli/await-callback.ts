import { createHash } from 'node:crypto'
import type { PeerConfig, TlsFiles } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import { codeOf, networkWords } from '../failure-words.ts'
import type { Answer, IncomingMessage, Problem, Reply } from '../rid/contract.ts'
import { createRidListener } from '../rid/listener.ts'
import type { ListenerNews } from '../rid/news.ts'
import type { Tell } from '../tell.ts'

/** What a callback holds. */
export interface Callback {
  readonly reply: Exclude<Reply, { kind: 'improper' }>
  readonly body: Uint8Array
}

interface AwaitOptions {
  /** [RFC 6546 §3: every address, port 4590] */
  readonly host: string
  readonly port: number
  readonly tls: TlsFiles
  /** DNS-ID in the certificate of whoever calls back */
  readonly from: string
  /** MsgTypes that answer, besides an Acknowledgement */
  readonly answers: readonly string[]
  readonly read: (message: IncomingMessage) => Promise<Reply>
  /** Is shown each answer once; it is acknowledged when this has resolved. */
  readonly take: (callback: Callback) => Promise<void>
  /** says why somebody was turned away */
  readonly turnedAway: (why: string) => void
}

export interface Awaiting extends AsyncDisposable {
  /** From now on answers are taken: with that token, or, where none was given, those without. */
  expect(token: string | undefined): void
}

const EMPTY: Answer = { kind: 'reply', xml: '' }

/**
 * Listens for the answer that a RID system POSTs later (RFC 6546 §3), with our certificate, for one peer. What comes before `expect` waits
 * for it. Rejects when the port cannot be had.
 */
export async function awaitCallback(options: AwaitOptions): Promise<Awaiting> {
  const { host, port, tls, from, take, turnedAway } = options
  const expected = Promise.withResolvers<{ readonly token: string | undefined }>()
  const known = new Map<string, Promise<Answer>>()

  async function accept(message: IncomingMessage): Promise<Answer> {
    const { token } = await expected.promise
    if (message.callbackToken !== token) {
      const what = message.callbackToken === undefined ? 'no RID-Callback-Token' : 'another RID-Callback-Token'
      turnedAway(`a message with ${what} was refused`)
      return problem(403, 'Forbidden', 'This was not asked for with that RID-Callback-Token.')
    }
    // it comes again where our answer was lost
    const digest = createHash('sha256').update(message.body).digest('hex')
    const before = known.get(digest)
    if (before !== undefined) return before
    const answer = judge(message)
    known.set(digest, answer)
    return answer
  }

  async function judge(message: IncomingMessage): Promise<Answer> {
    const reply = await options.read(message)
    if (reply.kind === 'improper') {
      turnedAway(`what came by callback is no RID message: ${reply.reason}`)
      return problem(400, 'Not a valid RID message', reply.reason)
    }
    if (reply.kind === 'message' && !options.answers.includes(reply.msgType)) {
      turnedAway(`a ${reply.msgType} came by callback, which is no answer`)
      return problem(400, 'Not a valid RID message', `A ${reply.msgType} does not answer what was asked.`)
    }
    await take({ reply, body: message.body })
    return EMPTY
  }

  const tell: Tell<ListenerNews> = (...[event, fields]) => {
    if (event === 'tls-refused') turnedAway(`somebody who called back was refused: ${fields.words ?? fields.reason}`)
    if (event === 'rid-request' && fields.peer === undefined) {
      turnedAway(`somebody whose certificate is not that of ${from} was refused`)
    }
  }
  const listener = createRidListener({
    rid: { host, port, name: from, tls, maxMessage: MOST },
    peers: [callerBack(from)],
    accept,
    state: () => 'serving',
    tell,
  })
  try {
    await listener.start()
  } catch (error) {
    await listener[Symbol.asyncDispose]()
    const why = networkWords(codeOf(error) ?? 'unknown')
    throw new GatewayError('internal', `port ${port} cannot be listened on: ${why}; say another by --listen`)
  }
  return {
    expect: (token) => expected.resolve({ token }),
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}

/** bytes of an answer */
const MOST = 1024 * 1024

/** It may answer, and nothing else. */
function callerBack(dns: string): PeerConfig {
  return {
    name: dns,
    identity: { dns },
    accept: [],
    publish: [],
    topics: [],
    send: [],
    restrictions: [],
    policy: { region: 'PeerToPeer', traffic: 'Network' },
    strict: false,
  }
}

function problem(status: Problem['status'], title: string, detail: string): Answer {
  return { kind: 'problem', problem: { status, title, detail } }
}
