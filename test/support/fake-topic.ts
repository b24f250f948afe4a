import type { TopicConfig } from '../../src/config/types.ts'
import { createXmppGrid, type XmppGridOptions } from '../../src/grid/xmpp-grid.ts'
import { answer, FAKE_DOMAIN, type FakeIq, type FakeScript, startFakeController } from './fake-controller.ts'
import { type fakeCertificates, fakeGridConfig } from './fake-grid.ts'
import { topicConfig } from './grid-config.ts'
import { LogLines, type Recorder } from './recorder.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'
export const TIMING = { min: 10, max: 50, topicRetry: 100, resync: 60_000 }

export const item = (id: string, text = id) => `<item id="${id}"><a xmlns="urn:x">${text}</a></item>`

/** A list of ids, and what XEP-0059 adds to it. */
export function listAnswer(iq: FakeIq, ids: readonly string[], set = ''): string {
  const items = ids.map((id) => `<item jid="pubsub.${FAKE_DOMAIN}" name="${id}"/>`).join('')
  return answer(iq, `<query xmlns="http://jabber.org/protocol/disco#items" node="incident">${items}${set}</query>`)
}

export function errorAnswer(iq: FakeIq, condition: string, type = 'cancel'): string {
  const error = `<error type="${type}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
  return `<iq type="error" id="${iq.id}" from="${iq.to}">${error}</iq>`
}

/** Does it ask for what is retained? */
export function asksForRetained(iq: FakeIq): boolean {
  return (
    iq.type === 'get' && (iq.xml.includes('<items') || (iq.xml.includes('disco#items') && iq.xml.includes('node=')))
  )
}

/** A Broker that keeps items in Topic order, as Prosody does: newest first in lists, no paging. */
export class FakeTopic {
  readonly items = new Map<string, string>()
  /** answers over every limit for these ids */
  readonly huge = new Set<string>()
  /** lists the oldest first, as ejabberd does */
  oldestFirst = false
  lists = 0
  fetched: string[][] = []

  readonly onIq = (iq: FakeIq): string | undefined => {
    if (iq.xml.includes('disco#items') && iq.xml.includes('node=')) {
      this.lists += 1
      const ids = [...this.items.keys()]
      return listAnswer(iq, this.oldestFirst ? ids : ids.reverse())
    }
    if (!iq.xml.includes('<items')) return undefined
    const wanted = [...iq.xml.matchAll(/<item id="([^"]*)"/g)].map((match) => match[1] ?? '')
    const newest = Number(/max_items="(\d+)"/.exec(iq.xml)?.[1] ?? 0)
    const ids = newest > 0 ? [...this.items.keys()].slice(-newest) : wanted
    if (newest === 0) this.fetched.push(ids)
    const content = ids.flatMap((id) =>
      this.huge.has(id) ? item(id, 'x'.repeat(9_000_000)) : (this.items.get(id) ?? []),
    )
    return answer(iq, `<pubsub xmlns="${PUBSUB}"><items node="incident">${content.join('')}</items></pubsub>`)
  }

  add(...ids: string[]): void {
    for (const id of ids) this.items.set(id, item(id))
  }
}

interface Joining {
  readonly made: Pick<ReturnType<typeof fakeCertificates>, 'ca' | 'certificate'>
  readonly script: Partial<FakeScript>
  readonly recorder: Recorder
  readonly options: Partial<XmppGridOptions>
  readonly topic?: Partial<TopicConfig>
}

/** A gateway's grid side that has joined Topic `incident` at a Controller that fails by script. */
export async function join({ made, script, recorder, options, topic = {} }: Joining) {
  const fake = await startFakeController({ certificate: made.certificate, ...script })
  const config = fakeGridConfig(fake, made.ca.cert, { topics: [topicConfig(topic)] })
  const log = new LogLines(recorder)
  const { tell } = log
  const grid = createXmppGrid({ config, consume: ['incident'], handlers: recorder, tell, timing: TIMING, ...options })
  grid.start()
  await grid.whenUp(AbortSignal.timeout(30_000))
  const end = async () => {
    await grid[Symbol.asyncDispose]()
    await fake[Symbol.asyncDispose]()
  }
  return { fake, grid, recorder, log, [Symbol.asyncDispose]: end }
}
