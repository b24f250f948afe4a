import { xml } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import type { IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { readForm, submitForm } from './forms.ts'
import { owner, PUBSUB, PUBSUB_OWNER, pubsub } from './protocol.ts'

/** A node's configuration (XEP-0060 §16.4.4): field name to values. */
export type NodeConfiguration = Readonly<Record<string, readonly string[]>>

const CONFIG_FORM = `${PUBSUB}#node_config`
const PAYLOAD_TYPE = { 'xep-0268': 'urn:xmpp:incident:2', iodef: 'urn:ietf:params:xml:ns:iodef-2.0' } as const
/** Largest first; a Broker refuses what is over its own maximum. 'max' is XEP-0060 since 1.20. */
const MAX_ITEMS = ['max', '10000', '1000', '256', '']
/** Of a Topic that is ours: what it must have, whatever a Broker makes by itself (XEP-0060 §7.1.4). */
const REPAIRED = [
  'pubsub#title',
  'pubsub#publish_model',
  'pubsub#persist_items',
  'pubsub#deliver_payloads',
  'pubsub#deliver_notifications',
  'pubsub#notify_delete',
  'pubsub#notify_config',
]

/** The access model that a Topic is made with, or should have. */
export function accessOf(topic: TopicConfig): NonNullable<TopicConfig['access']> {
  return topic.access ?? 'whitelist'
}

function wantedFields(topic: TopicConfig): Record<string, string> {
  return {
    ...(topic.title === undefined ? {} : { 'pubsub#title': topic.title }),
    'pubsub#type': PAYLOAD_TYPE[topic.payload],
    'pubsub#access_model': accessOf(topic),
    'pubsub#publish_model': 'publishers',
    'pubsub#persist_items': '1',
    'pubsub#deliver_payloads': '1',
    'pubsub#deliver_notifications': '1',
    'pubsub#notify_retract': '1',
    'pubsub#notify_delete': '1',
    'pubsub#notify_config': '1',
    'pubsub#send_last_published_item': 'never',
  }
}

/** XEP-0060 §8.1.3, with as many items as the Broker lets a node keep. */
export async function createNode(
  session: Session,
  broker: string,
  topic: TopicConfig,
  maxItem: number,
): Promise<IqAnswer> {
  const asked = await session.request({ to: broker, type: 'get', payload: owner(xml('default', {})) })
  const defaults =
    asked.kind === 'result' ? readForm(asked.stanza.getChild('pubsub', PUBSUB_OWNER)?.getChild('default')) : {}
  const wanted = wantedFields(topic)
  const known = Object.fromEntries(Object.entries(wanted).filter(([field]) => field in defaults))
  // asked for only where the Broker's own limit is known to be lower
  const larger = Number(defaults['pubsub#max_payload_size']?.[0]) < maxItem
  const size: Record<string, string> = larger ? { 'pubsub#max_payload_size': String(maxItem) } : {}
  // ejabberd names no field without a default (title, type) but takes it; what a Broker does not know, it may refuse
  const configurations = [...(larger ? [{ ...wanted, ...size }] : []), wanted, known]
  let answer: IqAnswer = { kind: 'away' }
  for (const fields of configurations) {
    // never without it: a Topic may come out open otherwise
    if (!('pubsub#access_model' in fields)) continue
    for (const items of MAX_ITEMS) {
      const limit: Record<string, string> = items === '' ? {} : { 'pubsub#max_items': items }
      const form = submitForm(CONFIG_FORM, { ...fields, ...limit })
      const payload = pubsub(xml('create', { node: topic.name }), xml('configure', {}, form))
      answer = await session.request({ to: broker, type: 'set', payload })
      // any other refusal may be about a value: ejabberd says resource-constraint, Prosody bad-request
      if (answer.kind !== 'error' || FINAL.has(answer.error.condition)) return answer
    }
  }
  return answer
}

const FINAL = new Set([
  'conflict',
  'forbidden',
  'not-authorized',
  'not-allowed',
  'registration-required',
  'service-unavailable',
])

/** XEP-0060 §8.2.1: for owners. */
export async function askConfiguration(session: Session, broker: string, node: string): Promise<IqAnswer> {
  return session.request({ to: broker, type: 'get', payload: owner(xml('configure', { node })) })
}

export function configurationIn(answer: IqAnswer): NodeConfiguration | undefined {
  if (answer.kind !== 'result') return undefined
  return readForm(answer.stanza.getChild('pubsub', PUBSUB_OWNER)?.getChild('configure'))
}

/** What of a Topic that is ours is not as it was made: title, kept items, notifications. `found` has only what the Broker knows. */
function configurationFlaws(topic: TopicConfig, found: NodeConfiguration): Record<string, string> {
  const wanted = wantedFields(topic)
  const flaws: Record<string, string> = {}
  for (const field of REPAIRED) {
    const value = wanted[field]
    // what a Broker does not show it may not know, but for a title that it has none of (ejabberd)
    if (value === undefined || (found[field] === undefined && field !== 'pubsub#title')) continue
    if (plain(found[field]?.[0] ?? '') !== value) flaws[field] = value
  }
  return flaws
}

/** XEP-0004 §3.3 has two spellings of a boolean. */
function plain(value: string): string {
  return value === 'true' ? '1' : value === 'false' ? '0' : value
}

/**
 * XEP-0060 §8.2.4. The names of what was mended; what a Broker refuses stays as it is. `tried` remembers: what did not stay the
 * first time is not set again, or each notice of it (§8.2.5) would have us set it once more.
 */
export async function repairConfiguration(
  session: Session,
  broker: string,
  topic: TopicConfig,
  found: NodeConfiguration,
  tried: Set<string>,
): Promise<string[]> {
  const items = found['pubsub#max_items']?.[0]
  const flaws = configurationFlaws(topic, found)
  const attempt = JSON.stringify([flaws, items])
  if (tried.has(attempt)) return []
  tried.add(attempt)
  const access = found['pubsub#access_model']?.[0]
  // said each time: what is left out may fall back to a Broker's default
  const kept: Record<string, string> = access === undefined ? {} : { 'pubsub#access_model': access }
  const set = async (fields: Record<string, string>) => {
    const form = submitForm(CONFIG_FORM, { ...kept, ...fields })
    const payload = owner(xml('configure', { node: topic.name }, form))
    return (await session.request({ to: broker, type: 'set', payload })).kind === 'result'
  }
  const mended: string[] = []
  if (Object.keys(flaws).length > 0 && (await set(flaws))) mended.push(...Object.keys(flaws))
  for (const more of largerThan(items)) {
    if (!(await set({ 'pubsub#max_items': more }))) continue
    mended.push('pubsub#max_items')
    break
  }
  return mended
}

function largerThan(items: string | undefined): string[] {
  const kept = Number(items || Number.NaN)
  // 'max', or a Broker that does not say
  if (Number.isNaN(kept)) return []
  return MAX_ITEMS.filter((more) => more !== '' && (more === 'max' ? kept < 10_000 : Number(more) > kept))
}
