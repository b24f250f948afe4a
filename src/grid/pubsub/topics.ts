import { type Element, xml } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import type { Tell } from '../../tell.ts'
import type { TopicInfo } from '../contract.ts'
import type { TopicNews } from '../news.ts'
import { answerError, errorText, type IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { readForm, submitForm } from './forms.ts'
import { DISCO_INFO, DISCO_ITEMS, disco, owner, PUBSUB, PUBSUB_OWNER, pubsub } from './protocol.ts'

/** A Topic as it was found or made. */
type TopicCheck =
  | {
      readonly kind: 'ready'
      readonly created: boolean
      /** who may read it, where the Broker says so */
      readonly access: string | undefined
    }
  /** it is not there, or not as it must be: an operator decides, and it is looked at again later */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'away'; readonly reason: string }

const CONFIG_FORM = `${PUBSUB}#node_config`
const PAYLOAD_TYPE = { 'xep-0268': 'urn:xmpp:incident:2', iodef: 'urn:ietf:params:xml:ns:iodef-2.0' } as const
/** Largest first; a Broker refuses what is over its own maximum. 'max' is XEP-0060 since 1.20. */
const MAX_ITEMS = ['max', '10000', '1000', '256', '']

/**
 * Makes sure that the Topic is there (XEP-0060 §5.3, §8.1): looks, and where it is absent and may be created, creates it closed
 * and configured in one step. An existing Topic is never changed. Never rejects.
 */
export async function checkTopic(
  session: Session,
  broker: string,
  topic: TopicConfig,
  maxItem: number,
  tell: Tell<TopicNews>,
): Promise<TopicCheck> {
  const info = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, topic.name) })
  if (info.kind === 'result') return inspect(session, broker, topic, info.stanza, false, tell)
  if (info.kind !== 'error') return away(info)
  if (info.error.condition !== 'item-not-found') return denied(info, 'cannot be looked at')
  if (!topic.create) return { kind: 'refused', reason: 'It does not exist, and `create` is false.' }
  const made = await create(session, broker, topic, maxItem)
  // somebody was faster
  if (made.kind === 'error' && made.error.condition === 'conflict') {
    return checkTopic(session, broker, { ...topic, create: false }, maxItem, tell)
  }
  if (made.kind !== 'result') return denied(made, 'cannot be created')
  tell('topic-created', { topic: topic.name, access: topic.access })
  const again = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, topic.name) })
  if (again.kind !== 'result') return denied(again, 'cannot be looked at')
  return inspect(session, broker, topic, again.stanza, true, tell)
}

/**
 * XEP-0060 §8.9.2: members may subscribe and read. Our own JID is left out: a member is no owner any more. Undefined when
 * all is set, else what went wrong.
 */
export async function setMembers(session: Session, broker: string, topic: TopicConfig): Promise<string | undefined> {
  for (const jid of topic.members) {
    if (jid.toLowerCase() === session.address.bare.toLowerCase()) continue
    // one by one: a Broker need not say which of several it refused
    const affiliation = xml('affiliation', { jid, affiliation: 'member' })
    const payload = owner(xml('affiliations', { node: topic.name }, affiliation))
    const answer = await session.request({ to: broker, type: 'set', payload })
    if (answer.kind !== 'result')
      return `${jid} cannot be made a member: ${answerError(answer, 'affiliations').message}`
  }
  return undefined
}

/** Every Topic the Broker shows (XEP-0030 §4, XEP-0060 §5.2), with what is known about each. Rejects as `answerError`. */
export async function discoverTopics(session: Session, broker: string, signal: AbortSignal): Promise<TopicInfo[]> {
  const items = await session.request({
    ...{ to: broker, type: 'get', payload: disco(DISCO_ITEMS), size: 8_388_608, signal },
  })
  if (items.kind !== 'result') throw answerError(items, 'The Topics cannot be listed')
  const list = items.stanza.getChild('query', DISCO_ITEMS)?.getChildren('item') ?? []
  const nodes = list.filter((item) => item.attrs.jid === broker && item.attrs.node !== undefined)
  const topics: TopicInfo[] = []
  const width = 8
  for (let i = 0; i < nodes.length; i += width) {
    const group = nodes.slice(i, i + width)
    topics.push(...(await Promise.all(group.map((item) => describeTopic(session, broker, item, signal)))))
  }
  return topics
}

