import type { SendOutcome } from '../../outcome.ts'
import { errorText, type StanzaError } from '../xmpp/iq.ts'
import { sameButForWriting } from '../xmpp/same.ts'
import type { Session } from '../xmpp/session.ts'
import { BackfillError, readItem } from './backfill.ts'

/** RFC 6120 §8.3.3: what an account may do, not what it sent. */
const RIGHTS = new Set([
  'forbidden',
  'gone',
  'not-authorized',
  'payment-required',
  'registration-required',
  'subscription-required',
])
/** The same, in XEP-0060's words (§6.1.3, §6.5.9, §7.1.3). */
const PUBSUB_RIGHTS = new Set([
  'closed-node',
  'invalid-subid',
  'not-in-roster-group',
  'not-subscribed',
  'pending-subscription',
  'presence-subscription-required',
  'subid-required',
])

/** Is it the Topic that the account may not use, whatever it asks? Such an answer says nothing about one item. */
export function isLostRight(error: StanzaError): boolean {
  return RIGHTS.has(error.condition) || PUBSUB_RIGHTS.has(error.application ?? '')
}

interface Refused {
  readonly session: Session
  readonly broker: string
  readonly topic: string
  readonly itemId: string
  readonly xml: string
  readonly signal: AbortSignal
}

/**
 * What a refusal means that is about rights: some Brokers (ejabberd) say `forbidden` as well where another publisher's item has the
 * same id, which is so for one incident from two gateways. So that item is looked at: an equal one is what we wanted. Otherwise the
 * right is `lost`, for all items, which wait. Undefined: it is about something else. Never rejects.
 */
export async function judgeRefusal(
  refused: Refused,
  error: StanzaError,
): Promise<{ readonly outcome: SendOutcome; readonly lost: string | undefined } | undefined> {
  const right = isLostRight(error)
  const conflict = error.condition === 'conflict' && error.application !== 'precondition-not-met'
  if (!right && !conflict) return undefined
  const found = await look(refused)
  const said = errorText(error)
  if (found === 'equal') {
    const text = `Another publisher's equal item is there already (${said}).`
    return { outcome: { kind: 'delivered', note: { code: 'already-there', text } }, lost: undefined }
  }
  if (found === 'other') {
    const reason = `Another publisher's item has its id, and the Broker lets nobody overwrite it: ${said}.`
    return { outcome: { kind: 'hold', reason }, lost: undefined }
  }
  if (!right) return undefined
  const lost = `Nothing may be published to it: ${said}.`
  return {
    outcome: { kind: 'retry', reason: `The Topic is not ours to publish to: ${said}.`, destinationDown: true },
    lost,
  }
}

/**
 * Is it on the Topic already? Asked where an earlier attempt ended without an answer: an item that is published again is shown to
 * every subscriber again, and some Brokers lose others by it.
 */
export async function isThere(item: Refused): Promise<boolean> {
  return (await look(item)) === 'equal'
}

async function look({ session, broker, topic, itemId, xml, signal }: Refused): Promise<'equal' | 'other' | 'none'> {
  try {
    const item = await readItem({ session, broker, node: topic, signal }, itemId)
    if (item?.xml === undefined) return 'none'
    return sameButForWriting(xml, item.xml) ? 'equal' : 'other'
  } catch (problem) {
    if (problem instanceof BackfillError) return 'none'
    throw problem
  }
}
