import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NewRecord, RecordQuery } from '../../src/store/archive.ts'
import type { NewDelivery } from '../../src/store/contract.ts'
import type { AskLimits, ExchangeChange, NewExchange, StoredAnswer } from '../../src/store/exchanges.ts'
import { type Bench, delivery, envelope, request, sha } from './support.ts'

const LIMITS: AskLimits = { open: 2, all: 3, since: Number.POSITIVE_INFINITY }

function question(id: string, more: Partial<NewExchange> = {}): NewExchange {
  return {
    id,
    asker: 'csirt-a',
    address: '192.0.2.65',
    msgType: 'Query',
    incident: 'csirt-b.example 7',
    digest: sha(id),
    question: `<question>${id}</question>`,
    opened: 1000,
    pendingAt: 5000,
    expires: 9000,
    ...more,
  }
}

const to = (change: ExchangeChange) => () => ({
  change,
  trace: [{ at: 1, incident: 'csirt-b.example 7', event: 'asked', fields: {} }],
})
const answer = (text: string, leg = 0) => ({ leg, msgType: 'Report', digest: sha(text), body: text })
const carrying = ({ body }: StoredAnswer): NewDelivery =>
  delivery(body, { kind: 'peer', destination: 'csirt-a', payload: body })
const ARCHIVE = { kind: 'archive', target: '' } as const