async function describeTopic(session: Session, broker: string, item: Element, signal: AbortSignal): Promise<TopicInfo> {
  const node = item.attrs.node ?? ''
  const base = { node, name: item.attrs.name || null }
  const answer = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, node), signal })
  if (answer.kind === 'away' || answer.kind === 'timeout') throw answerError(answer, `Topic ${node}`)
  if (answer.kind !== 'result') return { ...base, type: 'unknown', meta: {} }
  const query = answer.stanza.getChild('query', DISCO_INFO)
  const configured = await readConfiguration(session, broker, node)
  return { ...base, type: nodeType(query), meta: filled({ ...configured, ...filled(readForm(query)) }) }
}

async function inspect(
  session: Session,
  broker: string,
  topic: TopicConfig,
  stanza: Element,
  created: boolean,
  tell: Tell<TopicNews>,
): Promise<TopicCheck> {
  const query = stanza.getChild('query', DISCO_INFO)
  if (nodeType(query) === 'collection') {
    return { kind: 'refused', reason: 'It is a collection: items cannot be published to it.' }
  }
  const meta = readForm(query)
  const configuration = (await readConfiguration(session, broker, topic.name)) ?? {}
  const value = (field: string) => configuration[field]?.[0] || meta[field]?.[0] || undefined
  const access = value('pubsub#access_model')
  if (access !== undefined && topic.create && access !== topic.access) {
    const fields = { topic: topic.name, configured: topic.access, found: access }
    // open although it was asked to be closed: nothing may be shown there
    if (created) return { kind: 'refused', reason: `It came out with access model ${access}, not ${topic.access}.` }
    tell('topic-access', fields)
  }
  if (value('pubsub#persist_items') === '0' || value('pubsub#persist_items') === 'false') {
    tell('topic-keeps-nothing', { topic: topic.name })
  }
  const size = Number(value('pubsub#max_payload_size'))
  tell('topic-checked', { topic: topic.name, created, access, maxItems: value('pubsub#max_items'), size })
  return { kind: 'ready', created, access }
}

/** XEP-0060 §8.1.3, with as many items as the Broker lets a node keep. */
async function create(session: Session, broker: string, topic: TopicConfig, maxItem: number): Promise<IqAnswer> {
  const asked = await session.request({ to: broker, type: 'get', payload: owner(xml('default', {})) })
  const defaults =
    asked.kind === 'result' ? readForm(asked.stanza.getChild('pubsub', PUBSUB_OWNER)?.getChild('default')) : {}
  const wanted: Record<string, string> = {
    ...(topic.title === undefined ? {} : { 'pubsub#title': topic.title }),
    'pubsub#type': PAYLOAD_TYPE[topic.payload],
    'pubsub#access_model': topic.access,
    'pubsub#publish_model': 'publishers',
    'pubsub#persist_items': '1',
    'pubsub#deliver_payloads': '1',
    'pubsub#deliver_notifications': '1',
    'pubsub#notify_retract': '1',
    'pubsub#notify_delete': '1',
    'pubsub#send_last_published_item': 'never',
  }
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

/** XEP-0060 §8.2.1: for owners; undefined for everybody else. */
async function readConfiguration(session: Session, broker: string, node: string) {
  const answer = await session.request({ to: broker, type: 'get', payload: owner(xml('configure', { node })) })
  if (answer.kind !== 'result') return undefined
  return readForm(answer.stanza.getChild('pubsub', PUBSUB_OWNER)?.getChild('configure'))
}

function nodeType(query: Element | undefined): TopicInfo['type'] {
  const identity = query?.getChildren('identity').find((i) => i.attrs.category === 'pubsub')
  return identity?.attrs.type === 'leaf' || identity?.attrs.type === 'collection' ? identity.attrs.type : 'unknown'
}

function filled(form: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(form).filter(([, values]) => values.some((value) => value !== '')))
}

function denied(answer: Exclude<IqAnswer, { kind: 'result' }>, what: string): TopicCheck {
  if (answer.kind !== 'error') return away(answer)
  return { kind: 'refused', reason: `It ${what}: ${errorText(answer.error)}.` }
}

function away(answer: Exclude<IqAnswer, { kind: 'result' | 'error' }>): TopicCheck {
  return { kind: 'away', reason: answerError(answer, 'The Broker').message }
}
