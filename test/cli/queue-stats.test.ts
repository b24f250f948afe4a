import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showStats } from '../../src/cli/queue-stats.ts'
import { GatewayError } from '../../src/errors.ts'
import type { NewDelivery, QueueFilter, Store } from '../../src/store/contract.ts'
import { createMemoryBench } from '../store/memory/bench.ts'
import { delivery, envelope, request } from '../store/support.ts'
import { collector } from './capture.ts'

type Shown = Pick<Store, 'tally' | 'pages' | 'backlog'>

async function stats(store: Shown, asked: QueueFilter, now: number) {
  const shown: string[] = []
  for (const asJson of [false, true]) {
    const [out, err] = [collector(), collector()]
    assert.equal(await showStats(store, asked, asJson, { out: out.stream, err: err.stream, env: {} }, now), 0)
    shown.push(out.text(), err.text())
  }
  return shown
}

test('puts together what differs in figures alone, whose ages it counts, the largest first and then the oldest', async () => {
  await using bench = await createMemoryBench()
  const { store, clock } = bench
  const put = async (name: string, count: number, more: Partial<NewDelivery> = {}) => {
    const rows = Array.from({ length: count }, (_, n) => {
      const reason = more.reason === undefined ? {} : { reason: more.reason.replace('#', `${n}`) }
      return delivery(`${name}-${n}`, { ...more, ...reason })
    })
    await store.accept(envelope(clock, name, rows))
  }
  await put('over', 2)
  const over = (await store.claim(request(clock))).flat()
  await store.settle(over.map(({ id }) => ({ id, to: 'delivered' })))
  await put('other', 1, { destination: 'other', state: 'withheld', reason: 'restriction' })
  await put('day', 2, { state: 'held', reason: 'answered 403 in # ms' })
  await clock.advance(86_400_000 - 3_600_000)
  await put('topic', 1)
  await put('peer', 1, { kind: 'peer' })
  await clock.advance(3_600_000 - 300_000)
  await put('hour', 1, { state: 'held', reason: 'answered 403 in # ms' })
  await clock.advance(1)
  await put('less', 1, { state: 'held', reason: 'answered 403 in # ms' })
  await clock.advance(299_999)
  await put('now', 1, { destination: 'other' })
  await store.pause('peer', 'csirt-b', { since: clock.now(), by: 'alice' })

  const [text, nothing, json] = await stats(store, {}, clock.now())
  assert.equal(nothing, '')
  assert.equal(
    text?.replace(/ +$/gm, ''),
    `TO        STATE     COUNT  <5m  <1h  <1d  older  OLDEST  REASON
incident  held      4      1    1    0    2      24h     answered N in N ms
incident  pending   2      0    0    2    0      60m     
other     withheld  1      0    0    0    1      24h     restriction
other     pending   1      1    0    0    0      0s
peer csirt-b is paused by alice, for 0s
`.replace(/ +$/gm, ''),
  )
  assert.deepEqual(JSON.parse(json ?? '').groups[0], {
    ...{ destination: 'incident', state: 'held', reason: 'answered N in N ms', count: 4, oldestSeconds: 86_400 },
    ages: { '<5m': 1, '<1h': 1, '<1d': 0, older: 2 },
  })

  // and says the same where there are too many to be counted at once
  const manyReasons: Shown = {
    tally: async () => 'too-many',
    pages: (filter) => store.pages(filter),
    backlog: () => store.backlog(),
  }
  for (const asked of [{}, { states: ['delivered', 'held'] }, { limit: 3 }, { destination: 'nowhere' }] as const) {
    assert.deepEqual(await stats(manyReasons, asked, clock.now()), await stats(store, asked, clock.now()))
  }
})

test('goes page by page where counting all of it takes longer than one question may', async () => {
  await using bench = await createMemoryBench()
  const { store, clock } = bench
  await store.accept(envelope(clock, 'one', [delivery('one', {}), delivery('two', { state: 'held', reason: 'x' })]))
  const counted = await stats(store, {}, clock.now())
  const slow: Shown = {
    tally: () => Promise.reject(new GatewayError('store-unavailable', 'a question took over 15 s')),
    pages: (filter) => store.pages(filter),
    backlog: () => store.backlog(),
  }
  assert.deepEqual(await stats(slow, {}, clock.now()), counted)
  const broken: Shown = { ...slow, tally: () => Promise.reject(new TypeError('a mistake')) }
  await assert.rejects(stats(broken, {}, clock.now()), /a mistake/)
})
