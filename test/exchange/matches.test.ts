import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NewRecord } from '../../src/store/archive.ts'
import { envelope } from '../store/support.ts'
import { byNumber, documentText, incidentText, ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { ASKER, EXCHANGES, message, OTHER, openBench, tokenOf } from './bench.ts'

type Bench = Awaited<ReturnType<typeof openBench>>

const show = (t: Bench, n: number, restriction = 'public', topic = 'incident') =>
  t.show(documentText([incidentText({ id: `${n}`, attributes: ` restriction="${restriction}"` })]), topic)

/** All that was taken in since 1970 (RFC 6545 §6.5): whatever may be seen. */
const everything = () =>
  ridText(
    documentText([incidentText({ id: 'q', content: '' })]).replace(
      /<GenerationTime>/,
      '<ReportTime>1970-01-01T00:00:00Z</ReportTime>$&',
    ),
    {
      msgType: 'Query',
    },
  )

describe('a Query that fits', () => {
  for (const [matches, sizes] of [
    [1, [1]],
    [5, [5]],
    [6, [5, 1]],
    [51, [5, 5, 5, 5, 5, 5, 5, 5, 5, 5]],
  ] as const) {
    test(`${matches} has the newest 50 of them, five in a message, and nothing that may not be seen`, async () => {
      await using t = await openBench()
      for (let n = 1; n <= matches; n++) await show(t, n)
      await show(t, 1001, 'private')
      await show(t, 1002, 'public', 'other')
      const answer = await t.post(everything())
      if (sizes.length > 1) {
        tokenOf(answer)
        t.engine.start()
        await eventually('all are there', () => t.posted.length === sizes.length)
      }
      const shown = sizes.length > 1 ? t.posted.map(({ inspection }) => inspection) : [message(answer)]
      assert.deepEqual(
        shown.map(({ document }) => document?.incidents.length),
        sizes,
      )
      const first = Math.max(1, matches - 49)
      assert.deepEqual(
        shown.flatMap(({ document }) => document?.incidents.map(({ id }) => Number(id.id)) ?? []),
        Array.from({ length: matches - first + 1 }, (_, i) => first + i),
      )
    })
  }
})

describe('a Query that more than 10,000 fit', () => {
  const record = (n: number): NewRecord => ({
    ...{ topic: 'incident', item: `${n}`, content: `${n}`, takenIn: 1000 + n, from: n, to: n, detected: null },
    ...{ rating: null, confidence: null, needed: ['public'], terms: [], body: 'not looked at' },
  })
  const fill = async (t: Bench, topic: string, count: number) => {
    const all = Array.from({ length: count }, (_, n) => ({ ...record(n), topic }))
    await Promise.all(
      all.map((one) =>
        t.store.accept(
          envelope(t.clock, `${topic} ${one.item}`, [], { direction: 'grid-to-rid', source: topic, record: one }),
        ),
      ),
    )
  }

  test('is denied for want of resources, at once, and counts as asked', async () => {
    await using t = await openBench({ exchanges: { ...EXCHANGES, rate: 2 } })
    await fill(t, 'incident', 10_001)
    const began = performance.now()
    for (let i = 0; i < 2; i++) {
      const { rid } = message(await t.post(everything()))
      assert.deepEqual(rid?.requestStatus, { AuthorizationStatus: 'Denied', Justification: 'SystemResource' })
    }
    assert.ok(performance.now() - began < 5000)
    assert.equal((await t.store.exchangeCounts()).open, 0)
    const limited = await t.post(everything())
    assert.equal(limited.kind === 'problem' && limited.problem.status, 429)
  })

  test('which its sender may not see, has what it may see', async () => {
    await using t = await openBench()
    await fill(t, 'other', 10_001)
    await show(t, 1)
    assert.equal(message(await t.post(everything())).document?.incidents.length, 1)
  })

  test('goes on to whom else the route asks', async () => {
    await using t = await openBench({ routes: [{ match: { type: ['Query'] }, ask: ['archive', 'peer:csirt-b'] }] })
    await fill(t, 'incident', 10_001)
    t.engine.start()
    const waiting = t.post(everything())
    await eventually('it is asked on', () => t.posted.some(({ to }) => to === OTHER.name))
    const [exchange] = await t.store.listExchanges({ limit: 1 })
    assert.equal(exchange?.legs[0]?.state, 'denied')
    await t.clock.advance(EXCHANGES.hold)
    await waiting
  })
})

test('what is withheld and what is not there are answered with the same bytes, but for the number', async () => {
  await using t = await openBench()
  await show(t, 11, 'private')
  await show(t, 12, 'public', 'other')
  const [withheld, elsewhere, absent] = await Promise.all(
    ['11', '12', '13'].map(async (id) => message(await t.post(byNumber(id), ASKER)).xml.replaceAll(id, 'N')),
  )
  assert.equal(withheld, absent)
  assert.equal(elsewhere, absent)
})
