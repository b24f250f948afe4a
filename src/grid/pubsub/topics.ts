import type { Element } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import type { Tell } from '../../tell.ts'
import type { TopicNews } from '../news.ts'
import { answerError, errorText, type IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { isLaxer } from './access-model.ts'
import { askPending } from './approval.ts'
import { nodeType } from './discover.ts'
import { readForm } from './forms.ts'
import {
  accessOf,
  askConfiguration,
  configurationIn,
  createNode,
  type NodeConfiguration,
  repairConfiguration,
} from './node-configuration.ts'
import { movedTo } from './place.ts'
import { DISCO_INFO, disco } from './protocol.ts'
import { type Readers, settleReaders } from './readers.ts'

/** A Topic as it was found or made. */
type TopicCheck =
  | {
      readonly kind: 'ready'
      readonly created: boolean
      /** who may read it, where the Broker says so */
      readonly access: string | undefined
      /** whether it keeps items, where the Broker says so */
      readonly keeps: boolean | undefined
      /** only who is subscribed may publish (XEP-0060 §16.4.4, pubsub#publish_model), as the Broker says */
      readonly wantsSubscribers: boolean
      /** members that the Broker did not take */
      readonly note: string | null
    }
  /** it is not there, or not as it must be: an operator decides, and it is looked at again later */
  /** `moved`: it says where it is now */
  | { readonly kind: 'refused'; readonly reason: string; readonly moved?: boolean }
  | { readonly kind: 'away'; readonly reason: string }

/**
 * Makes sure that the Topic is there, and is what the configuration says (XEP-0060 §5.3, §8.1): looks, and where it is absent and
 * may be created, creates it closed and configured in one step. One with `create` must be ours: its members, title and limits are
 * set right each time, its access model is not, as somebody changed it on purpose. Others are never changed. Never rejects.
 */
export async function checkTopic(
  session: Session,
  broker: string,
  topic: TopicConfig,
  maxItem: number,
  tell: Tell<TopicNews>,
  tried = new Set<string>(),
): Promise<TopicCheck> {
  const look = { session, broker, topic, tell, tried }
  const info = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, topic.name) })
  if (info.kind === 'result') return inspect(look, info.stanza, false)
  if (info.kind !== 'error') return away(info)
  if (info.error.condition !== 'item-not-found') return denied(info, 'cannot be looked at')
  if (!topic.create) return { kind: 'refused', reason: 'It does not exist, and `create` is false.' }
  const made = await createNode(session, broker, topic, maxItem)
  if (made.kind === 'error' && made.error.condition === 'conflict') {
    return checkAgain(look)
  }
  if (made.kind !== 'result') return denied(made, 'cannot be created')
  tell('topic-created', { topic: topic.name, access: accessOf(topic) })
  const again = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, topic.name) })
  if (again.kind !== 'result') return denied(again, 'cannot be looked at')
  return inspect(look, again.stanza, true)
}

/** Somebody was faster: it is theirs, or ours by another login. */
async function checkAgain(look: Look): Promise<TopicCheck> {
  const { session, broker, topic } = look
  const info = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, topic.name) })
  return info.kind === 'result' ? inspect(look, info.stanza, false) : denied(info, 'cannot be looked at')
}

interface Look {
  readonly session: Session
  readonly broker: string
  readonly topic: TopicConfig
  readonly tell: Tell<TopicNews>
  /** repairs that were tried */
  readonly tried: Set<string>
}

