import { xml } from '@xmpp/client'
import type { Session } from '../xmpp/session.ts'
import { isLaxer } from './access-model.ts'
import { readForm, submitForm } from './forms.ts'
import { askConfiguration, configurationIn } from './node-configuration.ts'
import { DISCO_INFO, disco, PUBSUB } from './protocol.ts'

export interface Publication {
  readonly topic: string
  readonly itemId: string
  /** one element, as it shall stand in the item */
  readonly xml: string
  /** the access model the Topic had when it was checked */
  readonly access: string | undefined
  /** an earlier attempt may have come through: it is looked for first */
  readonly inDoubt?: boolean
  /** it is written with a precondition (XEP-0060 §7.1.5) */
  readonly conditional?: boolean
  readonly signal: AbortSignal
}

export function keyOf({ topic, itemId, xml: payload }: Publication): string {
  // what is published under one id may differ in its context
  return `${topic}\n${itemId}\n${payload.length}`
}

/** XEP-0060 §7.1.1; `beside`: bytes of it that are not the item's payload. */
export function stanzaOf({ topic, itemId, xml: payload, access, conditional }: Publication): {
  readonly text: string
  readonly beside: number
} {
  const before = `<pubsub xmlns="${PUBSUB}"><publish node="${xml.escapeXML(topic)}"><item id="${xml.escapeXML(itemId)}">`
  const behind = `</item></publish>${conditional ? precondition(access) : ''}</pubsub>`
  return { text: before + payload + behind, beside: Buffer.byteLength(before) + Buffer.byteLength(behind) }
}

/**
 * XEP-0060 §7.1.5. A Topic deleted behind our back is made anew by some Brokers at the next publication, open to everybody:
 * so each one says what access model the Topic must have.
 */
function precondition(access: string | undefined): string {
  if (access === undefined) return ''
  if (last.access !== access) {
    const form = submitForm(`${PUBSUB}#publish-options`, { 'pubsub#access_model': access })
    last = { access, text: xml('publish-options', {}, form).toString() }
  }
  return last.text
}

/** nearly all Topics have the same */
let last: { readonly access: string | undefined; readonly text: string } = { access: undefined, text: '' }

/**
 * In the place of that, where a Broker knows no preconditions: looks, right before the publication, whether the Topic still is what it
 * was when it was checked. Undefined: it is, as far as the Broker says; else why nothing may be published to it now. Never rejects.
 */
export async function changedSince(
  session: Session,
  broker: string,
  { topic, access, signal }: Publication,
): Promise<string | undefined> {
  if (access === undefined) return undefined
  const ask = { to: broker, type: 'get', payload: disco(DISCO_INFO, topic), signal } as const
  const info = await session.request(ask)
  if (info.kind === 'error' && info.error.condition === 'item-not-found') return 'The Topic has gone.'
  if (info.kind === 'away' || info.kind === 'timeout') return 'The Broker does not say what the Topic is like.'
  const shown = info.kind === 'result' ? readForm(info.stanza.getChild('query', DISCO_INFO)) : {}
  const field = 'pubsub#access_model'
  const found = shown[field]?.[0] || configurationIn(await askConfiguration(session, broker, topic))?.[field]?.[0]
  if (found === undefined || found === '' || !isLaxer(found, access)) return undefined
  return `The access model of the Topic is ${found} now, not ${access}.`
}
