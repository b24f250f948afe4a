import { xml } from '@xmpp/client'
import type { SendOutcome } from '../../outcome.ts'
import type { StanzaError } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { elementFlaw } from '../xmpp/well-formed.ts'
import { publishOutcome, topicInDoubt } from './conditions.ts'
import { submitForm } from './forms.ts'
import { PUBSUB } from './protocol.ts'

interface PublishRequest {
  readonly session: Session
  readonly broker: string
  readonly topic: string
  readonly itemId: string
  /** one element, as it shall stand in the item */
  readonly xml: string
  /** bytes */
  readonly maxItem: number
  /** the access model the Topic had when it was checked */
  readonly access: string | undefined
  readonly signal: AbortSignal
  readonly inFlight: InFlight
}

interface Published {
  readonly outcome: SendOutcome
  readonly doubt: boolean
  /** what the Broker said */
  readonly refusal?: StanzaError | undefined
}

/** Items from which on a broken-off stream may be an item's fault: well below any server's limit on stanzas. */
const SUSPECT_SIZE = 131_072

/**
 * What is being published on one session. A Controller that takes no stanza of that size ends the whole stream (Prosody:
 * policy-violation, RFC 6120 §4.9.3.14), so the largest item under way is to blame, or it would end the next stream, too.
 */
export class InFlight {
  readonly #sizes = new Set<{ readonly size: number }>()
  #suspect: { readonly size: number } | undefined

  begin(size: number): { readonly size: number } {
    const entry = { size }
    this.#sizes.add(entry)
    return entry
  }

  end(entry: { readonly size: number }): void {
    this.#sizes.delete(entry)
  }

  /** The stream ended: was it because of this one? */
  blame(entry: { readonly size: number }): boolean {
    this.#suspect ??= [...this.#sizes].reduce((a, b) => (b.size > a.size ? b : a), entry)
    return this.#suspect === entry && entry.size >= SUSPECT_SIZE
  }
}

/** What XML 1.0 (production 2) has no place for, and half a surrogate pair. */
const FORBIDDEN = /[^\P{Cc}\t\n\r\u007f-\u009f]|\p{Cs}|[\ufffe\uffff]/u

/**
 * Publishes one item (XEP-0060 §7.1.1). Calls may overlap: requests leave in the order of the calls. `doubt` tells that the
 * Topic may have gone or changed. Never rejects.
 */
export async function publishItem(request: PublishRequest): Promise<Published> {
  const { session, broker, topic, itemId, xml: payload, maxItem, signal } = request
  const size = Buffer.byteLength(payload)
  if (size > maxItem) {
    const reason = `The item has ${size} bytes; the Broker takes ${maxItem}.`
    return { outcome: { kind: 'hold', reason }, doubt: false }
  }
  // One bad character would end the stream, and again at every retry.
  const flaw = notSendable(payload)
  if (flaw !== undefined)
    return { outcome: { kind: 'hold', reason: `The item cannot be sent: ${flaw}.` }, doubt: false }
  const item = `<item id="${xml.escapeXML(itemId)}">${payload}</item>`
  const publish = `<publish node="${xml.escapeXML(topic)}">${item}</publish>`
  const entry = request.inFlight.begin(size)
  const answer = await session.request({
    to: broker,
    type: 'set',
    payload: `<pubsub xmlns="${PUBSUB}">${publish}${precondition(request.access)}</pubsub>`,
    signal,
  })
  const ended = answer.kind === 'away' && !signal.aborted ? await session.closed : undefined
  const blamed = ended?.fields.condition === 'policy-violation' && request.inFlight.blame(entry)
  request.inFlight.end(entry)
  if (blamed) {
    const reason = `The Controller ended the stream (policy-violation) while this item of ${size} bytes was sent.`
    return { outcome: { kind: 'hold', reason }, doubt: false }
  }
  if (answer.kind === 'away' && signal.aborted) {
    const reason = 'The publication was broken off.'
    return { outcome: { kind: 'retry', reason, destinationDown: false }, doubt: false }
  }
  const refusal = answer.kind === 'error' ? answer.error : undefined
  return { outcome: publishOutcome(answer), doubt: topicInDoubt(answer), refusal }
}

/**
 * XEP-0060 §7.1.5. A Topic deleted behind our back is made anew by some Brokers at the next publication, open to everybody:
 * so each one says what access model the Topic must have.
 */
function precondition(access: string | undefined): string {
  if (access === undefined) return ''
  const form = submitForm(`${PUBSUB}#publish-options`, { 'pubsub#access_model': access })
  return xml('publish-options', {}, form).toString()
}

function notSendable(payload: string): string | undefined {
  return FORBIDDEN.test(payload) ? 'a character that XML forbids' : elementFlaw(payload)
}
