import { randomBytes } from 'node:crypto'
import { type Element, xml } from '@xmpp/client'
import { GatewayError } from '../../errors.ts'
import type { Flight } from './flight.ts'
import { tagOr } from './tag.ts'
import { nameWords, words } from './words.ts'

/** RFC 6120 §8.3: what an error stanza says. `application` is the specific condition, such as XEP-0060's. */
export interface StanzaError {
  readonly type: string
  readonly condition: string
  readonly application: string | undefined
  readonly text: string | undefined
  /** what is unsupported (XEP-0060 §17, pubsub#errors) */
  readonly feature?: string | undefined
  /** where it has gone (RFC 6120 §8.3.3.5, §8.3.3.14): told, never followed */
  readonly address?: string | undefined
}

export type IqAnswer =
  | { readonly kind: 'result'; readonly stanza: Element }
  | { readonly kind: 'error'; readonly error: StanzaError }
  /** the answer came and was over our own limits */
  | { readonly kind: 'oversized' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'away' }

/** our own addresses */
interface Own {
  readonly bare: string
  readonly full: string
  readonly domain: string
}

interface Question {
  /** undefined: our own server */
  readonly to?: string
  /** ms without an answer, counted from when its bytes have been read */
  readonly timeoutMs: number
  /** how long the answer may be, where that is more than any stanza may */
  readonly size?: number
  /** nothing of a result counts but that it came: it is answered with an empty one, and what came is garbage at once */
  readonly isOrder?: boolean
  /** its bytes have been read by whoever is at the other end */
  readonly onRead?: () => void
  /** the answer came after all, when nobody waited for it any more */
  readonly onLate?: (answer: IqAnswer) => void
}

interface Pending extends Question {
  readonly settle: (answer: IqAnswer) => void
  place: number
  /** when it was written, and when it was known to have been read */
  wroteAt: number
  readAt: number | undefined
}

const CARRIED_OUT: IqAnswer = { kind: 'result', stanza: xml('iq', { type: 'result' }) }

/** ms between looks at what is overdue: whatever was read since may have brought that nearer */
const LOOK = 250
/** Questions given up whose late answer would still be of use. */
const REMEMBERED = 1_000

/** Questions waiting for their answer. An answer counts only when it comes from whom was asked (RFC 6120 §8.2.3). */
export class IqTracker {
  readonly #flight: Flight
  readonly #pending = new Map<string, Pending>()
  readonly #given = new Map<string, Pending>()
  /** in the order of writing, those given up included */
  readonly #unread = new Set<Pending>()
  readonly #prefix = randomBytes(6).toString('base64url')
  #look: NodeJS.Timeout | undefined
  #count = 0
  #closed = false

  constructor(flight: Flight) {
    this.#flight = flight
  }

