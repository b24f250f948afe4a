import type { GridConfig } from '../config/types.ts'
import type { GridFinding } from './contract.ts'
import { examineAddresses } from './examine-addresses.ts'
import { examineTopic } from './pubsub/examine-topic.ts'
import { DISCO_INFO, DISCO_ITEMS, disco } from './pubsub/protocol.ts'
import { normalAddress } from './pubsub/readers.ts'
import { examineUpload } from './upload/examine-upload.ts'
import { errorText } from './xmpp/iq.ts'
import type { Session } from './xmpp/session.ts'
import type { ResolveSrv } from './xmpp/srv.ts'

/** ms for one step */
const PATIENCE = 20_000
/** ms that the largest item may take to be read: at Debian's 3 kB/s of ejabberd it takes more */
const PROBE = 60_000
/** bytes a second under which reports pile up */
const SLOW = 50_000

/**
 * What `start` would meet: logs in beside a gateway that may be running, looks at the Broker and at each Topic, and sends one question as
 * long as the largest item. `published`: Topics that a route leads to; `largest`: bytes of a message. Changes nothing, but where an item
 * may go by upload: there a place for a file of one byte is asked for. Never rejects.
 */
export async function examineGrid(
  configured: GridConfig,
  published: ReadonlySet<string>,
  largest = 0,
  resolve?: ResolveSrv,
): Promise<GridFinding[]> {
  // as it will answer
  const config = { ...configured, broker: normalAddress(configured.broker) }
  const { session, findings } = await examineAddresses(config, resolve)
  if (session === undefined) return [...findings]
  try {
    const broker = await examineBroker(session, config.broker)
    if (broker !== undefined) return [...findings, broker]
    const found = [...findings]
    for (const [i, topic] of config.topics.entries()) {
      const look = { session, broker: config.broker, topic, maxItem: config.maxItem }
      for (const { kind, key, message } of await examineTopic({ ...look, published: published.has(topic.name) })) {
        found.push({ kind, path: key === 'maxItem' ? 'grid.maxItem' : `grid.topics[${i}].${key}`, message })
      }
    }
    const upload = await examineUpload(session, config, largest, AbortSignal.timeout(PATIENCE))
    return [...found, ...upload, ...(await examineLine(session, config))]
  } finally {
    await session.close()
  }
}

/** XEP-0030, XEP-0060 §5.1 */
async function examineBroker(session: Session, broker: string): Promise<GridFinding | undefined> {
  const identities = await identitiesOf(session, broker)
  if (Array.isArray(identities) && identities.includes('pubsub/service')) return undefined
  const why = Array.isArray(identities) ? 'it is no publish-subscribe service' : identities
  const others = await brokersOf(session)
  const hint = others.length === 0 ? '' : ` (did you mean ${others.map((other) => `"${other}"`).join(' or ')}?)`
  return { kind: 'problem', path: 'grid.broker', message: `${broker} cannot be used: ${why}${hint}` }
}

/** `category/type` of each; or why they are not known. */
async function identitiesOf(session: Session, to: string): Promise<string[] | string> {
  const answer = await session.request({ to, type: 'get', payload: disco(DISCO_INFO) })
  if (answer.kind === 'error') return `the Controller says ${errorText(answer.error)}`
  if (answer.kind !== 'result') return 'it does not answer'
  const query = answer.stanza.getChild('query', DISCO_INFO)
  return (query?.getChildren('identity') ?? []).map(({ attrs }) => `${attrs.category}/${attrs.type}`)
}

async function brokersOf(session: Session): Promise<string[]> {
  const { domain } = session.address
  const answer = await session.request({ to: domain, type: 'get', payload: disco(DISCO_ITEMS) })
  if (answer.kind !== 'result') return []
  const items = answer.stanza.getChild('query', DISCO_ITEMS)?.getChildren('item') ?? []
  const found: string[] = []
  for (const service of items.slice(0, 20).flatMap(({ attrs }) => attrs.jid ?? [])) {
    const identities = await identitiesOf(session, service)
    if (Array.isArray(identities) && identities.includes('pubsub/service')) found.push(service)
  }
  return found
}

/** One question as long as the largest item: does the Controller take it, and how fast? Last of all, as it may end the stream. */
async function examineLine(session: Session, { maxItem, broker }: GridConfig): Promise<GridFinding[]> {
  const begun = performance.now()
  const payload = `<probe xmlns="urn:x-iodef-gateway:probe">${'x'.repeat(maxItem)}</probe>`
  const signal = AbortSignal.timeout(PROBE)
  const answer = await session.request({ to: broker, type: 'get', payload, size: 2 * maxItem + 65_536, signal })
  const path = 'grid.maxItem'
  if (answer.kind === 'away' && !signal.aborted) {
    const reason = await session.closed
    const said = typeof reason.fields.said === 'string' ? ` (it says ${reason.fields.said})` : ''
    const message = `the Controller ends the stream at a stanza of ${maxItem} bytes${said}: lower it, or raise its limit (Prosody: c2s_stanza_size_limit; ejabberd: max_stanza_size)`
    return [{ kind: 'problem', path, message }]
  }
  const rate = maxItem / ((performance.now() - begun) / 1000)
  if (answer.kind !== 'away' && rate > SLOW) return []
  const remedy = 'lift its rate limit for this account (Prosody: unlimited_jids; ejabberd: c2s_shaper)'
  const message = `the Controller takes ${answer.kind === 'away' ? 'less than ' : ''}${Math.round(rate / 1000)} kB/s: reports pile up. In its configuration, ${remedy}`
  return [{ kind: 'warning', path: 'grid.service', message }]
}
