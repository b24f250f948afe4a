import type { WholeStore } from '../../src/store/whole-store.ts'
import type { VirtualClock } from '../support/clock.ts'
import { delivery, envelope, request, sha } from './support.ts'

/** Of whom most of what is put in is. */
export const INCIDENT = 'csirt-a.example 7'

/** What is put in first, and is a repeat when it comes again. */
export const FIRST = [
  delivery('A', {
    incident: INCIDENT,
    group: { id: 'g', items: [sha('A'), sha('missing')] },
    also: ['x 8'],
    apart: sha('apart'),
  }),
  delivery('B', { incident: INCIDENT, kind: 'peer', destination: 'csirt-b' }),
  delivery('C', { state: 'held', reason: 'as it is', bound: { name: 'b', most: 3, each: 3 } }),
]

/** Something of each kind that a store can have: a row in each table. */
export async function putEach(store: WholeStore, clock: VirtualClock): Promise<void> {
  const incident = INCIDENT
  const seen = (itemId: string) => ({ topic: 'incident', itemId, digest: 'd', at: clock.now() })
  const trace = [{ at: clock.now(), incident, event: 'accepted', fields: { n: 1, text: '漢"\\{}' } }]
  await store.accept(envelope(clock, 'one', FIRST), trace)
  const again = FIRST.slice(0, 1).map(({ also: _also, apart: _apart, ...row }) => row)
  await store.accept(envelope(clock, 'again', again, { source: 'csirt-c' }))
  await store.accept(envelope(clock, 'next', [delivery('D', { incident })]))
  await store.markSeen([seen('1'), seen('x'.repeat(1000)), seen('2')])
  await store.pause('peer', 'csirt-b', { since: 5, by: 'somebody' })
  await store.ask(
    {
      ...{ id: 'q', asker: 'csirt-a', address: null, msgType: 'Query', incident, digest: sha('q'), question: '<q/>' },
      ...{ opened: clock.now(), pendingAt: null, expires: clock.now() + 1000 },
    },
    [{ kind: 'peer', target: 'csirt-b', delivery: delivery('Q', { kind: 'peer', destination: 'csirt-b' }) }],
    { open: 9, all: 9, since: 0 },
    () => ({ change: { answers: [{ leg: 0, msgType: 'Report', digest: 'a', body: '<a/>' }] } }),
  )
  await clock.advance(5)
  const record = {
    ...{ topic: 'incident', item: '2', content: sha('content'), takenIn: clock.now(), from: 1, to: null, detected: 3 },
    ...{
      rating: 2,
      confidence: 0.25,
      needed: ['public'],
      body: '<r/>',
      terms: [{ kind: 'port', lo: '0080', hi: '0090' }],
    },
  }
  const cameBy = { direction: 'grid-to-rid', source: 'incident', record } as const
  const peers = ['p', 'q'].map((destination) => delivery('R', { kind: 'peer', destination, payload: 'the same' }))
  await store.accept(envelope(clock, 'item', peers, cameBy))
  const rest = (rows: number) => ({ at: clock.now(), incident: 'x 9', event: 'refused', fields: { rows } })
  for (let n = 0; n < 3; n += 1) await store.record([rest(0)], { source: 'csirt-z', most: 1, rest })
  // leased, delivered, withheld, tried, and one that waits for what becomes of the same in other words
  const one = (item: string, more = {}) => delivery(item, { destination: 'second', incident: `y ${item}`, ...more })
  for (const item of ['E', 'F', 'G', 'H', 'I']) await store.accept(envelope(clock, item, [one(item)]))
  await store.accept(envelope(clock, 'I again', [one('I', { payload: 'other', origin: 'somebody' })]))
  const taken = (await store.claim(request(clock, { destination: 'second', limit: 4 }))).flat().map(({ id }) => id)
  await store.settle([
    { id: taken[0] ?? '', to: 'delivered', note: 'Pending' },
    { id: taken[1] ?? '', to: 'withheld', reason: 'policy' },
    { id: taken[2] ?? '', to: 'pending', nextAttempt: clock.now() + 50, reason: 'away', countAttempt: true },
  ])
  await clock.advance(5)
}

/** All that somebody may ask of it. */
export async function told(store: WholeStore) {
  const list = await store.list()
  return {
    list,
    shown: await Promise.all(list.map(({ id }) => store.show(id))),
    backlog: await store.backlog(),
    trace: [await store.trace('7'), await store.trace('x 9')],
    seen: [await store.cursor('incident'), await store.seenIds('incident', ['1', '2', 'x'.repeat(1000), 'never'])],
    sources: await store.sourcesOf(sha('A')),
    exchanges: await store.exchange('q'),
    counts: await store.exchangeCounts(),
    bytes: await store.unsettledBytes('topic', 'csirt-a'),
    archive: await store.find({ topics: ['incident'], needed: [['public']], terms: [], limit: 9, most: 9 }),
  }
}
