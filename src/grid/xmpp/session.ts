import { randomBytes } from 'node:crypto'
import { type Element, jid, xml } from '@xmpp/client'
import type { LoginConfig } from '../../config/types.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Participants } from '../contract.ts'
import { createAnswerAllowance, PARTICIPANT } from './answer-allowance.ts'
import { answerSkipped, createAnswers } from './answers.ts'
import { CAPS, NS_PING } from './caps.ts'
import { type Fellow, fellowIn, storeMark } from './fellow.ts'
import { Flight } from './flight.ts'
import type { FrameLimits } from './framer.ts'
import { type IqAnswer, IqTracker } from './iq.ts'
import { type DroppedStanza, describe, type Glance } from './parser.ts'
import { keepAlive } from './ping.ts'
import { answerSubscription } from './presence.ts'
import { openStream, type Security, type Stream } from './stream.ts'

interface SessionOptions {
  readonly config: LoginConfig
  readonly onMessage: (message: Element) => void
  /** at a message, before its tree is built [at none] */
  readonly glance?: Glance
  /** a message (or presence) that was skipped by the parser */
  readonly onDropped: (stanza: DroppedStanza) => void
  /** RFC 6120 §8.1.1.1: events reach the bare JID only of whoever sent presence [true] */
  readonly presence?: boolean
  /** of our address; two logins with one end each other [random] */
  readonly resource?: string
  /** which store it has, for other gateways of the account [it does not say] */
  readonly store?: string
  /** one of those came, or went */
  readonly onFellow?: (fellow: Fellow) => void
  /** who may send us more than a ping [nobody] */
  readonly participants?: Participants
  readonly timing?: Partial<SessionTiming>
}

/** ms */
export interface SessionTiming {
  /** one attempt, from connect to bound */
  readonly connect: number
  readonly iq: number
  readonly pingInterval: number
  readonly pingTimeout: number
  /** between looks at the dates and the revocation of the Controller's certificate */
  readonly trust: number
}

const TIMING: SessionTiming = {
  connect: 30_000,
  iq: 30_000,
  pingInterval: 20_000,
  pingTimeout: 10_000,
  trust: 60_000,
}

/** ms for one attempt where another address waits for its turn: this one may be a machine that is gone, and says nothing */
const IMPATIENT = 8_000

/** Such timing, with less time for an attempt where there are others. */
export function patience(timing: Partial<SessionTiming> = {}, others = false): Partial<SessionTiming> {
  const { connect = TIMING.connect } = timing
  return others ? { ...timing, connect: Math.min(connect, IMPATIENT) } : timing
}

interface RequestOptions {
  /** undefined: our own server */
  readonly to?: string
  readonly type: 'get' | 'set'
  /** the child element, as XML in the namespace jabber:client or its own */
  readonly payload: string
  readonly timeoutMs?: number
  /** how long the answer may be, in UTF-16 code units, where that is more than any stanza may */
  readonly size?: number
  /** nothing of its result counts but that it came */
  readonly isOrder?: boolean
  readonly signal?: AbortSignal
  /** the other end has read the question: it did not end the stream */
  readonly onRead?: () => void
  /** an answer that came after 'timeout', or after the signal aborted */
  readonly onLate?: (answer: IqAnswer) => void
}

/** One login at the Controller, from bound to closed. */
export interface Session {
  /** bare and full */
  readonly address: { readonly bare: string; readonly full: string; readonly domain: string }
  /** An IQ and its answer. `timeoutMs` runs from when it has been read, as far as that can be known. Never rejects. */
  request(options: RequestOptions): Promise<IqAnswer>
  /** Asks our own server for a sign of life (XEP-0199), with so many bytes of white space more [0]. Never rejects. */
  ping(timeoutMs?: number, padding?: number): Promise<IqAnswer>
  readonly flight: Pick<Flight, 'rate' | 'isKnown' | 'beware'>
  /** bytes of the longest stanza that the Controller takes, where it says so (XEP-0478) */
  readonly longestStanza: number | undefined
  readonly security: Security
  readonly closed: Promise<GatewayError>
  close(): Promise<void>
  destroy(reason: GatewayError): void
}

/** How long any stanza may be that was not asked for. */
export function stanzaLimit(maxItem: number): number {
  // A Broker may write a quotation mark as `&quot;`, and several items may share a stanza.
  return Math.max(2 * maxItem + 65_536, 1_048_576)
}

