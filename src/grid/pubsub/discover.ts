import { type Element, xml } from '@xmpp/client'
import type { TopicInfo } from '../contract.ts'
import { answerError } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { readForm } from './forms.ts'
import { askConfiguration, configurationIn, type NodeConfiguration } from './node-configuration.ts'
import { DISCO_INFO, DISCO_ITEMS, disco, RSM } from './protocol.ts'

/** Topics asked for at once. A Broker that knows no pages gives all of them. */
const PAGE = 500
/** UTF-16 code units of one page */
const PAGE_LIMIT = 8_388_608
/** A list without end is none. */
const MOST_PAGES = 1_000

/** Every Topic the Broker shows (XEP-0030 §4, XEP-0060 §5.2), with what is known about each. Rejects as `answerError`. */
export async function discoverTopics(session: Session, broker: string, signal: AbortSignal): Promise<TopicInfo[]> {
  const nodes = await listNodes(session, broker, signal)
  const topics: TopicInfo[] = []
  const width = 8
  for (let i = 0; i < nodes.length; i += width) {
    const group = nodes.slice(i, i + width)
    topics.push(...(await Promise.all(group.map((item) => describeTopic(session, broker, item, signal)))))
  }
  return topics
}

/** XEP-0059 */
async function listNodes(session: Session, broker: string, signal: AbortSignal): Promise<Element[]> {
  const nodes = new Map<string, Element>()
  const seen = new Set<string>()
  let after: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const rsm = xml('set', { xmlns: RSM }, xml('max', {}, String(PAGE)), after && xml('after', {}, after))
    const payload = disco(DISCO_ITEMS, undefined, rsm)
    const items = await session.request({ to: broker, type: 'get', payload, size: PAGE_LIMIT, signal })
    if (items.kind !== 'result') throw answerError(items, 'The Topics cannot be listed')
    const query = items.stanza.getChild('query', DISCO_ITEMS)
    const before = seen.size
    for (const item of query?.getChildren('item') ?? []) {
      const { jid, node } = item.attrs
      seen.add(`${jid} ${node}`)
      if (jid === broker && node !== undefined && !nodes.has(node)) nodes.set(node, item)
    }
    const last = query?.getChild('set', RSM)?.getChildText('last') ?? undefined
    // whoever does not know `after` gives the same page for ever
    if (last === undefined || last === after || seen.size === before) break
    after = last
  }
  return [...nodes.values()]
}

async function describeTopic(session: Session, broker: string, item: Element, signal: AbortSignal): Promise<TopicInfo> {
  const node = item.attrs.node ?? ''
  const base = { node, name: item.attrs.name || null }
  const answer = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO, node), signal })
  if (answer.kind === 'away' || answer.kind === 'timeout') throw answerError(answer, `Topic ${node}`)
  if (answer.kind !== 'result') return { ...base, type: 'unknown', meta: {} }
  const query = answer.stanza.getChild('query', DISCO_INFO)
  const configured = configurationIn(await askConfiguration(session, broker, node))
  return { ...base, type: nodeType(query), meta: filled({ ...configured, ...filled(readForm(query)) }) }
}

export function nodeType(query: Element | undefined): TopicInfo['type'] {
  const identity = query?.getChildren('identity').find((i) => i.attrs.category === 'pubsub')
  return identity?.attrs.type === 'leaf' || identity?.attrs.type === 'collection' ? identity.attrs.type : 'unknown'
}

function filled(form: NodeConfiguration): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(form).filter(([, values]) => values.some((value) => value !== '')))
}