async function inspect(look: Look, stanza: Element, created: boolean): Promise<TopicCheck> {
  const { session, broker, topic, tell } = look
  const query = stanza.getChild('query', DISCO_INFO)
  if (nodeType(query) === 'collection') {
    return { kind: 'refused', reason: 'It is a collection: items cannot be published to it.' }
  }
  const meta = readForm(query)
  const answer = await askConfiguration(session, broker, topic.name)
  const configuration = configurationIn(answer)
  if (topic.create && answer.kind !== 'result') return notOurs(answer, meta)
  const value = (field: string) => configuration?.[field]?.[0] || meta[field]?.[0] || undefined
  const access = value('pubsub#access_model')
  const laxer = compareAccess(look, access, created)
  if (laxer) return laxer
  const persists = value('pubsub#persist_items')
  const keeps = persists === undefined ? undefined : persists !== '0' && persists !== 'false'
  let note: string | null = null
  if (topic.create) {
    const settled = await settle(look, configuration ?? {})
    if (settled.kind !== 'settled') return settled
    note = settled.problem ?? null
  } else if (keeps === false) {
    tell('topic-keeps-nothing', { topic: topic.name })
  }
  const size = Number(value('pubsub#max_payload_size'))
  const owners = topic.create ? [session.address.bare] : (meta['pubsub#owner'] ?? meta['pubsub#creator'] ?? [])
  tell('topic-checked', {
    ...{ topic: topic.name, created, access, owner: owners.join(', ') || undefined },
    ...{ maxItems: value('pubsub#max_items'), size },
  })
  const wantsSubscribers = value('pubsub#publish_model') === 'subscribers'
  return { kind: 'ready', created, access, keeps, wantsSubscribers, note }
}

/** A value: others could read it than those who are configured. */
function compareAccess({ topic, tell }: Look, found: string | undefined, created: boolean): TopicCheck | undefined {
  const expected = topic.create ? accessOf(topic) : topic.access
  if (found === undefined || expected === undefined || found === expected) return undefined
  if (isLaxer(found, expected)) {
    const reason = created ? `It came out with access model ${found}` : `Its access model is ${found}`
    return { kind: 'refused', reason: `${reason}, not ${expected}: others could read it.` }
  }
  tell('topic-access', { topic: topic.name, configured: expected, found })
  return undefined
}

/** Of a Topic that is ours: what is missing of it is added, who has no business there is taken out. */
async function settle(look: Look, configuration: NodeConfiguration): Promise<Readers> {
  const { session, broker, topic, tell, tried } = look
  const fields = await repairConfiguration(session, broker, topic, configuration, tried)
  if (fields.length > 0) tell('topic-repaired', { topic: topic.name, fields })
  const readers = await settleReaders(session, broker, topic)
  if (readers.kind !== 'settled') return readers
  // who waited and is in `members` by now is answered like whoever asks anew; a Broker may not know the question
  if (accessOf(topic) === 'authorize') await askPending(session, broker, topic.name)
  const { added, removed, problem } = readers
  if (added + removed > 0) tell('topic-readers', { topic: topic.name, added, removed })
  // nobody who should not read it can: publishing need not wait, the members may
  if (problem !== undefined) tell('topic-members', { topic: topic.name, reason: problem })
  return readers
}

/** Its owner may read all of it, and let in whom they like. */
function notOurs(answer: Exclude<IqAnswer, { kind: 'result' }>, meta: NodeConfiguration): TopicCheck {
  if (answer.kind !== 'error') return away(answer)
  const owners = meta['pubsub#owner']?.join(', ') || meta['pubsub#creator']?.[0]
  const whose = owners ? `it belongs to ${owners}` : 'somebody else made it'
  const reason = `It is not ours (${errorText(answer.error)}): ${whose}. Set \`create: false\` if it is to be used all the same.`
  return { kind: 'refused', reason }
}

function denied(answer: Exclude<IqAnswer, { kind: 'result' }>, what: string): TopicCheck {
  if (answer.kind !== 'error') return away(answer)
  const moved = movedTo(answer.error) !== undefined
  return { kind: 'refused', reason: `It ${what}: ${errorText(answer.error)}.`, moved }
}

function away(answer: Exclude<IqAnswer, { kind: 'result' | 'error' }>): TopicCheck {
  return { kind: 'away', reason: answerError(answer, 'The Broker').message }
}
