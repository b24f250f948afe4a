import { randomBytes } from 'node:crypto'
import type { Element } from '@xmpp/client'
import { GatewayError } from '../../errors.ts'

/** RFC 6120 §8.3: what an error stanza says. `application` is the specific condition, such as XEP-0060's. */
export interface StanzaError {
  readonly type: string
  readonly condition: string
  readonly application: string | undefined
  readonly text: string | undefined
}

export type IqAnswer =
  | { readonly kind: 'result'; readonly stanza: Element }
  | { readonly kind: 'error'; readonly error: StanzaError }
  /** the answer came and was over our own limits */
  | { readonly kind: 'oversized' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'away' }

interface Pending {
  readonly to: string | undefined
  readonly size: number | undefined
  readonly timer: NodeJS.Timeout
  readonly settle: (answer: IqAnswer) => void
}

/** Questions waiting for their answer. An answer counts only when it comes from whom was asked (RFC 6120 §8.2.3). */
export class IqTracker {
  readonly #pending = new Map<string, Pending>()
  readonly #prefix = randomBytes(6).toString('base64url')
  #count = 0
  #closed = false

  /** Registers a question to `to` (undefined: our own server) and gives its id. `size` allows a longer answer. */
  open(to: string | undefined, timeoutMs: number, size?: number): { id: string; answer: Promise<IqAnswer> } {
    this.#count += 1
    const id = `${this.#prefix}${this.#count}`
    const answer = new Promise<IqAnswer>((settle) => {
      if (this.#closed) {
        settle({ kind: 'away' })
        return
      }
      const timer = setTimeout(() => this.#settle(id, { kind: 'timeout' }), timeoutMs)
      this.#pending.set(id, { to, size, timer, settle })
    })
    return { id, answer }
  }

  /** Takes an iq of type result or error. False: it answers nothing that was asked. */
  take(stanza: Element, own: { bare: string; full: string; domain: string }): boolean {
    const id = stanza.attrs.id ?? ''
    const pending = this.#pending.get(id)
    if (!pending) return false
    const from = stanza.attrs.from
    const ours = from === undefined || from === own.bare || from === own.full || from === own.domain
    if (pending.to === undefined ? !ours : from !== pending.to) return false
    if (stanza.attrs.type === 'error') this.#settle(id, { kind: 'error', error: readError(stanza) })
    else this.#settle(id, { kind: 'result', stanza })
    return true
  }

  /** The answer to `id` was skipped by the parser. */
  skipped(id: string, from: string): void {
    const pending = this.#pending.get(id)
    if (pending && (pending.to === undefined || pending.to === from)) this.#settle(id, { kind: 'oversized' })
  }

  /** How long the answer to this id may be, where that was said. */
  allowance(id: string): number | undefined {
    return this.#pending.get(id)?.size
  }

  cancel(id: string): void {
    this.#settle(id, { kind: 'away' })
  }

  close(): void {
    this.#closed = true
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'away' })
  }

  #settle(id: string, answer: IqAnswer): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#pending.delete(id)
    clearTimeout(pending.timer)
    pending.settle(answer)
  }
}

function readError(stanza: Element): StanzaError {
  const error = stanza.getChild('error')
  const conditions = error?.getChildElements() ?? []
  const ns = 'urn:ietf:params:xml:ns:xmpp-stanzas'
  const defined = conditions.find((c) => c.getNS() === ns && c.getName() !== 'text')
  const text = conditions.find((c) => c.getNS() === ns && c.getName() === 'text')
  return {
    type: error?.attrs.type ?? 'cancel',
    condition: defined?.getName() ?? 'undefined-condition',
    application: conditions.find((c) => c.getNS() !== ns)?.getName(),
    text: text?.text().slice(0, 200) || undefined,
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

/** `item-not-found`, or `not-acceptable (payload-too-big)`, with the Broker's own words behind. */
export function errorText(error: StanzaError): string {
  const specific = error.application ? ` (${error.application})` : ''
  return `${error.condition}${specific}${error.text ? `: ${error.text}` : ''}`
}