/** Logs in once. Rejects as `openStream` does. */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const { config } = options
  const timing = { ...TIMING, ...options.timing }
  const common = stanzaLimit(config.maxItem)
  const limits: FrameLimits = {
    stanza(head) {
      const allowed = head.startsWith('<iq') ? iq.allowance(describe(head).id) : undefined
      // what was asked for may be a list of everything a Broker has
      return allowed === undefined
        ? { size: common, elements: 50_000 }
        : { size: Math.max(common, allowed), elements: 200_000 }
    },
    depth: 300,
    tag: common,
  }
  let stream: Stream | undefined
  const flight = new Flight()
  const iq = new IqTracker(flight)
  let glanceAtIq = (_text: string) => false
  let onIq = (_stanza: Element) => {}
  let onPresence = (_stanza: Element) => {}
  let onSkippedIq = (_stanza: DroppedStanza) => {}
  const deadline = AbortSignal.timeout(timing.connect)
  const attempt = new AbortController()
  const giveUp = (event: Event) => attempt.abort((event.target as AbortSignal).reason)
  deadline.addEventListener('abort', giveUp)
  signal.addEventListener('abort', giveUp)
  try {
    signal.throwIfAborted()
    stream = await openStream({
      config,
      resource: options.resource ?? `gateway-${randomBytes(4).toString('hex')}`,
      limits,
      flight,
      trust: timing.trust,
      signal: attempt.signal,
      glance(text, build) {
        if (text.startsWith('<iq ')) return glanceAtIq(text)
        return text.startsWith('<message ') && options.glance?.(text, build) === true
      },
      onStanza(stanza) {
        if (stanza.name === 'iq') onIq(stanza)
        else if (stanza.name === 'message') options.onMessage(stanza)
        else onPresence(stanza)
      },
      onDropped(stanza) {
        if (stanza.name === 'iq') onSkippedIq(stanza)
        else options.onDropped(stanza)
      },
    })
  } finally {
    deadline.removeEventListener('abort', giveUp)
    signal.removeEventListener('abort', giveUp)
  }
  const live = stream
  const address = {
    bare: live.jid.bare().toString(),
    full: live.jid.toString(),
    domain: live.jid.domain,
  }
  const say = (stanza: string) => void live.write(stanza).catch(() => {})
  const { participants } = options
  const answerIq = createAnswers(stream.entity, { self: address.full, participants, whoIs, write: say })
  const mayAnswer = createShares([address.bare, address.full, address.domain, config.broker], participants)
  glanceAtIq = (text) => iq.glance(text, address)
  onIq = (stanza) => {
    const type = stanza.attrs.type
    if (type === 'result' || type === 'error') iq.take(stanza, address)
    else if (mayAnswer(stanza.attrs)) answerIq(stanza)
  }
  onPresence = (stanza) => {
    const fellow = fellowIn(stanza, address)
    if (fellow !== undefined) options.onFellow?.(fellow)
    const who = whoIs(stanza.attrs.from ?? '')
    const answer = answerSubscription(stanza, participants?.knows(who) === true, bareOf(stanza.attrs.from ?? ''))
    if (participants !== undefined && answer !== undefined && mayAnswer(stanza.attrs)) say(answer)
  }
  onSkippedIq = (skipped) => {
    const answer = answerSkipped(skipped, participants?.knows(whoIs(skipped.from)) === true)
    if (answer === undefined) iq.skipped(skipped.id, skipped.from, address)
    else if (mayAnswer(skipped)) say(answer)
  }
  const session: Session = {
    address,
    async request({ type, payload, signal: cancel, ...question }) {
      if (cancel?.aborted) return { kind: 'away' }
      const { to } = question
      const { id, answer, written } = iq.open({ timeoutMs: timing.iq, ...question })
      const onAbort = () => iq.cancel(id)
      cancel?.addEventListener('abort', onAbort, { once: true })
      const target = to === undefined ? '' : ` to="${xml.escapeXML(to)}"`
      live.write(`<iq type="${type}" id="${id}"${target}>${payload}</iq>`, answer).catch((error: unknown) => {
        // what was written in part cannot be gone on with
        live.destroy(new GatewayError('grid-away', messageOf(error), { cause: error }))
        iq.cancel(id)
      })
      written()
      const result = await answer
      cancel?.removeEventListener('abort', onAbort)
      return result
    },
    ping(timeoutMs = timing.pingTimeout, padding = 0) {
      const payload = `<ping xmlns="${NS_PING}"/>${' '.repeat(padding)}`
      return session.request({ to: address.domain, type: 'get', payload, timeoutMs })
    },
    flight,
    longestStanza: stream.longestStanza,
    security: stream.security,
    closed: live.closed,
    close: () => live.close(),
    destroy: (reason) => live.destroy(reason),
  }
  void live.closed.then(() => iq.close())
  keepAlive(session, () => live.lastReceived(), timing.pingInterval)
  const caps = participants === undefined ? '' : CAPS
  const mark = options.store === undefined ? '' : storeMark(options.store)
  if (options.presence !== false) await live.write(`<presence>${caps}${mark}</presence>`).catch(() => {})
  return session
}

/** The address of a stanza's sender that is nobody in particular. */
export function bareOf(address: string): string {
  const slash = address.indexOf('/')
  return slash === -1 ? address : address.slice(0, slash)
}

/** A participant has a share of the line of its own, which strangers do not use up. */
function createShares(own: readonly string[], participants: Participants | undefined) {
  const strangers = createAnswerAllowance(own)
  const shares = new Map<string, typeof strangers>()
  return (question: Parameters<typeof strangers>[0]): boolean => {
    const who = whoIs(question.from ?? '')
    if (participants?.knows(who) !== true) return strangers(question)
    const share = shares.get(who) ?? createAnswerAllowance(own, PARTICIPANT)
    shares.set(who, share)
    return share(question)
  }
}

/** The bare JID of a stanza's sender as addresses are compared; '' for one that is none. */
function whoIs(from: string): string {
  try {
    return from === '' ? '' : jid(from).bare().toString()
  } catch {
    return ''
  }
}
