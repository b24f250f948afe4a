import { setTimeout as wait } from 'node:timers/promises'
import { within } from '../support/eventually.ts'
import { expectedItems, iodef } from '../support/reports.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { GridUser } from '../support/slixmpp.ts'

/** An item that an independent publisher put on the Topic. */
interface Published {
  readonly incident: string
  readonly version: number
  /** words that stand in this item and in no other */
  readonly mark: string
}

interface PublisherOptions {
  /** publishers side by side, each with incidents of its own */
  readonly lanes: number
  /** ms between two items of one lane, at most */
  readonly pause: number
  readonly random: () => number
}

const INCIDENTS = 10
/** ms that one item may take, the Broker's restart among it; behind that it is a failure, not a wait */
const PATIENCE = 180_000

/** What is being published. Disposing of it gives up what is not confirmed. */
export interface Publishing extends AsyncDisposable {
  readonly published: readonly Published[]
  /** Ends it; what is under way is waited for. */
  stop(): Promise<void>
}

/** Publishes one item after another until stopped; an item that the Broker did not confirm is published again. */
export function startPublishing(
  user: Pick<GridUser, 'publish'>,
  topic: string,
  { lanes, pause, random }: PublisherOptions,
): Publishing {
  const published: Published[] = []
  const stopping = new AbortController()
  let abandoned = false
  const work = Array.from({ length: lanes }, async (_, lane) => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const item = make(lane, n)
      await confirm(item.id, item.xml)
      published.push(item.published)
      await wait(random() * pause, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })

  // told by stop
  for (const lane of work) lane.catch(() => undefined)

  async function confirm(id: string, xml: string): Promise<void> {
    const end = Date.now() + PATIENCE
    for (;;) {
      try {
        return await user.publish(topic, id, xml)
      } catch (error) {
        if (abandoned || Date.now() > end) throw error
        await wait(200)
      }
    }
  }

  return {
    published,
    async stop(): Promise<void> {
      stopping.abort()
      await within(2 * PATIENCE, 'the last items to be confirmed', Promise.all(work))
    },
    async [Symbol.asyncDispose]() {
      abandoned = true
      stopping.abort()
    },
  }
}

/** The XEP-0268 item of one report, with the id that the gateway would give it. */
function make(lane: number, n: number): { published: Published; id: string; xml: string } {
  const incident = `p-${lane}-${n % INCIDENTS}`
  const version = Math.floor(n / INCIDENTS)
  const mark = `version ${version} of ${incident}!`
  const document = iodef({ id: incident, description: `${mark} ${'.'.repeat(n % 7 === 0 ? 8_000 : 50)}` })
  const xml =
    /<Incident .*<\/Incident>/s.exec(document)?.[0].replace('<Incident ', `<Incident xmlns="${IODEF2}" `) ?? ''
  const id = expectedItems(document)[0]?.id ?? ''
  return { published: { incident, version, mark }, id, xml: `<report xmlns="urn:xmpp:incident:2">${xml}</report>` }
}

const IODEF2 = 'urn:ietf:params:xml:ns:iodef-2.0'

/** How the messages at a peer that deduplicates by nothing compare with what was published. */
export function compare(peer: Pick<RidPeer, 'requests'>, published: readonly Published[]) {
  const bodies = new Map<string, string[]>()
  const places = new Map<string, number>()
  const repeats: (readonly [before: number, again: number])[] = []
  const newest = new Map<string, number>()
  const disorder: string[] = []
  let foreign = 0
  for (const [place, { body }] of peer.requests.entries()) {
    const match = /version (\d+) of ([\w-]+)!/.exec(body)
    if (match === null) {
      foreign += 1
      continue
    }
    const [mark, version, incident = ''] = [match[0], Number(match[1]), match[2]]
    const before = bodies.get(mark)
    if (before) {
      before.push(body)
      repeats.push([places.get(mark) ?? 0, place])
    } else {
      bodies.set(mark, [body])
      if (version < (newest.get(incident) ?? -1))
        disorder.push(`${incident}: v${version} after v${newest.get(incident)}`)
      else newest.set(incident, version)
    }
    places.set(mark, place)
  }
  const counts = [...bodies.values()].map((list) => list.length)
  return {
    arrived: bodies.size,
    twice: counts.filter((n) => n === 2).length,
    oftener: counts.filter((n) => n > 2).length,
    /** arrived again as another RID message */
    changed: [...bodies].filter(([, list]) => list.some((body) => body !== list[0])).map(([mark]) => mark),
    lost: published.filter(({ mark }) => !bodies.has(mark)).map(({ mark }) => mark),
    disorder,
    foreign,
    /** where in the row of messages something came, and where the next time */
    repeats,
  }
}