/** What every implementation of the roles Exchanges and Archive does. */
export function testExchanges(name: string, createBench: () => Promise<Bench>): void {
  describe(`${name}: questions`, () => {
    test('are kept with whom they are asked of, and what that answered at once', async () => {
      await using bench = await createBench()
      const { store } = bench
      const asked = await store.ask(
        question('one'),
        [ARCHIVE],
        LIMITS,
        to({ legs: [{ n: 0, state: 'answered' }], answers: [answer('a')], sent: [0], outcome: 'answered' }),
      )
      assert.ok(asked.outcome === 'opened')
      const kept = await store.exchange('one')
      assert.deepEqual(kept, asked.exchange)
      assert.equal(kept?.state, 'answered', 'its answer went with the response')
      assert.deepEqual(
        kept?.answers.map(({ body, sent }) => [body, sent !== null]),
        [['a', true]],
      )
      assert.equal(kept?.legs[0]?.state, 'answered')
      assert.equal((await store.trace('7')).length, 1)
      assert.deepEqual(await store.exchangeCounts(), { open: 0, answered: 1, denied: 0, expired: 0, cancelled: 0 })
    })

    test('are the same while they are open, and for a while after', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.ask(question('one'), [ARCHIVE], LIMITS, () => undefined)
      const again = await store.ask(question('two', { digest: sha('one') }), [ARCHIVE], LIMITS, () => undefined)
      assert.ok(again.outcome === 'known' && again.exchange.id === 'one')
      const other = question('three', { digest: sha('one'), asker: 'csirt-b' })
      assert.equal((await store.ask(other, [ARCHIVE], LIMITS, () => undefined)).outcome, 'opened')
      const known = (since: number) => store.known({ asker: 'csirt-a' }, sha('one'), since)
      assert.equal(await known(clock.now()), 'one')
      await store.change('one', to({ state: 'expired' }))
      assert.equal(await known(clock.now()), 'one')
      assert.equal(await known(clock.now() + 1), undefined)
      const late = await store.ask(
        question('four', { digest: sha('one') }),
        [],
        { ...LIMITS, since: clock.now() },
        to({}),
      )
      assert.ok(late.outcome === 'known' && late.exchange.id === 'one')
      const fresh = await store.ask(question('five', { digest: sha('one') }), [], LIMITS, () => undefined)
      assert.ok(fresh.outcome === 'opened' && fresh.exchange.id === 'five')
    })

    test('are bounded for each asker, and in all', async () => {
      await using bench = await createBench()
      const { store } = bench
      const put = (id: string, asker: string) => store.ask(question(id, { asker }), [], LIMITS, () => undefined)
      for (const id of ['1', '2']) assert.equal((await put(id, 'csirt-a')).outcome, 'opened')
      assert.deepEqual(await put('3', 'csirt-a'), { outcome: 'full', of: 'asker' })
      assert.equal((await put('4', 'csirt-b')).outcome, 'opened')
      assert.deepEqual(await put('5', 'csirt-c'), { outcome: 'full', of: 'all' })
      assert.equal(await store.exchange('5'), undefined)
    })

    test('have answers that go out as deliveries, and close when the last has come', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.ask(question('one'), [ARCHIVE], LIMITS, to({ token: 'T', answers: [answer('a'), answer('b')] }))
      await store.change('one', to({ deliver: carrying, outcome: 'answered' }))
      await store.change('one', to({ deliver: carrying }))
      const peer = { kind: 'peer', destination: 'csirt-a' } as const
      const units = await store.claim(request(clock, peer))
      assert.deepEqual(
        units.flat().map(({ payload, direction, source }) => [payload, direction, source]),
        [
          ['a', 'rid-to-rid', 'csirt-a'],
          ['b', 'rid-to-rid', 'csirt-a'],
        ],
      )
      const [first, second] = units.flat().map(({ id }) => id)
      await store.settle([{ id: first!, to: 'delivered' }])
      assert.equal((await store.exchange('one'))?.state, 'open')
      await store.settle([{ id: second!, to: 'delivered' }])
      const kept = await store.exchange('one')
      assert.deepEqual([kept?.state, kept?.token], ['answered', 'T'])
      assert.ok(kept?.answers.every(({ sent }) => sent !== null))
    })

    test('close when policy keeps back what is left, of which nobody says that it was sent', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.ask(question('one'), [ARCHIVE], LIMITS, to({ token: 'T', answers: [answer('a'), answer('b')] }))
      await store.change('one', to({ deliver: carrying }))
      const units = await store.claim(request(clock, { kind: 'peer', destination: 'csirt-a' }))
      const [first, second] = units.flat().map(({ id }) => id)
      await store.settle([{ id: first!, to: 'withheld', reason: 'policy' }])
      await store.change('one', to({ outcome: 'answered' }))
      assert.equal((await store.exchange('one'))?.state, 'open')
      await store.settle([{ id: second!, to: 'withheld', reason: 'policy' }])
      const kept = await store.exchange('one')
      assert.equal(kept?.state, 'answered')
      assert.ok(kept?.answers.every(({ sent }) => sent === null))
    })

    test('of others than peers are theirs alone, under a name that a peer may have', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.ask(question('one'), [ARCHIVE], LIMITS, () => undefined)
      const jid = { askerKind: 'jid', asker: 'csirt-a' } as const
      const other = question('two', { digest: sha('one'), ...jid })
      assert.equal((await store.ask(other, [ARCHIVE], LIMITS, () => undefined)).outcome, 'opened')
      assert.equal(await store.known(jid, sha('one'), clock.now()), 'two')
      assert.equal(await store.known({ asker: 'csirt-a' }, sha('one'), clock.now()), 'one')
      const most = { ...LIMITS, open: 1, all: 9 }
      const third = (kind: 'jid' | 'topic') => {
        return store.ask(question(kind, { ...jid, askerKind: kind }), [ARCHIVE], most, () => undefined)
      }
      assert.deepEqual(await third('jid'), { outcome: 'full', of: 'asker' })
      assert.equal((await third('topic')).outcome, 'opened')
      const kinds = (await store.listExchanges({ limit: 9 })).map(({ askerKind }) => askerKind)
      assert.deepEqual(kinds, ['peer', 'jid', 'topic'])
    })

    test('are asked from another place later, and some of their answers are not sent', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const none = { ...answer('none', -1), msgType: 'Acknowledgement' }
      await store.ask(question('one'), [ARCHIVE], LIMITS, to({ token: 'T', answers: [answer('a'), none] }))
      const deliver = (one: StoredAnswer) => (one.msgType === 'Report' ? carrying(one) : undefined)
      const moved = await store.change('one', to({ address: '192.0.2.66', deliver, outcome: 'answered' }))
      assert.equal(moved?.address, '192.0.2.66')
      assert.deepEqual(
        moved?.answers.map(({ sent }) => sent !== null),
        [false, true],
      )
      const [unit = []] = await store.claim(request(clock, { kind: 'peer', destination: 'csirt-a' }))
      await store.settle(unit.map(({ id }) => ({ id, to: 'delivered' })))
      assert.equal((await store.exchange('one'))?.state, 'answered')
    })

    test('are asked on in the same commit, and an answer of a leg counts once', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const on = delivery('on', { kind: 'peer', destination: 'csirt-b' })
      await store.ask(question('one'), [{ kind: 'peer', target: 'csirt-b', delivery: on }], LIMITS, () => undefined)
      assert.equal((await store.claim(request(clock, { kind: 'peer', destination: 'csirt-b' }))).length, 1)
      for (let i = 0; i < 2; i++) await store.change('one', to({ answers: [answer('a')] }))
      await store.change('one', to({ answers: Array.from({ length: 60 }, (_, i) => answer(String(i))) }))
      assert.equal((await store.exchange('one'))?.answers.length, 50)
    })

    for (const kind of ['peer', 'jid'] as const)
      test(`of two askers are asked once of a ${kind}, while the first has no answer to it`, async () => {
        await using bench = await createBench()
        const { store, clock } = bench
        const limits = { ...LIMITS, open: 9, all: 9 }
        const ask = (id: string, asker: string, digest = sha('same')) =>
          store.ask(
            question(id, { asker, digest }),
            [ARCHIVE, { kind, target: 'b.example', delivery: delivery(id, { kind, destination: 'b.example' }) }],
            limits,
            () => undefined,
          )
        const asked = async () => {
          const claimed = await store.claim(request(clock, { kind, destination: 'b.example', limit: 9 }))
          return claimed.flat().map(({ item }) => item)
        }
        await ask('one', 'csirt-a')
        await ask('two', 'csirt-c')
        await ask('three', 'csirt-d')
        await ask('other', 'csirt-d', sha('other'))
        assert.deepEqual(await asked(), [sha('one'), sha('other')])
        const of = (...ids: string[]) => ids.map((exchange) => ({ exchange, n: 1 }))
        assert.deepEqual(await store.sharing('one', 1), of('two', 'three'))
        assert.deepEqual(await store.sharing('two', 1), of('one', 'three'))
        assert.deepEqual(await store.sharing('one', 0), [])
        assert.deepEqual(await store.sharing('other', 1), [])
        await store.change('one', to({ state: 'cancelled', legs: [{ n: 1, state: 'expired' }] }))
        assert.deepEqual(await store.sharing('one', 1), of('two', 'three'))
        await ask('four', 'csirt-e')
        assert.deepEqual(await store.sharing('one', 1), of('two', 'three', 'four'))
        for (const id of ['two', 'three', 'four']) await store.change(id, to({ legs: [{ n: 1, state: 'answered' }] }))
        assert.deepEqual(await store.sharing('one', 1), of('two', 'three', 'four'), 'there may be more answers')
        await ask('five', 'csirt-f')
        assert.deepEqual(await asked(), [sha('five')])
      })

    test('that are held are asked on in the commit that says so, and are of whom is asked from then on', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const asked = [
        { kind: 'peer', destination: 'csirt-b' },
        { kind: 'jid', destination: 'soc@grid.example/tool' },
      ] as const
      for (const [i, { kind, destination }] of asked.entries()) {
        await store.ask(question(`q${i}`), [{ kind: 'held', target: '' }], LIMITS, () => undefined)
        assert.equal((await store.claim(request(clock, { kind, destination }))).length, 0)
        await store.change(`q${i}`, to({ ask: [{ n: 0, delivery: delivery('on', { kind, destination }) }] }))
        const [unit] = await store.claim(request(clock, { kind, destination }))
        assert.deepEqual([unit?.[0]?.kind, unit?.[0]?.destination], [kind, destination])
        const [leg] = (await store.exchange(`q${i}`))?.legs ?? []
        assert.deepEqual([leg?.kind, leg?.target, leg?.state], [kind, destination, 'waiting'])
      }
    })

    test('queue what is left to do in the commit that closes them, for each leg that has a token by then', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const topic = { kind: 'topic', destination: 'questions' } as const
      const leg = (what: string) => ({ kind: 'topic', target: 'questions', afterwards: delivery(what, topic) }) as const
      const queued = async () => (await store.claim(request(clock, topic))).flat().map(({ payload }) => payload)
      await store.ask(question('one'), [leg('retract'), leg('never')], LIMITS, to({ token: 'T' }))
      await store.change('one', to({ legs: [{ n: 0, state: 'promised', token: sha('item') }] }))
      await store.change('one', to({ answers: [answer('a')], deliver: carrying, outcome: 'answered' }))
      assert.deepEqual(await queued(), [])
      const [unit] = await store.claim(request(clock, { kind: 'peer', destination: 'csirt-a' }))
      await store.settle([{ id: unit![0]!.id, to: 'delivered' }])
      assert.equal((await store.exchange('one'))?.state, 'answered')
      assert.deepEqual(await queued(), [delivery('retract', topic).payload])
      for (const state of ['expired', 'cancelled'] as const) {
        await store.ask(
          question(state),
          [leg(state)],
          { ...LIMITS, all: 9 },
          to({ legs: [{ n: 0, state: 'waiting', token: sha(state) }] }),
        )
        await store.change(state, to({ state }))
        assert.deepEqual(await queued(), [delivery(state, topic).payload])
        await store.change(state, to({ state: 'cancelled' }))
        assert.deepEqual(await queued(), [])
      }
    })

    test('are found by token and peer, and by incident', async () => {
      await using bench = await createBench()
      const { store } = bench
      await store.ask(question('one'), [{ kind: 'peer', target: 'csirt-b' }], LIMITS, () => undefined)
      await store.ask(question('two'), [{ kind: 'peer', target: 'csirt-b' }], LIMITS, () => undefined)
      await store.change('one', to({ legs: [{ n: 0, state: 'promised', token: sha('T') }] }))
      assert.deepEqual(await store.legOf('csirt-b', sha('T')), { exchange: 'one', n: 0 })
      assert.equal(await store.legOf('csirt-c', sha('T')), undefined)
      assert.deepEqual([await store.ownerOf(sha('T')), await store.ownerOf(sha('U'))], ['csirt-b', undefined])
      assert.deepEqual(await store.askedOf('csirt-b', 'csirt-b.example 7'), ['one', 'two'])
      await store.change('one', to({ legs: [{ n: 0, state: 'answered' }] }))
      const asked = [
        ['csirt-c', 'csirt-b.example 7'],
        ['csirt-b', 'csirt-b.example 7'],
        ['csirt-b', 'csirt-b.example 8'],
        ['csirt-b', 'csirt-b.example 7'],
      ] as const
      assert.deepEqual(await Promise.all(asked.map(([target, incident]) => store.askedOf(target, incident))), [
        [],
        ['two'],
        [],
        ['two'],
      ])
      assert.deepEqual(await store.legOf('csirt-b', sha('T')), { exchange: 'one', n: 0 }, 'late is told from unknown')
    })

    test('are found by incident as soon as one is open, and no longer', async () => {
      await using bench = await createBench()
      const { store } = bench
      const found = () => store.askedOf('csirt-b', 'csirt-b.example 7')
      await store.probe()
      for (const id of ['one', 'two']) {
        assert.deepEqual(await found(), [])
        await store.ask(question(id), [{ kind: 'peer', target: 'csirt-b' }], LIMITS, () => undefined)
        assert.deepEqual(await found(), [id])
        await store.change(id, to({ state: 'cancelled' }))
      }
      assert.deepEqual(await found(), [])
    })

    test('are listed with their legs, by state, asker, whom they are asked of and incident, and without what they say', async () => {
      await using bench = await createBench()
      const { store } = bench
      const on = { kind: 'peer', target: 'csirt-c' } as const
      await store.ask(question('one'), [ARCHIVE, on], LIMITS, to({ answers: [answer('a')], token: 'T' }))
      await store.ask(question('two', { asker: 'csirt-b', incident: 'csirt.example 8' }), [], LIMITS, () => undefined)
      await store.ask(question('three'), [], LIMITS, to({ state: 'expired' }))
      const ids = async (filter: object) => (await store.listExchanges({ limit: 9, ...filter })).map(({ id }) => id)
      const [one] = await store.listExchanges({ limit: 9 })
      assert.deepEqual(one, {
        id: 'one',
        askerKind: 'peer',
        asker: 'csirt-a',
        msgType: 'Query',
        incident: 'csirt-b.example 7',
        state: 'open',
        opened: 1000,
        expires: 9000,
        closed: null,
        legs: [
          { kind: 'archive', target: '', state: 'waiting' },
          { kind: 'peer', target: 'csirt-c', state: 'waiting' },
        ],
        answers: 1,
      })
      assert.deepEqual(await ids({}), ['one', 'two', 'three'])
      assert.deepEqual(await ids({ limit: 2 }), ['two', 'three'])
      assert.deepEqual(await ids({ states: ['open'] }), ['one', 'two'])
      assert.deepEqual(await ids({ states: [] }), [])
      assert.deepEqual(await ids({ asker: 'csirt-b' }), ['two'])
      assert.deepEqual(await ids({ target: 'csirt-c' }), ['one'])
      assert.deepEqual(await ids({ incident: '7' }), ['one', 'three'])
      assert.deepEqual(await ids({ incident: 'csirt.example 8', states: ['expired'] }), [])
    })

    test('are due when they are pending for long, and when they expire', async () => {
      await using bench = await createBench()
      const { store } = bench
      await store.ask(question('one'), [ARCHIVE], LIMITS, () => undefined)
      assert.deepEqual(await store.due(4999), [])
      assert.deepEqual(await store.due(5000), ['one'])
      await store.change('one', to({ pendingAt: null }))
      assert.deepEqual([await store.due(8999), await store.due(9000)], [[], ['one']])
      await store.change('one', to({ state: 'expired' }))
      assert.deepEqual(await store.due(9000), [])
      assert.equal(await store.forgetExchanges(Number.MAX_SAFE_INTEGER), 1)
      assert.equal(await store.exchange('one'), undefined)
    })
  })

  describe(`${name}: the archive`, () => {
    const record = (item: string, more: Partial<NewRecord> = {}): NewRecord => ({
      topic: 'incident',
      item,
      content: sha(item),
      takenIn: 1000,
      from: 100,
      to: 200,
      detected: 150,
      rating: 2,
      confidence: null,
      needed: ['public'],
      terms: [{ kind: 'incident', lo: `csirt.example ${item}`, hi: `csirt.example ${item}` }],
      body: item,
      ...more,
    })
    const all: RecordQuery = { topics: ['incident'], needed: [['public']], terms: [], limit: 10, most: 100 }

    const newest = (found: Awaited<ReturnType<Bench['store']['find']>>) => {
      assert.ok(found !== 'too-many')
      return found
    }

    async function filled(bench: Bench, ...records: readonly NewRecord[]) {
      for (const one of records) {
        const fresh = envelope(bench.clock, `${one.topic} ${one.item} ${one.body}`, [], {
          direction: 'grid-to-rid',
          record: one,
        })
        await bench.store.accept(fresh)
      }
      return async (query: Partial<RecordQuery> = {}) =>
        newest(await bench.store.find({ ...all, ...query })).map(({ body }) => body)
    }

    test('has what the envelope brought, in order, the newest of too many', async () => {
      await using bench = await createBench()
      const found = await filled(bench, record('1'), record('2'), record('3'))
      assert.deepEqual(await found(), ['1', '2', '3'])
      assert.deepEqual(await found({ limit: 2 }), ['2', '3'])
      const [first] = newest(await bench.store.find(all))
      assert.deepEqual(first, {
        topic: 'incident',
        item: '1',
        content: sha('1'),
        takenIn: 1000,
        needed: ['public'],
        body: '1',
      })
    })

    test('shows once what was shown several times: it leaves no less room for all else', async () => {
      await using bench = await createBench()
      const again = (item: string) => record(item, { content: sha('again') })
      const found = await filled(bench, record('1'), again('2'), again('3'), again('4'))
      assert.deepEqual(await found({ limit: 2 }), ['1', '4'])
    })

    test('has no answer where too many fit that may be shown', async () => {
      await using bench = await createBench()
      await filled(
        bench,
        record('1'),
        record('2'),
        record('3', { topic: 'other' }),
        record('4', { needed: ['private'] }),
      )
      assert.equal(await bench.store.find({ ...all, most: 1 }), 'too-many')
      assert.equal(newest(await bench.store.find({ ...all, most: 2 })).length, 2)
      assert.equal(newest(await bench.store.find({ ...all, most: 2, limit: 1 })).length, 1)
    })

    test('shows what the Topics and restrictions allow, and nothing else', async () => {
      await using bench = await createBench()
      const found = await filled(
        bench,
        record('1'),
        record('2', { needed: ['private'] }),
        record('3', { topic: 'other' }),
        record('4', { needed: ['partner', 'default'] }),
      )
      assert.deepEqual(await found(), ['1'])
      assert.deepEqual(await found({ needed: [['public'], ['partner']] }), ['1'])
      assert.deepEqual(await found({ needed: [['partner', 'default']] }), ['4'])
      assert.deepEqual(await found({ topics: ['other'] }), ['3'])
      assert.deepEqual(await found({ topics: [] }), [])
    })

    test('finds addresses in a net, nets around an address, ports in a list, all other values as they are', async () => {
      await using bench = await createBench()
      const v4 = (last: string) => `00000000000000000000ffffc63364${last}`
      const term = (kind: string, lo: string, hi = lo) => ({ kind, lo, hi })
      const found = await filled(
        bench,
        record('host', { terms: [term('address', v4('09'))] }),
        record('net', { terms: [term('address', v4('00'), v4('ff'))] }),
        record('domain', { terms: [term('domain', 'a.example')] }),
        record('ports', { terms: [term('port', '6/00001', '6/01024')] }),
      )
      assert.deepEqual(await found({ terms: [[term('address', v4('09'))]] }), ['host', 'net'])
      assert.deepEqual(await found({ terms: [[term('address', v4('00'), v4('7f'))]] }), ['host', 'net'])
      assert.deepEqual(await found({ terms: [[term('address', v4('10'))]] }), ['net'])
      assert.deepEqual(await found({ terms: [[term('domain', 'a.example')]] }), ['domain'])
      assert.deepEqual(await found({ terms: [[term('domain', 'b.example')]] }), [])
      assert.deepEqual(await found({ terms: [[term('port', '6/00080')]] }), ['ports'])
      assert.deepEqual(await found({ terms: [[term('port', '17/00080')]] }), [])
      assert.deepEqual(await found({ terms: [[term('domain', 'a.example'), term('port', '6/00080')]] }), [
        'domain',
        'ports',
      ])
      assert.deepEqual(await found({ terms: [[term('domain', 'a.example')], [term('port', '6/00080')]] }), [])
    })

    test('finds by time and confidence; what says nothing of it does not fit', async () => {
      await using bench = await createBench()
      const found = await filled(
        bench,
        record('1'),
        record('2', { takenIn: 2000, from: 300, to: 400, detected: 350, rating: 3, confidence: 80 }),
        record('3', { from: null, to: null, detected: null, rating: null }),
      )
      assert.deepEqual(await found({ from: 200, to: 300 }), ['1', '2'])
      assert.deepEqual(await found({ from: 201 }), ['2'])
      assert.deepEqual(await found({ to: 299 }), ['1'])
      assert.deepEqual(await found({ detectedFrom: 151 }), ['2'])
      assert.deepEqual(await found({ takenInFrom: 1001 }), ['2'])
      assert.deepEqual(await found({ takenInTo: 1999 }), ['1', '3'])
      assert.deepEqual(await found({ rating: 3 }), ['2'])
      assert.deepEqual(await found({ confidence: 80 }), ['2'])
      assert.deepEqual(await found({ confidence: 81 }), [])
    })

    test('has of an item what it was last, and nothing once it is retracted or too old', async () => {
      await using bench = await createBench()
      const found = await filled(
        bench,
        record('1'),
        record('1', { body: 'stricter', needed: ['private'] }),
        record('2'),
        record('3', { takenIn: 2000 }),
        record('4', { topic: 'other' }),
      )
      assert.deepEqual(await found(), ['2', '3'])
      assert.equal(await bench.store.forget('incident', ['2', 'unknown']), 1)
      assert.deepEqual(await found(), ['3'])
      assert.equal(await bench.store.forgetBefore(1500), 2)
      assert.deepEqual(await found({ topics: ['other'] }), [])
      assert.equal(await bench.store.forget('incident'), 1)
      assert.deepEqual(await found(), [])
      assert.deepEqual(
        await found({ terms: [[{ kind: 'incident', lo: 'csirt.example 3', hi: 'csirt.example 3' }]] }),
        [],
      )
    })

    test('has nothing of an item whose place something else took', async () => {
      await using bench = await createBench()
      const found = await filled(bench, record('1'), record('2'))
      const replaced = { topic: 'incident', item: '1' }
      const seen = { topic: 'incident', itemId: '1', digest: sha('other'), at: 1 }
      await bench.store.accept(envelope(bench.clock, 'other', [], { direction: 'grid-to-rid', replaced, seen }))
      assert.deepEqual(await found(), ['2'])
      assert.equal(await bench.store.seen(seen), true, 'what took its place is not gone')
    })

    test('keeps what comes later in the place of what it names, as long as that is there', async () => {
      await using bench = await createBench()
      const found = await filled(bench, record('1', { content: 'a' }), record('2', { content: 'b' }))
      const later = (content: string, instead: string, item = '1') => {
        const given = { record: record(item, { content, body: content }), instead, direction: 'grid-to-rid' } as const
        return bench.store.accept(envelope(bench.clock, `${content} later`, [], given))
      }
      await later('c', 'a')
      assert.deepEqual(await found({ limit: 1 }), ['2'], 'it is no newer than it was')
      await later('d', 'a')
      await bench.store.forget('incident', ['2'])
      await later('e', 'b', '2')
      assert.deepEqual(await found(), ['c'])
    })

    test('has nothing of what lies between two items that the Topic shows, and is not shown', async () => {
      await using bench = await createBench()
      const found = await filled(
        bench,
        ...['1', '2', '3', '4', '5'].map((item) => record(item)),
        record('3', { topic: 'other' }),
      )
      assert.equal(await bench.store.forgetBetween('incident', []), 0)
      assert.equal(await bench.store.forgetBetween('incident', ['unknown', '3']), 0)
      assert.equal(await bench.store.forgetBetween('incident', ['4', 'unknown', '2']), 1)
      assert.deepEqual(
        await found(),
        ['1', '2', '4', '5'],
        'the first may have made room, the last be newer than the list',
      )
      assert.deepEqual(await found({ topics: ['other'] }), ['3'])
    })

    test('sees anew what is gone from its Topic, and nothing else', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const seen = (itemId: string) => ({ topic: 'incident', itemId, digest: sha(itemId), at: 1 })
      for (const item of ['1', '2', '3'])
        await store.accept(
          envelope(clock, item, [], { direction: 'grid-to-rid', record: record(item), seen: seen(item) }),
        )
      await store.accept(envelope(clock, '4', [], { direction: 'grid-to-rid', seen: seen('4') }))
      await store.forget('incident', ['1', '4'])
      await store.forgetBetween('incident', ['2', '3'])
      assert.deepEqual(await Promise.all(['1', '2', '3', '4'].map((item) => store.seen(seen(item)))), [
        false,
        true,
        true,
        true,
      ])
      await store.forget('incident')
      assert.equal(await store.seen(seen('2')), false)
    })

    test('loses what is retracted at the same time once, whoever says so, and is asked anew for what is gone', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const seen = { topic: 'incident', itemId: '1', digest: sha('1'), at: 1 }
      const found = await filled(bench, record('2'), record('3'), record('4', { topic: 'other' }))
      await store.accept(envelope(clock, '1', [], { direction: 'grid-to-rid', record: record('1'), seen }))
      const retracted = [
        ['incident', ['1']],
        ['incident', ['1', '2', '2']],
        ['other', ['3']],
        ['other', []],
        ['incident', ['unknown']],
      ] as const
      const gone = await Promise.all(retracted.map(([topic, items]) => store.forget(topic, items)))
      assert.deepEqual(gone, [1, 1, 0, 0, 0])
      assert.deepEqual([await found(), await found({ topics: ['other'] })], [['3'], ['4']])
      assert.equal(await store.seen(seen), false)
      const all = [store.forget('incident', ['3']), store.forget('incident'), store.forget('other')]
      assert.deepEqual(await Promise.all(all), [1, 0, 1])
    })

    test('is filled by a repeat as well: it may have been retracted in between', async () => {
      await using bench = await createBench()
      const found = await filled(bench, record('1'))
      await bench.store.forget('incident')
      await filled(bench, record('1'))
      assert.deepEqual(await found(), ['1'])
    })
  })
}
