import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { ROOT, start } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { createPair, documentOf, type Pair } from '../support/pair-on-one-store.ts'
import { ridReport } from '../support/reports.ts'
import type { Site } from '../support/site.ts'

/** The version after this one, which has a migration more. */
const NEXT = { NODE_OPTIONS: `--import=${pathToFileURL(`${ROOT}test/support/next-version.ts`).href}` }

describe('an upgrade of two gateways on one store, one after the other', () => {
  let pair: Pair
  const version = async () => Number(await pair.server.psql('SELECT max(version) FROM iodef_gateway.migration'))

  before(async () => {
    pair = await createPair()
  })
  after(() => pair?.[Symbol.asyncDispose]())

  test('refuses no report, loses none, and shows each once, while versions are side by side', async () => {
    const { server, sites, running, shown, sent } = pair
    const before = await version()
    let stopping: Site | undefined
    let isOver = false
    let isMixed = false
    const taken: string[] = []
    const refused: string[] = []
    /** taken at that one, while both versions were at work */
    const beside = [0, 0] as [number, number]

    /** Was it taken? */
    async function postAt(to: 0 | 1, id: string): Promise<boolean> {
      const site = sites[to]
      await using client = await site.client('csirt-a')
      const answer = await client.post(ridReport(documentOf(id))).catch(() => undefined)
      if (answer?.status === 200) {
        taken.push(id)
        if (isMixed) beside[to] += 1
        return true
      }
      const mayBe = answer === undefined || (answer.status === 503 && site === stopping)
      if (!mayBe) refused.push(`${id}: ${answer.status} ${answer.body}`)
      return false
    }
    /** As a client behind a balancer: a connection each, and where one gateway takes none, the other. */
    async function post(id: string, first: 0 | 1): Promise<void> {
      for (let to = first; !(await postAt(to, id)); to = to === 0 ? 1 : 0) await wait(50)
    }
    async function keepOn(name: number): Promise<void> {
      for (let n = 0; !isOver; n += 1) {
        await post(`upgrade-${name}-${n}`, n % 2 === 0 ? 0 : 1)
        await wait(60)
      }
    }
    async function replace(which: 0 | 1): Promise<void> {
      stopping = sites[which]
      assert.equal(await running[which].stop(), 0)
      running[which] = start(sites[which].configFile, NEXT)
      await running[which].serving
      stopping = undefined
      await sites[which].ready()
    }

    const senders = [0, 1, 2].map(keepOn)
    /** A refusal need not wait for what does not come then. */
    const until = (what: string, isSo: () => boolean) => eventually(what, () => refused.length > 0 || isSo())
    try {
      await until('reports to be taken', () => taken.length > 10)
      await replace(0)
      assert.equal(await version(), before + 1, 'the first of the new version has brought the tables there')
      isMixed = true
      await until('both versions to take reports', () => beside[0] >= 8 && beside[1] >= 8)
      const sofar = [...taken]
      await until('what they took to be on the Topic and at the peer', () =>
        sofar.every((id) => shown(id) > 0 && sent(id) > 0),
      )
      isMixed = false
      assert.deepEqual(refused, [])
      await replace(1)
      const last = taken.length
      await until('reports to be taken by the new version alone', () => taken.length > last + 6)
    } finally {
      isOver = true
    }
    assert.deepEqual(refused, [])
    await Promise.all(senders)

    await eventually('all to be everywhere', () => taken.every((id) => shown(id) > 0 && sent(id) > 0), { ms: 60_000 })
    for (const site of sites) await site.drained()
    assert.deepEqual(
      taken.filter((id) => shown(id) !== 1),
      [],
      'on the Topic once',
    )
    assert.deepEqual(
      taken.filter((id) => sent(id) > 2),
      [],
      'at the peer twice at most',
    )
    const states = await server.psql('SELECT state, count(*) FROM iodef_gateway.delivery GROUP BY state')
    assert.match(states, /^2\|\d+$/, 'all is delivered')
  })
})
