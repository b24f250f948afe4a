import { xml } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import { errorText, type IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { isLaxer } from './access-model.ts'
import { nodeType } from './discover.ts'
import { readForm } from './forms.ts'
import { accessOf, askConfiguration, configurationIn, type NodeConfiguration } from './node-configuration.ts'
import { DISCO_INFO, disco, owner, PUBSUB, pubsub } from './protocol.ts'
import { affiliationsIn, LIST_SIZE, normalAddress, READS } from './readers.ts'

/** One thing found about a Topic; `key` is below that of the Topic, `''` the Topic itself, `maxItem` that of the grid. */
interface TopicFinding {
  readonly kind: 'problem' | 'warning'
  readonly key: string
  readonly message: string
}

interface Look {
  readonly session: Session
  readonly broker: string
  readonly topic: TopicConfig
  /** a route leads to it */
  readonly published: boolean
  /** bytes */
  readonly maxItem: number
  say(kind: TopicFinding['kind'], key: string, message: string): void
}

/** Fewer kept items than this are gone in a short outage. */
const FEW_ITEMS = 100

/** What `start` would meet: looks at the Topic, its configuration and who may do what with it (XEP-0060 §5.3, §8.2, §8.9). Changes nothing. */
export async function examineTopic(look: Omit<Look, 'say'>): Promise<TopicFinding[]> {
  const found: TopicFinding[] = []
  await examine({ ...look, say: (kind, key, message) => void found.push({ kind, key, message }) })
  return found
}

async function examine(look: Look): Promise<void> {
  const { session, broker, topic, say } = look
  const info = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, topic.name) })
  if (info.kind === 'error' && info.error.condition === 'item-not-found') {
    const remedy = 'set create: true, or have it made, with the account of grid.jid as publisher'
    if (!topic.create) say('problem', 'name', `"${topic.name}" does not exist at ${broker}: ${remedy}`)
    return
  }
  if (info.kind !== 'result') return say('problem', 'name', `"${topic.name}" cannot be looked at: ${said(info)}`)
  const query = info.stanza.getChild('query', DISCO_INFO)
  if (nodeType(query) === 'collection') {
    return say('problem', 'name', `"${topic.name}" is a collection: items can only be published to a leaf`)
  }
  const meta = readForm(query)
  const answer = await askConfiguration(session, broker, topic.name)
  const own = configurationIn(answer)
  if (topic.create && own === undefined) {
    const whose = meta['pubsub#owner']?.join(', ') || meta['pubsub#creator']?.[0]
    const text = whose ? `it belongs to ${whose}` : 'somebody else made it'
    return say('problem', 'create', `"${topic.name}" is not ours: ${text}. Set create: false to use it all the same`)
  }
  checkConfiguration(look, { ...meta, ...own })
  if (own === undefined) await checkRight(look, meta)
  else if (topic.create) await checkReaders(look)
}

function checkConfiguration({ topic, maxItem, say }: Look, found: NodeConfiguration): void {
  const value = (field: string) => found[field]?.[0] || undefined
  const [access, expected] = [value('pubsub#access_model'), topic.create ? accessOf(topic) : topic.access]
  if (access !== undefined && expected !== undefined && isLaxer(access, expected)) {
    say('problem', 'access', `of "${topic.name}" is ${access} at the Broker, not ${expected}: others could read it`)
  }
  if (['0', 'false'].includes(value('pubsub#persist_items') ?? '')) {
    if (!topic.create) say('warning', 'name', `"${topic.name}" keeps no items: whoever is away misses what comes`)
  } else if (Number(value('pubsub#max_items')) < FEW_ITEMS) {
    const message = `"${topic.name}" keeps ${value('pubsub#max_items')} items: whoever is away for more misses the rest. Raise the limit of the Broker`
    say('warning', 'name', message)
  }
  const size = Number(value('pubsub#max_payload_size'))
  if (size > 0 && size < maxItem) {
    const message = `is more than "${topic.name}" takes, ${size} bytes: lower it, or raise the limit of the Broker`
    say('problem', 'maxItem', message)
  }
}

/** Of a Topic that is somebody else's. */
async function checkRight({ session, broker, topic, published, say }: Look, meta: NodeConfiguration): Promise<void> {
  if (!published || ['open', 'subscribers'].includes(meta['pubsub#publish_model']?.[0] ?? '')) return
  const answer = await session.request({ to: broker, type: 'get', payload: pubsub(xml('affiliations', {})) })
  // a Broker may not know the question
  if (answer.kind !== 'result') return
  const list = answer.stanza.getChild('pubsub', PUBSUB)?.getChild('affiliations')?.getChildren('affiliation') ?? []
  const own = list.find(({ attrs }) => attrs.node === topic.name)?.attrs.affiliation ?? 'none'
  if (['owner', 'publisher', 'publish-only'].includes(own)) return
  const message = `a route leads to "${topic.name}", and ${session.address.bare} may not publish there (its affiliation is ${own}): its owner must make it publisher`
  say('problem', 'name', message)
}

/** Of a Topic that is ours: who may read it there, and who in the configuration. */
async function checkReaders({ session, broker, topic, say }: Look): Promise<void> {
  const payload = owner(xml('affiliations', { node: topic.name }))
  const answer = await session.request({ to: broker, type: 'get', payload, size: LIST_SIZE })
  if (answer.kind !== 'result') return say('warning', 'members', `cannot be looked at: ${said(answer)}`)
  const ours = normalAddress(session.address.bare)
  const there = affiliationsIn(answer.stanza)
  const members = new Set(topic.members.map(normalAddress))
  const listed = (isIt: (affiliation: string, who: string) => boolean) =>
    [...there].filter(([who, affiliation]) => who !== ours && isIt(affiliation, who)).map(([who]) => who)
  const owners = listed((affiliation, who) => affiliation === 'owner' && !members.has(who))
  if (owners.length > 0) {
    const message = `"${topic.name}" belongs to ${owners.join(', ')} too: list them here if they may read it; as long as they are not, nothing is published`
    say('problem', 'members', message)
  }
  const missing = [...members].filter((who) => who !== ours && !READS.has(there.get(who) ?? ''))
  if (missing.length > 0) {
    say(
      'warning',
      'members',
      `${missing.join(', ')} may not read "${topic.name}" at the Broker yet: start lets them in`,
    )
  }
  const extra = listed((affiliation, who) => affiliation === 'member' && !members.has(who))
  if (extra.length > 0 && ['whitelist', 'authorize'].includes(accessOf(topic))) {
    const message = `${extra.join(', ')} may read "${topic.name}" at the Broker, and is not listed here: start takes that right away`
    say('warning', 'members', message)
  }
}

function said(answer: Exclude<IqAnswer, { kind: 'result' }>): string {
  return answer.kind === 'error' ? `the Broker says ${errorText(answer.error)}` : 'the Broker does not answer'
}
