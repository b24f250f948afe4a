import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { runs, withChance } from '../support/arbitraries.ts'
import { boot } from '../support/boot.ts'
import { createWorld, members } from '../support/e2e.ts'
import { makeJourneys } from '../support/journeys.ts'
import { oddDocument } from '../support/odd-content.ts'

const EACH = 70

describe('generated reports, from a RID client to slixmpp', () => {
  for (const [kind, durable] of [
    ['prosody', true],
    ['prosody', false],
    ['ejabberd', true],
  ] as const) {
    test(`what is approved comes back equal through ${kind}${kind === 'prosody' ? (durable ? ' (sql)' : ' (memory)') : ''}, the rest has a reason`, async () => {
      await using world = await createWorld(kind, { durable, stanzaLimit: 1_000_000 })
      const site = await world.site({
        peers: [{ name: 'csirt-a', publish: ['incident'] }],
        topics: [
          {
            ...{ name: 'incident', create: true, members: members(world.broker.domain) },
            restrictions: ['public', 'partner', 'need-to-know', 'private', 'default'],
          },
        ],
      })
      world.use(await boot(site))
      await site.ready()
      const client = world.use(await site.client('csirt-a'))
      const subscriber = await world.user('subscriber')
      await subscriber.subscribe('incident')
      const { seed, numRuns } = runs(EACH)
      const makers = fc.sample(
        withChance((c) => (n: number) => oddDocument(c, n)),
        { seed, numRuns },
      )
      const documents = makers.map((make, n) => make(n))
      const { approved, denied, failures } = await makeJourneys(documents, client, subscriber, 'incident')
      assert.deepEqual(failures, [])
      assert.ok(approved > EACH / 3 && denied > EACH / 10, `${approved} approved, ${denied} denied`)
      const { held } = await site.backlog()
      assert.equal(held, 0)
    })
  }
})