  /** Registers a question and gives its id: to be written now, and `written` called then. */
  open(question: Question): { id: string; answer: Promise<IqAnswer>; written: () => void } {
    this.#count += 1
    const id = `${this.#prefix}${this.#count}`
    const answer = new Promise<IqAnswer>((settle) => {
      const place = Number.POSITIVE_INFINITY
      if (this.#closed) settle({ kind: 'away' })
      else this.#pending.set(id, { ...question, settle, place, wroteAt: 0, readAt: undefined })
    })
    const written = () => {
      const pending = this.#pending.get(id)
      if (!pending) return
      pending.place = this.#flight.written
      pending.wroteAt = performance.now()
      this.#unread.add(pending)
      this.#watch()
    }
    return { id, answer, written }
  }

  /** Takes an iq of type result or error. False: it answers nothing that was asked. */
  take(stanza: Element, own: Own): boolean {
    const id = stanza.attrs.id ?? ''
    const pending = this.#pending.get(id) ?? this.#given.get(id)
    if (!pending || !answers(pending, stanza.attrs.from, own)) return false
    if (stanza.attrs.type === 'error') this.#answered(id, pending, { kind: 'error', error: readError(stanza) })
    else this.#answered(id, pending, pending.isOrder ? CARRIED_OUT : { kind: 'result', stanza })
    return true
  }

  /** Takes the result of an order by its first tag. False: it is something else. */
  glance(text: string, own: Own): boolean {
    const { type, id = '', from } = tagOr(text, 0)?.attrs ?? {}
    const pending = type === 'result' ? this.#pending.get(id) : undefined
    if (!pending?.isOrder || !answers(pending, from, own)) return false
    this.#answered(id, pending, CARRIED_OUT)
    return true
  }

  /** The answer to `id` was skipped by the parser; `from` is '' where it has none. */
  skipped(id: string, from: string, own: Own): void {
    const pending = this.#pending.get(id)
    if (pending && answers(pending, from || undefined, own)) this.#answered(id, pending, { kind: 'oversized' })
  }

  /** How long the answer to this id may be, where that was said. */
  allowance(id: string): number | undefined {
    return this.#pending.get(id)?.size
  }

  cancel(id: string): void {
    this.#giveUp(id, { kind: 'away' })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#look)
    this.#given.clear()
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'away' })
  }

  #answered(id: string, pending: Pending, answer: IqAnswer): void {
    if (this.#flight.answered(pending.place)) this.#markRead()
    if (this.#given.delete(id)) pending.onLate?.(answer)
    else this.#settle(id, answer)
  }

  /** What was written before an answered question has been read: they are in that order here, too. */
  #markRead(): void {
    const now = performance.now()
    for (const pending of this.#unread) {
      if (pending.place > this.#flight.read) break
      this.#unread.delete(pending)
      pending.readAt = now
      pending.onRead?.()
    }
  }

  #watch(): void {
    if (this.#look !== undefined || this.#closed) return
    const dues = [...this.#pending.values()].map((pending) => this.#due(pending))
    if (dues.length === 0) return
    const wait = Math.min(LOOK, ...dues.map((due) => due - performance.now()))
    this.#look = setTimeout(() => this.#giveUpOverdue(), Math.max(0, Math.ceil(wait)))
  }

  #giveUpOverdue(): void {
    this.#look = undefined
    const now = performance.now()
    const overdue = [...this.#pending].filter(([, pending]) => this.#due(pending) <= now)
    for (const [id] of overdue) this.#giveUp(id, { kind: 'timeout' })
    this.#watch()
  }

  /** Its time does not run while its bytes are on their way, as long as the line lives. */
  #due({ place, wroteAt, readAt, timeoutMs }: Pending): number {
    return readAt === undefined ? this.#flight.overdue(place, wroteAt, timeoutMs) : readAt + timeoutMs
  }

  #giveUp(id: string, answer: IqAnswer): void {
    const pending = this.#settle(id, answer)
    if (pending?.onLate === undefined) return
    this.#given.set(id, pending)
    for (const oldest of this.#given.keys()) {
      if (this.#given.size <= REMEMBERED) break
      this.#given.delete(oldest)
    }
  }

  #settle(id: string, answer: IqAnswer): Pending | undefined {
    const pending = this.#pending.get(id)
    if (!pending) return undefined
    this.#pending.delete(id)
    pending.settle(answer)
    return pending
  }
}

/** RFC 6120 §8.1.2.1: what our own server says may be from nobody, from our account, or from the server. */
function answers({ to }: Question, from: string | undefined, own: Own): boolean {
  if (to !== undefined) return from === to
  return from === undefined || from === own.bare || from === own.full || from === own.domain
}

function readError(stanza: Element): StanzaError {
  const error = stanza.getChild('error')
  const conditions = error?.getChildElements() ?? []
  const ns = 'urn:ietf:params:xml:ns:xmpp-stanzas'
  const defined = conditions.find((c) => c.getNS() === ns && c.getName() !== 'text')
  const text = conditions.find((c) => c.getNS() === ns && c.getName() === 'text')
  const specific = conditions.find((c) => c.getNS() !== ns)
  const said = (what: string | undefined) => words(what ?? '') || undefined
  return {
    type: error?.attrs.type ?? 'cancel',
    condition: nameWords(defined?.getName() ?? 'undefined-condition'),
    application: specific && nameWords(specific.getName()),
    text: said(text?.text()),
    feature: said(specific?.attrs.feature),
    address: said(defined?.text()),
  }
}

/** An answer that is not a result as an error: for callers that cannot go on without one. */
export function answerError(answer: Exclude<IqAnswer, { kind: 'result' }>, what: string): GatewayError {
  switch (answer.kind) {
    case 'error':
      return new GatewayError('grid-refused', `${what}: ${errorText(answer.error)}.`, { fields: { ...answer.error } })
    case 'timeout':
      return new GatewayError('grid-timeout', `${what}.`)
    case 'oversized':
      return new GatewayError('grid-refused', `${what}: the answer is too long.`)
    default:
      return new GatewayError('grid-away', `${what}.`)
  }
}

/** `item-not-found`, or `not-acceptable (payload-too-big)`, with what it names and the Broker's own words behind. */
export function errorText({ condition, application, feature, address, text }: StanzaError): string {
  const specific = [application, feature].filter((what) => what !== undefined).join(' ')
  const parts = [condition, specific && `(${specific})`, address && `(it is at ${address})`]
  return `${parts.filter(Boolean).join(' ')}${text ? `: ${text}` : ''}`
}
