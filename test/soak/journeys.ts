import fc from 'fast-check'
import { withChance } from '../support/arbitraries.ts'
import { boot } from '../support/boot.ts'
import { createWorld, members } from '../support/e2e.ts'
import { ENCODINGS, encodeDocument } from '../support/encode.ts'
import { makeJourneys } from '../support/journeys.ts'
import { oddDocument } from '../support/odd-content.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

const AT_ONCE = 200

interface Options extends ProofOptions {
  /** [true] */
  readonly durable?: boolean
}

/**
 * `count` generated reports, of every encoding, from a RID client to slixmpp: each is either approved, and comes back equal, or refused
 * with a reason; nothing is held. Names of all editions, `xml:` attributes and elements, depth to the limit.
 */
export const journeys = async ({ kind, count, seed, say, durable = true }: Options): Promise<Findings> => {
  const failures = createFailures()
  await using world = await createWorld(kind, { durable, maxItems: 100_000, stanzaLimit: 1_000_000 })
  const site = await world.site({
    topics: [
      {
        ...{ name: 'incident', create: true, members: members(world.broker.domain) },
        restrictions: ['public', 'partner', 'need-to-know', 'private', 'default'],
      },
    ],
  })
  world.use(await boot(site))
  await site.ready()
  const client = world.use(await site.client('csirt-a', { keepAlive: true }))
  const subscriber = await world.user('subscriber')
  await subscriber.subscribe('incident')
  const arbitrary = withChance((c) => (n: number) => oddDocument(c, n))
  let [approved, denied, other] = [0, 0, 0]
  for (let done = 0; done < count; done += AT_ONCE) {
    const numRuns = Math.min(AT_ONCE, count - done)
    const makers = fc.sample(arbitrary, { seed: seed + done, numRuns })
    const postings = makers.map((make, n) => {
      const text = make(done + n)
      const encoding = ENCODINGS[(done + n) % ENCODINGS.length] ?? 'utf-8'
      const bytes = encodeDocument(text, encoding)
      if (bytes !== undefined && !encoding.startsWith('utf')) other += 1
      return { text, bytes: bytes ?? Buffer.from(text) }
    })
    const found = await makeJourneys(postings, client, subscriber, 'incident')
    approved += found.approved
    denied += found.denied
    for (const failure of found.failures) failures.add('journey', failure)
    say(`${done + numRuns} reports, ${approved} approved, ${denied} denied, ${failures.list.length} wrong`)
  }
  const { held, withheld, pending } = await site.backlog()
  if (held + withheld + pending > 0) failures.add('left', `${held} held, ${withheld} withheld, ${pending} pending`)
  return {
    failures: failures.all(),
    figures: {
      reports: count,
      'approved, and back equal': approved,
      'denied with a reason': denied,
      'in code pages': other,
      encodings: ENCODINGS.length,
    },
  }
}
