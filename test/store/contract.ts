import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import type {
  Delivery,
  DeliverySummary,
  NewDelivery,
  QueueFilter,
  SeenItem,
  Settlement,
  TraceEvent,
  TraceOfDeed,
} from '../../src/store/contract.ts'
import { eventually } from '../support/eventually.ts'
import { testExchanges } from './contract-exchanges.ts'
import { testTally } from './contract-tally.ts'
import { testUpkeep } from './contract-upkeep.ts'
import { type Bench, delivery, envelope, request, sha } from './support.ts'

const items = (units: readonly Delivery[][]) => units.map((unit) => unit.map((one) => one.item))
const delivered = (units: readonly Delivery[][]): Settlement[] =>
  units.flat().map(({ id }) => ({ id, to: 'delivered' }))

/** The trace row of an operator's deed. */
const deed =
  (event: string): TraceOfDeed =>
  ({ id, incident, state }) => [{ at: 1, incident, event, fields: { delivery: id, was: state } }]

/** What every implementation of the Store contract does. */
export function testContract(name: string, createBench: () => Promise<Bench>): void {
  testUpkeep(name, createBench)
  testExchanges(name, createBench)
  testTally(name, createBench)

  describe(`${name}: taking in`, () => {
    test('keeps an envelope with all its deliveries', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const accepted = await store.accept(
        envelope(clock, 'one', [delivery('A'), delivery('B', { kind: 'peer', destination: 'csirt-b' })]),
      )
      assert.equal(accepted.outcome, 'accepted')
      assert.ok(accepted.outcome === 'accepted' && accepted.deliveries.length === 2)
      const shown = await store.show(accepted.deliveries[1]!)
      assert.equal(shown?.payload, '<payload>B</payload>')
      assert.deepEqual(
        { ...shown, id: null, payload: null },
        {
          id: null,
          envelope: accepted.id,
          direction: 'rid-to-grid',
          source: 'csirt-a',
          kind: 'peer',
          destination: 'csirt-b',
          incident: 'csirt-a.example B',
          item: sha('B'),
          payload: null,
          group: null,
          state: 'pending',
          attempts: 0,
          nextAttempt: clock.now(),
          reason: null,
          createdAt: clock.now(),
          updatedAt: clock.now(),
        },
      )
    })

    test('knows the same message again and stores nothing of it', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const event: TraceEvent = { at: clock.now(), incident: 'csirt-a.example A', event: 'accepted', fields: {} }
      const first = await store.accept(envelope(clock, 'one', [delivery('A')]), [event])
      const second = await store.accept(envelope(clock, 'one', [delivery('A2')]), [event])
      assert.deepEqual(second, { outcome: 'duplicate', id: first.id })
      assert.deepEqual(await store.findEnvelope('rid-to-grid', 'csirt-a', sha('message one')), { id: first.id })
      assert.equal(await store.findEnvelope('grid-to-rid', 'csirt-a', sha('message one')), undefined)
      assert.equal((await store.list()).length, 1)
      assert.equal((await store.trace('A')).length, 1)
    })

    test('takes the same message from another source as a message of its own, whose item goes out once', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A')]))
      const second = await store.accept(envelope(clock, 'one', [delivery('A')], { source: 'csirt-b' }))
      assert.ok(second.outcome === 'accepted')
      assert.deepEqual(await store.sourcesOf(sha('A')), ['csirt-a', 'csirt-b'])
      const [unit] = await store.claim(request(clock))
      assert.deepEqual(items([unit!]), [[sha('A')]])
      assert.deepEqual(await store.claim(request(clock)), [])
      await store.settle([{ id: unit![0]!.id, to: 'delivered' }])
      assert.deepEqual(await store.claim(request(clock)), [])
      assert.deepEqual(
        (await store.list()).map(({ state }) => state),
        ['delivered', 'delivered'],
      )
    })

    test("sends what two sources sent when an operator discards the one's alone", async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A')]))
      await store.accept(envelope(clock, 'one', [delivery('A')], { source: 'csirt-b' }))
      const [first] = await store.list()
      assert.equal(await store.discard(first!.id, clock.now()), true)
      const [unit] = await store.claim(request(clock))
      assert.deepEqual(
        unit?.map(({ source, item }) => [source, item]),
        [['csirt-b', sha('A')]],
      )
    })

    test('lets one bad envelope fail alone among many of the same turn', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const bad = { ...delivery('bad'), payload: null as unknown as string }
      const results = await Promise.allSettled([
        store.accept(envelope(clock, '1', [delivery('A')])),
        store.accept(envelope(clock, '2', [delivery('B'), bad])),
        store.accept(envelope(clock, '3', [delivery('C')])),
      ])
      assert.deepEqual(
        results.map((result) => result.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.deepEqual((await store.list()).map((one) => one.item).sort(), [sha('A'), sha('C')].sort())
      assert.equal((await store.backlog())[0]?.pending, 2)
      assert.equal(await store.findEnvelope('rid-to-grid', 'csirt-a', sha('message 2')), undefined)
    })

    test('takes in the order in which it was asked, without being waited for', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const names = Array.from({ length: 50 }, (_, n) => `${n}`)
      const seen = (itemId: string) => ({ topic: 'incident', itemId, digest: 'd', at: 1 })
      const calls = names.map((name, n) =>
        n % 5 === 4
          ? store.markSeen([seen(name)])
          : store.accept(envelope(clock, name, [delivery(name, { incident: 'x 1' })], { seen: seen(name) })),
      )
      await Promise.all(calls)
      assert.deepEqual(
        (await store.list()).map((one) => one.item),
        names.filter((_, n) => n % 5 !== 4).map(sha),
      )
      assert.equal((await store.cursor('incident'))?.itemId, '49')
      const [unit] = await store.claim(request(clock))
      assert.equal(unit?.[0]?.item, sha('0'))
    })

    test('keeps nothing of an envelope whose trace cannot be told', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const seen = { topic: 'incident', itemId: '1', digest: 'd', at: 1 }
      const telling = store.accept(envelope(clock, 'one', [delivery('A')], { seen }), () => {
        throw new Error('no')
      })
      await assert.rejects(telling, GatewayError)
      assert.deepEqual(await store.list(), [])
      assert.equal(await store.cursor('incident'), undefined)
      assert.equal(await store.findEnvelope('rid-to-grid', 'csirt-a', sha('message one')), undefined)
      assert.deepEqual(await store.backlog(), [])
    })

    test('tells the trace which of its deliveries were stored', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A')]))
      let told: readonly (string | undefined)[] = []
      const accepted = await store.accept(envelope(clock, 'two', [delivery('A'), delivery('B')]), (added) => {
        told = added
        return [{ at: clock.now(), incident: 'x 1', event: 'accepted', fields: {} }]
      })
      assert.ok(accepted.outcome === 'accepted')
      assert.deepEqual(told, [undefined, accepted.deliveries[0]])
      assert.equal((await store.trace('x 1')).length, 1)
    })

    test('keeps a payload of a megabyte to the letter', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const payload = `<a>${'漢字🔒é'.repeat(100_000)}</a>`
      await store.accept(envelope(clock, 'big', [delivery('A', { payload })]))
      const [unit] = await store.claim(request(clock))
      assert.equal(unit?.[0]?.payload, payload)
      assert.equal(await store.findPayload('topic', 'incident', sha('A')), payload)
      assert.equal(await store.findPayload('topic', 'other', sha('A')), undefined)
    })

    test('claims few of many large ones at a time, and all in the end', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G']
      for (const name of names) {
        await store.accept(envelope(clock, name, [delivery(name, { payload: 'x'.repeat(1_500_000) })]))
      }
      const sizes: number[] = []
      for (let units = await store.claim(request(clock)); units.length > 0; units = await store.claim(request(clock))) {
        sizes.push(units.length)
      }
      assert.deepEqual(sizes, [3, 3, 1])
    })

    test('keeps what goes out under one item id in several variants, each once', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const add = (name: string, variant: string, source: string) =>
        store.accept(envelope(clock, name, [delivery('A', { variant, payload: name })], { source }))
      await add('one', '', 'csirt-a')
      await add('two', sha('signed'), 'csirt-b')
      await add('three', sha('signed'), 'csirt-c')
      const payloads: string[] = []
      for (let units = await store.claim(request(clock)); units.length > 0; units = await store.claim(request(clock))) {
        payloads.push(...units.flat().map(({ payload }) => payload))
        await store.settle(delivered(units))
      }
      assert.deepEqual(payloads, ['one', 'two'])
      assert.deepEqual(await store.sourcesOf(sha('A')), ['csirt-a', 'csirt-b', 'csirt-c'])
      assert.deepEqual(await store.sourcesOf(sha('A'), sha('signed')), ['csirt-b', 'csirt-c'])
      assert.deepEqual(await store.sourcesOf(sha('A'), ''), ['csirt-a'])
      await add('four', '', 'a first by name')
      assert.deepEqual((await store.sourcesOf(sha('A'), ''))[0], 'csirt-a', 'who had it published first')
      assert.equal(await store.findPayload('topic', 'incident', sha('A')), 'three', 'delivered with the one before')
    })

    test('lets no source replace what another says beside the same item', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const apart = (variant: string) => sha(`A apart ${variant}`)
      let count = 0
      const add = async (source: string, variant: string, more: Partial<NewDelivery> = {}) => {
        count += 1
        const row = delivery('A', { variant, apart: apart(variant), payload: variant, ...more })
        const accepted = await store.accept(envelope(clock, `${count}`, [row], { source }))
        const [id] = accepted.outcome === 'accepted' ? accepted.deliveries : []
        return id === undefined ? undefined : (await store.show(id))?.item
      }
      assert.equal(await add('csirt-a', ''), sha('A'))
      assert.equal(await add('csirt-b', 'signed'), apart('signed'))
      assert.equal(await add('csirt-c', 'signed'), apart('signed'), 'as it is published already')
      assert.equal(await add('csirt-a', 'worded'), sha('A'), 'it replaces its own')
      assert.equal(await add('csirt-b', 'other', { destination: 'elsewhere' }), sha('A'), 'each Topic has its own')
      assert.deepEqual(await store.sourcesOf(apart('signed')), ['csirt-b', 'csirt-c'])
      assert.deepEqual(await store.sourcesOf(sha('A'), 'signed'), ['csirt-b', 'csirt-c'])
      const units = await store.claim(request(clock))
      assert.deepEqual(items(units).flat().sort(), [sha('A'), apart('signed')].sort())
    })

    test('lets a source replace what it says itself, and not what another says as well', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const add = async (source: string, variant: string) => {
        const row = delivery('A', { variant, apart: sha(`A apart ${variant}`), payload: variant })
        const accepted = await store.accept(envelope(clock, `${source} ${variant}`, [row], { source }))
        const [id] = accepted.outcome === 'accepted' ? accepted.deliveries : []
        return id === undefined ? undefined : (await store.show(id))?.item
      }
      assert.equal(await add('csirt-a', ''), sha('A'))
      assert.equal(await add('csirt-b', ''), sha('A'))
      assert.equal(await add('csirt-b', 'worded'), sha('A apart worded'))
    })

    test('takes what came from a Topic for another source of it', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const toPeer = delivery('A', { kind: 'peer', destination: 'csirt-b', variant: 'signed' })
      const fromTopic = { direction: 'grid-to-rid', source: 'incident' } as const
      await store.accept(envelope(clock, 'item', [toPeer], fromTopic))
      const named = async (name: string, variant: string, destination: string) => {
        const row = delivery('A', { variant, apart: sha('apart'), destination })
        await store.accept(envelope(clock, name, [row]))
        return (await store.list({ destination })).at(-1)?.item
      }
      assert.equal(await named('one', 'signed', 'incident'), sha('A'), 'the same')
      assert.equal(await named('two', '', 'elsewhere'), sha('A'))
      await store.accept(envelope(clock, 'other item', [toPeer], { ...fromTopic, source: 'third' }))
      await store.accept(envelope(clock, 'another', [{ ...toPeer, variant: '' }], { ...fromTopic, source: 'third' }))
      assert.equal(await named('three', 'signed', 'third'), sha('apart'))
    })

    test('lets what policy withheld give way to the same that it allows, and nothing else', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const states = async () => (await store.list()).map(({ state, reason }) => [state, reason])
      await store.accept(envelope(clock, 'one', [delivery('A', { state: 'withheld', reason: 'private' })]))
      await store.accept(envelope(clock, 'two', [delivery('A', { state: 'withheld', reason: 'again' })]))
      assert.deepEqual(await states(), [['withheld', 'private']])
      await store.accept(envelope(clock, 'three', [delivery('A', { payload: 'allowed' })]))
      assert.deepEqual(await states(), [['pending', null]])
      assert.deepEqual(
        (await store.backlog()).map(({ pending, withheld }) => ({ pending, withheld })),
        [{ pending: 1, withheld: 0 }],
      )
      const [unit] = await store.claim(request(clock))
      assert.equal(unit?.[0]?.payload, 'allowed')
      await store.settle([{ id: unit?.[0]?.id ?? '', to: 'held', reason: 'no' }])
      await store.accept(envelope(clock, 'four', [delivery('A', { payload: 'allowed' })]))
      assert.deepEqual(await states(), [['held', 'no']])
    })

    test('sends what is reported again after an operator discarded it, by whomever, and the same message too', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const states = async () => (await store.list()).map(({ state }) => state)
      const discardLast = async () => store.discard((await store.list()).at(-1)!.id, clock.now())
      const one = envelope(clock, 'one', [delivery('A'), delivery('B')])
      const first = await store.accept(one)
      await store.discard(first.outcome === 'accepted' ? first.deliveries[0]! : '', clock.now())
      await store.accept(envelope(clock, 'one', [delivery('A')], { source: 'csirt-b' }))
      assert.deepEqual(await states(), ['discarded', 'pending', 'pending'])
      assert.deepEqual(await store.accept(one), { outcome: 'duplicate', id: first.id })
      await discardLast()
      const again = await store.accept(one, (added) => [
        { at: 1, incident: 'x 1', event: 'accepted', fields: { deliveries: added.filter((id) => id).length } },
      ])
      assert.ok(again.outcome === 'accepted' && again.deliveries.length === 1)
      assert.equal(again.id, first.id, 'under the envelope that there is')
      assert.deepEqual(await states(), ['discarded', 'pending', 'discarded', 'pending'])
      assert.deepEqual(
        (await store.trace('x 1')).map(({ fields }) => fields),
        [{ deliveries: 1 }],
      )
      assert.deepEqual(items(await store.claim(request(clock))).sort(), [[sha('A')], [sha('B')]].sort())
    })

    test('sends what differs from a held delivery of the same item, or is of somebody else, and keeps both', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const rows = async () => (await store.list()).map(({ state, source }) => [state, source])
      const add = (name: string, payload: string, source: string) =>
        store.accept(envelope(clock, name, [delivery('A', { payload })], { source }))
      await add('one', 'as the stranger has it', 'stranger')
      const [unit] = await store.claim(request(clock))
      await store.settle([{ id: unit![0]!.id, to: 'held', reason: 'answered 400' }])
      await add('two', 'as the stranger has it', 'stranger')
      assert.deepEqual(await rows(), [['held', 'stranger']])
      await add('three', 'as it is', 'csirt-a')
      await add('four', 'as it is', 'csirt-b')
      assert.deepEqual(await rows(), [
        ['held', 'stranger'],
        ['pending', 'csirt-a'],
        ['pending', 'csirt-b'],
      ])
      const [next] = await store.claim(request(clock))
      assert.equal(next?.[0]?.payload, 'as it is')
      await store.settle(delivered([next!]))
      await add('five', 'late', 'csirt-c')
      assert.equal((await rows()).length, 3)
    })

    test("sends a report that came while a stranger's wording of it was on its way, if that fails", async () => {
      for (const failed of ['held', 'pending', 'withheld', 'discarded'] as const) {
        await using bench = await createBench()
        const { store, clock } = bench
        const add = (name: string, payload: string, source: string) =>
          store.accept(envelope(clock, name, [delivery('A', { payload })], { source }))
        await add('one', 'as the stranger has it', 'stranger')
        const [unit] = failed === 'discarded' ? [] : await store.claim(request(clock))
        await add('two', 'as it is', 'csirt-a')
        await add('three', 'as it is', 'csirt-b')
        await add('four', 'otherwise', 'csirt-c')
        assert.equal((await store.list()).length, 4, 'each has its own')
        assert.deepEqual(await store.sourcesOf(sha('A')), ['stranger', 'csirt-a', 'csirt-b', 'csirt-c'])
        const id = (await store.list())[0]!.id
        if (failed === 'discarded') await store.discard(id, clock.now())
        else {
          assert.deepEqual(await store.claim(request(clock)), [], 'they wait')
          const again = { nextAttempt: clock.now() + 9, countAttempt: true }
          await store.settle([{ id: unit![0]!.id, to: failed, reason: 'x', ...again } as Settlement])
        }
        const next = await store.claim(request(clock))
        assert.deepEqual(
          next.flat().map(({ payload }) => payload),
          ['as it is'],
          failed,
        )
        await store.settle(delivered(next))
        const states = (await store.list()).map(({ state }) => state)
        assert.deepEqual(
          states,
          [failed, 'delivered', 'delivered', 'delivered'],
          'what waited for it is delivered with it',
        )
        assert.equal((await store.backlog())[0]?.sending, 0)
      }
    })

    test("sends nothing again of what came while another's wording of it was on its way", async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const add = (name: string, incident: string, source: string) =>
        store.accept(envelope(clock, name, [delivery('A', { payload: source, incident })], { source }))
      await add('one', 'x 1', 'csirt-a')
      await add('two', 'x 1', 'csirt-b')
      await store.accept(envelope(clock, 'next', [delivery('B', { incident: 'x 1' })], { source: 'csirt-b' }))
      const first = await store.claim(request(clock))
      assert.deepEqual(items(first), [[sha('A')]])
      const { id } = first[0]![0]!
      const stopped = { nextAttempt: clock.now(), reason: 'stopped', countAttempt: false }
      await store.settle([{ id, to: 'pending', ...stopped }])
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]], 'nothing was learnt by that')
      await store.settle(delivered(first))
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('B')]], 'its own line goes on')
      assert.deepEqual(
        (await store.list()).map(({ state, reason }) => [state, reason]),
        [
          ['delivered', null],
          ['delivered', 'the same was delivered as another had it'],
          ['sending', null],
        ],
      )
      assert.equal((await store.backlog())[0]?.pending, 0)
    })

    test('does not let what failed before stand for what is said in other words', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const add = (name: string, payload: string, source: string) =>
        store.accept(envelope(clock, name, [delivery('A', { payload })], { source }))
      await add('one', 'as the stranger has it', 'stranger')
      const [unit] = await store.claim(request(clock))
      const later = { nextAttempt: clock.now() + 1000, reason: 'answered 500', countAttempt: true }
      await store.settle([{ id: unit![0]!.id, to: 'pending', ...later }])
      await add('three', 'as it is', 'csirt-b')
      assert.deepEqual(
        (await store.list()).map(({ source }) => source),
        ['stranger', 'csirt-b'],
      )
    })

    test('shows nobody, as a part of something else, what is withheld or discarded', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const find = (name: string) => store.findPayload('topic', 'incident', sha(name))
      const first = await store.accept(envelope(clock, 'one', [delivery('A')]))
      await store.accept(envelope(clock, 'two', [delivery('B', { state: 'withheld', reason: 'private' })]))
      assert.ok(await find('A'))
      await store.discard(first.outcome === 'accepted' ? first.deliveries[0]! : '', clock.now())
      assert.deepEqual([await find('A'), await find('B')], [undefined, undefined])
      await store.accept(envelope(clock, 'three', [delivery('C')]))
      assert.ok(await store.findPayload('topic', 'incident', sha('C'), ['x', 'csirt-a']))
      assert.equal(await store.findPayload('topic', 'incident', sha('C'), ['csirt-b']), undefined)
      assert.equal(await store.findPayload('topic', 'incident', sha('C'), []), undefined)
    })

    test('lists what is for a Topic, and not what is for a peer of the same name', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const toPeer = delivery('B', { kind: 'peer', destination: 'incident' })
      await store.accept(envelope(clock, 'one', [delivery('A'), toPeer]))
      const list = async (filter: Parameters<typeof store.list>[0]) =>
        (await store.list(filter)).map(({ kind, destination }) => `${kind}:${destination}`)
      assert.deepEqual(await list({ destination: 'incident' }), ['topic:incident', 'peer:incident'])
      assert.deepEqual(await list({ kind: 'peer', destination: 'incident' }), ['peer:incident'])
      assert.deepEqual(await list({ kind: 'topic', states: ['pending'] }), ['topic:incident'])
      assert.deepEqual(await list({ kind: 'jid', destination: 'incident' }), [])
    })

    test('takes one variant of an item into a unit, and the other one behind it', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const group = { id: 'g', items: [sha('A'), sha('B')] }
      const rows = [
        delivery('A', { group }),
        delivery('A', { group, variant: sha('x'), payload: 'x' }),
        delivery('B', { group }),
      ]
      await store.accept(envelope(clock, 'one', rows))
      const first = await store.claim(request(clock))
      assert.deepEqual(items(first), [[sha('A'), sha('B')]])
      assert.deepEqual(await store.claim(request(clock)), [])
      await store.settle(delivered(first))
      assert.deepEqual(
        (await store.claim(request(clock))).map((unit) => unit.map(({ payload }) => payload)),
        [['x']],
      )
    })

    test('sends what takes the place of a withheld one of the same message that was to say the same', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const rows = [delivery('A', { state: 'withheld', reason: 'restriction private' }), delivery('A'), delivery('B')]
      await store.accept(envelope(clock, 'one', rows))
      const units = await store.claim(request(clock))
      assert.deepEqual(
        units.flat().map(({ payload }) => payload),
        ['A', 'B'].map((item) => delivery(item).payload),
      )
    })

    test('stores held and withheld deliveries with their reason, and they are not claimed', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(
        envelope(clock, 'one', [
          delivery('A', { state: 'held', reason: 'too large' }),
          delivery('B', { state: 'withheld', reason: 'restriction private', incident: 'x A' }),
        ]),
      )
      assert.deepEqual(await store.claim(request(clock)), [])
      assert.deepEqual(
        (await store.list()).map(({ state, reason, nextAttempt }) => ({ state, reason, nextAttempt })),
        [
          { state: 'held', reason: 'too large', nextAttempt: null },
          { state: 'withheld', reason: 'restriction private', nextAttempt: null },
        ],
      )
    })
  })

  describe(`${name}: claiming`, () => {
    test('leases, and leases again when the lease ran out', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A')]))
      const [unit] = await store.claim(request(clock, { leaseMs: 1000 }))
      assert.equal(unit?.[0]?.state, 'sending')
      assert.deepEqual(await store.claim(request(clock)), [])
      await clock.advance(999)
      assert.deepEqual(await store.claim(request(clock)), [])
      await clock.advance(1)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
    })

    test('makes every lease claimable at once when told so', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A'), delivery('B', { destination: 'other' })]))
      await store.claim(request(clock))
      await store.claim(request(clock, { destination: 'other' }))
      assert.equal(await store.releaseLeases(), 2)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
      assert.deepEqual(items(await store.claim(request(clock, { destination: 'other' }))), [[sha('B')]])
    })

    test("nobody waits behind a stranger's use of one's IncidentID", async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const incident = 'csirt-a.example V-1'
      const add = (name: string, source: string, origin?: string) => {
        const row = delivery(name, { incident, ...(origin !== undefined && { origin }) })
        return store.accept(envelope(clock, name, [row], { source }))
      }
      await add('A', 'stranger')
      const [failing] = await store.claim(request(clock))
      const later = { nextAttempt: clock.now() + 100_000, reason: 'answered 500', countAttempt: true }
      await store.settle([{ id: failing![0]!.id, to: 'pending', ...later }])
      await add('B', 'stranger')
      await add('C', 'csirt-a')
      await add('D', 'csirt-a')
      await add('E', 'stranger', 'csirt-e')
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('C')], [sha('E')]])
      assert.deepEqual(await store.claim(request(clock)), [])
    })

    test('never before notBefore, not even early', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A', { notBefore: clock.now() + 500 })]))
      assert.equal((await store.backlog())[0]?.due, clock.now() + 500)
      assert.deepEqual(await store.claim(request(clock, { early: clock.now() + 1 })), [])
      await clock.advance(500)
      assert.equal((await store.claim(request(clock))).length, 1)
    })

    test('nothing waits for the time of a clock that was ahead', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const right = clock.now()
      await store.accept(envelope(clock, 'before', [delivery('A', { notBefore: right + 9000 })]))
      clock.set(right + 1e9)
      await store.accept(envelope(clock, 'one', [delivery('B')]))
      await store.accept(envelope(clock, 'two', [delivery('C', { notBefore: clock.now() + 500 })]))
      clock.set(right + 1000)
      assert.deepEqual(await store.claim(request(clock, { early: clock.now() + 1 })), [])
      assert.equal(await store.clockWentBack(clock.now()), 2)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('B')]])
      await clock.advance(500)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('C')]])
      assert.equal((await store.backlog())[0]?.due, right + 9000)
    })

    test('lets no flood of one source keep the next ones waiting', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const flood = Array.from({ length: 50 }, (_, n) => delivery(`flood ${n}`))
      await store.accept(envelope(clock, 'flood', flood, { source: 'flood' }))
      for (const source of ['another', 'zebra']) {
        const own = [1, 2, 3].map((n) => delivery(`${source} ${n}`, { payload: 'x'.repeat(2_000_000) }))
        await store.accept(envelope(clock, source, own, { source }))
      }
      const next = async (limit: number, more = {}) => {
        const units = (await store.claim(request(clock, { limit, ...more }))).flat()
        return units.map(({ source }) => source).join(' ')
      }
      assert.equal(await next(4), 'another flood zebra another')
      // one by one, and where little is taken at a time since it is large
      assert.deepEqual([await next(1), await next(1), await next(1)], ['flood', 'zebra', 'another'])
      assert.equal(await next(3), 'flood zebra flood')
      assert.equal(await next(2), 'flood flood', 'whoever is alone has all turns')
      const waiting = [delivery('later 1'), delivery('later 2')].map((one) => ({ ...one, notBefore: clock.now() + 9 }))
      await store.accept(envelope(clock, 'later', waiting, { source: 'later' }))
      assert.equal(await next(1), 'flood', 'what is not due has no turn')
      await clock.advance(9)
      assert.equal(await next(3), 'later flood later')
    })

    test('takes turns among those that come early, too', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const due = { notBefore: clock.now() }
      for (const source of ['csirt-a', 'csirt-b']) {
        const own = [1, 2].map((n) => delivery(`${source} ${n}`, due))
        await store.accept(envelope(clock, source, own, { source }))
      }
      const units = (await store.claim(request(clock))).flat()
      const nextAttempt = clock.now() + 1000
      await store.settle(units.map(({ id }) => ({ id, to: 'pending', nextAttempt, reason: 'x', countAttempt: true })))
      await clock.advance(1)
      const early = await store.claim(request(clock, { early: clock.now(), limit: 3 }))
      assert.deepEqual(
        early.flat().map(({ source }) => source),
        ['csirt-a', 'csirt-b', 'csirt-a'],
      )
    })

    test('early takes what waits for its next attempt, unless it was tried since', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A'), delivery('B')]))
      const units = await store.claim(request(clock))
      const later = units.flat().map(
        ({ id }): Settlement => ({
          id,
          to: 'pending',
          nextAttempt: clock.now() + 600_000,
          reason: '503',
          countAttempt: true,
        }),
      )
      await store.settle([later[0]!])
      await clock.advance(1000)
      const back = clock.now()
      await clock.advance(1000)
      await store.settle([later[1]!])
      assert.deepEqual(await store.claim(request(clock)), [])
      assert.deepEqual(items(await store.claim(request(clock, { early: back }))), [[sha('A')]])
      assert.deepEqual(await store.claim(request(clock, { early: back })), [])
    })

    test('keeps the order of an incident, and others do not wait for it', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const incident = 'csirt-a.example 7'
      for (const item of ['A', 'B', 'C']) await store.accept(envelope(clock, item, [delivery(item, { incident })]))
      await store.accept(envelope(clock, 'D', [delivery('D')]))
      const first = await store.claim(request(clock))
      assert.deepEqual(items(first), [[sha('A')], [sha('D')]])
      await store.settle([
        { id: first[0]![0]!.id, to: 'pending', nextAttempt: clock.now() + 50, reason: 'busy', countAttempt: true },
      ])
      assert.deepEqual(await store.claim(request(clock)), [])
      await clock.advance(50)
      const again = await store.claim(request(clock))
      assert.deepEqual(items(again), [[sha('A')]])
      assert.equal(again[0]![0]!.attempts, 1)
      await store.settle(delivered(again))
      const second = await store.claim(request(clock))
      assert.deepEqual(items(second), [[sha('B')]])
      await store.settle([{ id: second[0]![0]!.id, to: 'held', reason: '400' }])
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('C')]])
    })

    test('what an operator puts back goes before what came later', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const incident = 'csirt-a.example 7'
      await store.accept(envelope(clock, 'A', [delivery('A', { incident, state: 'held' })]))
      await store.accept(envelope(clock, 'B', [delivery('B', { incident })]))
      assert.equal(await store.retry((await store.list())[0]!.id, clock.now()), true)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
      assert.deepEqual(items(await store.claim(request(clock))), [])
    })

    test('gives at most what was asked for, the longest due first', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(
        envelope(
          clock,
          'one',
          ['A', 'B', 'C'].map((item) => delivery(item)),
        ),
      )
      assert.deepEqual(items(await store.claim(request(clock, { limit: 2 }))), [[sha('A')], [sha('B')]])
      assert.deepEqual(items(await store.claim(request(clock, { limit: 0 }))), [])
      assert.deepEqual(items(await store.claim(request(clock, { limit: 2 }))), [[sha('C')]])
      assert.deepEqual(await store.claim(request(clock, { destination: 'nobody' })), [])
    })
  })

  describe(`${name}: groups`, () => {
    const group = { id: 'document', items: [sha('A'), sha('B')] }
    const member = (bench: Bench, item: string, waits: number, more: object = {}) =>
      bench.store.accept(
        envelope(bench.clock, item, [delivery(item, { group, notBefore: bench.clock.now() + waits, ...more })], {
          direction: 'grid-to-rid',
          source: 'incident',
        }),
      )

    test('goes out as one, in document order, as soon as it is complete', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await member(bench, 'B', 10_000)
      assert.deepEqual(await store.claim(request(clock)), [])
      await member(bench, 'A', 10_000)
      const units = await store.claim(request(clock, { limit: 1 }))
      assert.deepEqual(items(units), [[sha('A'), sha('B')]])
      assert.deepEqual(units[0]![0]!.group, group)
    })

    test('goes out in part when the rest does not come in time', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await member(bench, 'A', 2000)
      await clock.advance(2000)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
      await member(bench, 'B', 2000)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('B')]])
    })

    const untold = { id: 'long', items: [] }
    const told = { id: 'long', items: [sha('A'), sha('B'), sha('C')] }

    test('waits for the member that says what it consists of, whichever comes first', async () => {
      for (const order of ['ABC', 'BAC', 'CBA']) {
        await using bench = await createBench()
        const { store, clock } = bench
        for (const item of order) {
          assert.deepEqual(await store.claim(request(clock)), [], order)
          await member(bench, item, 10_000, { group: item === 'A' ? told : untold })
        }
        const units = await store.claim(request(clock, { limit: 1 }))
        assert.deepEqual(items(units), [['A', 'B', 'C'].map(sha)], order)
        assert.deepEqual(units[0]![1]!.group, told)
      }
    })

    test('goes out in part where none says in time what it consists of', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await member(bench, 'B', 2000, { group: untold })
      await member(bench, 'C', 2000, { group: untold })
      await clock.advance(2000)
      const units = await store.claim(request(clock))
      assert.deepEqual(items(units), [[sha('B'), sha('C')]])
      assert.deepEqual(units[0]![0]!.group, untold)
      await member(bench, 'A', 2000, { group: told })
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
    })

    test('is told what it consists of by a member that the destination has already', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'A before', [delivery('A')]))
      await store.settle(delivered(await store.claim(request(clock))))
      await member(bench, 'B', 10_000, { group: untold })
      await member(bench, 'A', 10_000, { group: told })
      await member(bench, 'C', 10_000, { group: untold })
      const units = await store.claim(request(clock))
      assert.deepEqual(items(units), [[sha('B'), sha('C')]])
      assert.deepEqual(units[0]![0]!.group, told)
    })

    test('goes out in document order where a part stands apart from what another has there', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const there = { ...delivery('B'), variant: sha('theirs'), apart: sha('apart theirs') }
      await store.accept(envelope(clock, 'theirs', [there], { source: 'csirt-b' }))
      const [theirs] = (await store.claim(request(clock))).flat()
      await store.settle([{ id: theirs!.id, to: 'delivered' }])
      const own = ['A', 'B'].map((item) => delivery(item, { group, variant: sha('own'), apart: sha(`apart ${item}`) }))
      await store.accept(envelope(clock, 'own', own))
      const units = await store.claim(request(clock))
      assert.deepEqual(
        units.map((unit) => unit.map((one) => one.item)),
        [[sha('A'), sha('apart B')]],
      )
    })

    test('is complete with a member that is held, or that came without the group', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'B', [delivery('B', { state: 'withheld', reason: 'private' })]))
      await member(bench, 'A', 60_000)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
    })

    test('waits anew for the others where its first came in another variant before', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const names = ['A', 'B', 'C']
      for (const item of names) await store.accept(envelope(clock, `${item} before`, [delivery(item)]))
      await store.settle(delivered(await store.claim(request(clock))))
      const signed = { variant: sha('signed'), group: { id: 'signed', items: names.map(sha) } }
      for (const item of names) {
        assert.deepEqual(await store.claim(request(clock)), [])
        await member(bench, item, 5000, signed)
      }
      assert.deepEqual(items(await store.claim(request(clock))), [names.map(sha)])
    })

    test('waits whole for an earlier delivery of any of its incidents, whichever member comes first', async () => {
      for (const order of ['AB', 'BA']) {
        await using bench = await createBench()
        const { store, clock } = bench
        await store.accept(envelope(clock, 'X', [delivery('X', { incident: 'csirt-a.example B', origin: 'incident' })]))
        for (const item of order) await member(bench, item, 0)
        const first = await store.claim(request(clock))
        assert.deepEqual(items(first), [[sha('X')]], order)
        await store.settle(delivered(first))
        assert.deepEqual(items(await store.claim(request(clock))), [[sha('A'), sha('B')]], order)
      }
    })

    test('is free when the member that had to wait is discarded', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'X', [delivery('X', { incident: 'csirt-a.example B', origin: 'incident' })]))
      await member(bench, 'A', 0)
      await member(bench, 'B', 0)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('X')]])
      assert.equal(await store.discard((await store.list()).at(-1)!.id, clock.now()), true)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
    })

    test('once sent, no member waits for the rest any more', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const three = { id: 'three', items: [sha('A'), sha('B'), sha('C')] }
      await member(bench, 'A', 0, { group: three })
      await member(bench, 'B', 1e6, { group: three })
      const [unit] = await store.claim(request(clock))
      const retry = { to: 'pending', nextAttempt: clock.now() + 1e6, reason: '503', countAttempt: true } as const
      await store.settle(unit!.map(({ id }) => ({ id, ...retry })))
      await clock.advance(10)
      assert.equal(await store.discard(unit![0]!.id, clock.now()), true)
      assert.deepEqual(items(await store.claim(request(clock, { early: clock.now() }))), [[sha('B')]])
    })

    test('two documents of the same incidents in opposite order do not wait for each other for ever', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const parts = [
        { item: 'A', incident: 'x 1', document: 'first' },
        { item: 'C', incident: 'x 2', document: 'second' },
        { item: 'D', incident: 'x 1', document: 'second' },
        { item: 'B', incident: 'x 2', document: 'first' },
      ]
      for (const { item, incident, document } of parts) {
        const all = parts.filter((part) => part.document === document).map((part) => sha(part.item))
        await store.accept(envelope(clock, item, [delivery(item, { incident, group: { id: document, items: all } })]))
      }
      const first = await store.claim(request(clock))
      assert.deepEqual(items(first), [[sha('A'), sha('B')]])
      await store.settle(delivered(first))
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('C'), sha('D')]])
    })
  })

  describe(`${name}: settling`, () => {
    test('keeps the outcome, its reason and the count of attempts', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(
        envelope(
          clock,
          'one',
          ['A', 'B', 'C', 'D'].map((item) => delivery(item)),
        ),
      )
      const [a, b, c, d] = (await store.claim(request(clock))).flat()
      const at = clock.now() + 7000
      await store.settle(
        [
          { id: a!.id, to: 'delivered', note: 'Pending' },
          { id: b!.id, to: 'held', reason: 'Denied' },
          { id: c!.id, to: 'withheld', reason: 'private' },
          { id: d!.id, to: 'pending', nextAttempt: at, reason: 'stopping', countAttempt: false },
        ],
        [{ at: clock.now(), incident: a!.incident, event: 'published', fields: { delivery: a!.id, attempts: 1 } }],
      )
      assert.deepEqual(
        (await store.list()).map(({ state, reason, attempts, nextAttempt }) => [state, reason, attempts, nextAttempt]),
        [
          ['delivered', 'Pending', 1, null],
          ['held', 'Denied', 1, null],
          ['withheld', 'private', 0, null],
          ['pending', 'stopping', 0, at],
        ],
      )
      assert.deepEqual(await store.trace(a!.incident), [
        { at: clock.now(), incident: a!.incident, event: 'published', fields: { delivery: a!.id, attempts: 1 } },
      ])
    })

    test('leaves alone what is not sending', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'one', [delivery('A')]))
      const { id } = (await store.list())[0]!
      await store.settle([
        { id, to: 'delivered' },
        { id: 'nonsense', to: 'delivered' },
      ])
      assert.equal((await store.show(id))?.state, 'pending')
    })
  })

  describe(`${name}: an operator's hand`, () => {
    test('puts back what is held, withheld, discarded or waiting, and nothing else', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(
        envelope(clock, 'one', [
          delivery('A', { state: 'held' }),
          delivery('B', { state: 'withheld' }),
          delivery('C', { notBefore: clock.now() + 1e6 }),
          delivery('D', { destination: 'other' }),
          delivery('E', { destination: 'other' }),
        ]),
      )
      const ids = (await store.list()).map((one) => one.id)
      const [, e] = (await store.claim(request(clock, { destination: 'other' }))).flat()
      await store.settle([{ id: e!.id, to: 'delivered' }])
      await clock.advance(5)
      const did = await Promise.all(ids.map((id) => store.retry(id, clock.now(), deed('requeued'))))
      assert.deepEqual(did, [true, true, true, false, false])
      assert.equal(await store.retry('00000000000', clock.now()), false)
      const units = await store.claim(request(clock))
      assert.deepEqual(items(units), [[sha('A')], [sha('B')], [sha('C')]])
      assert.equal(units[0]![0]!.requeuedAt, clock.now())
      assert.deepEqual(
        (await store.trace('A')).map((event) => [event.event, event.fields.was]),
        [['requeued', 'held']],
      )
    })

    test('discards, which frees the next of the incident, and takes it back', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const incident = 'csirt-a.example 7'
      await store.accept(envelope(clock, 'A', [delivery('A', { incident, notBefore: clock.now() + 1e6 })]))
      await store.accept(envelope(clock, 'B', [delivery('B', { incident })]))
      const [a, b] = (await store.list()).map((one) => one.id)
      assert.equal(await store.discard(a!, clock.now(), deed('discarded')), true)
      assert.equal(await store.discard(a!, clock.now(), deed('discarded')), true)
      assert.deepEqual(
        (await store.trace(incident)).map((event) => [event.event, event.fields.was]),
        [['discarded', 'pending']],
      )
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('B')]])
      assert.equal(await store.discard(b!, clock.now()), false)
      assert.equal(await store.retry(a!, clock.now()), true)
      assert.deepEqual(items(await store.claim(request(clock))), [[sha('A')]])
    })

    test('is told of to whoever follows the trace, in another process too, each deed once', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const incidents = ['7', '8', '9'].map((id) => `csirt-a.example ${id}`)
      await store.accept(
        envelope(
          clock,
          'A',
          incidents.map((incident) => delivery(incident, { incident })),
        ),
      )
      const [a, b, c] = (await store.list()).map((one) => one.id)
      const other = await bench.beside()
      await other.discard(a!, clock.now(), deed('discarded'))
      const names = ['discarded', 'requeued']
      const begin = await store.traced(names)
      assert.deepEqual(begin.rows, [], 'what was done before is no news')
      await other.discard(b!, clock.now(), deed('discarded'))
      await store.record([{ at: clock.now(), incident: 'csirt-a.example 9', event: 'refused', fields: {} }])
      await other.retry(c!, clock.now(), deed('requeued'))
      const { rows, position } = await store.traced(names, begin.position)
      assert.deepEqual(
        rows.map(({ incident, event, fields }) => [incident, event, fields.delivery]),
        [
          ['csirt-a.example 8', 'discarded', b],
          ['csirt-a.example 9', 'requeued', c],
        ],
      )
      // its position may move on all the same: others write to the same database
      assert.deepEqual((await store.traced(names, position)).rows, [])
    })

    test('works from another process, and is noticed', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(envelope(clock, 'A', [delivery('A', { state: 'held' }), delivery('B')]))
      const other = await bench.beside()
      let told = 0
      using _listening = store.onChange(() => told++)
      await store.accept(envelope(clock, 'C', [delivery('C')]))
      await clock.advance(5000)
      assert.equal(told, 0, 'own commits are no news')
      const [held] = await other.list({ states: ['held'] })
      const [done, claimed] = await Promise.all([other.retry(held!.id, clock.now()), store.claim(request(clock))])
      assert.equal(done, true)
      await eventually('the change to be told', async () => {
        await clock.advance(500)
        return told > 0
      })
      const rest = await store.claim(request(clock))
      assert.deepEqual(
        items([...claimed, ...rest])
          .flat()
          .sort(),
        [sha('A'), sha('B'), sha('C')].sort(),
      )
      assert.equal((await store.backlog())[0]?.sending, 3)
      await clock.advance(2000)
      assert.equal((await other.backlog())[0]?.sending, 3)
    })
  })

  describe(`${name}: closed`, () => {
    test('says so, does what was asked for before, and tells of no change', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      let told = 0
      store.onChange(() => told++)
      const waiting = store.accept(envelope(clock, 'one', [delivery('A')]))
      await store[Symbol.asyncDispose]()
      assert.equal((await waiting).outcome, 'accepted')
      const unavailable = (error: unknown) => error instanceof GatewayError && error.code === 'store-unavailable'
      await assert.rejects(store.probe(), unavailable)
      await assert.rejects(store.list(), unavailable)
      await assert.rejects(store.claim(request(clock)), unavailable)
      const again = await bench.reopen()
      assert.equal((await again.list()).length, 1)
      await again.accept(envelope(clock, 'two', [delivery('B')]))
      await clock.advance(5000)
      assert.equal(told, 0)
      await store[Symbol.asyncDispose]()
    })
  })

  describe(`${name}: what is remembered`, () => {
    const item = (itemId: string, digest = 'd', at = 1): SeenItem => ({ topic: 'incident', itemId, digest, at })

    test('items of a Topic, and the last of them', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      assert.equal(await store.cursor('incident'), undefined)
      await store.markSeen([item('1'), item('2')])
      await store.accept(envelope(clock, 'A', [], { direction: 'grid-to-rid', source: 'incident', seen: item('3') }))
      assert.deepEqual(await store.cursor('incident'), item('3'))
      assert.equal(await store.seen(item('1')), true)
      assert.equal(await store.seen(item('1', 'other content')), false)
      assert.deepEqual(await store.seenIds('incident', ['1', '3', '4']), new Set(['1', '3']))
      assert.deepEqual(await store.seenIds('other', ['1']), new Set())
    })

    test('moves the cursor past a repeat', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const message = { direction: 'grid-to-rid', source: 'incident' } as const
      await store.accept(envelope(clock, 'A', [], { ...message, seen: item('1') }))
      const repeat = await store.accept(envelope(clock, 'A', [], { ...message, seen: item('2') }))
      assert.equal(repeat.outcome, 'duplicate')
      assert.equal((await store.cursor('incident'))?.itemId, '2')
    })

    test('the trace of an incident in time order, by its key or its id part', async () => {
      await using bench = await createBench()
      const { store } = bench
      const event = (incident: string, name: string, at: number): TraceEvent => ({
        at,
        incident,
        event: name,
        fields: {},
      })
      await store.record([
        event('csirt-a.example 7', 'published', 20),
        event('csirt-a.example 7', 'accepted', 10),
        event('csirt-b.example 7#x y', 'accepted', 30),
        event('csirt-a.example 77', 'accepted', 40),
        event('csirt-a.example two words', 'denied', 50),
      ])
      const of = async (asked: string) => (await store.trace(asked)).map((one) => one.at)
      assert.deepEqual(await of('csirt-a.example 7'), [10, 20])
      assert.deepEqual(await of('7'), [10, 20, 30])
      assert.deepEqual(await of('7#x y'), [30])
      assert.deepEqual(await of('csirt-b.example 7'), [30])
      assert.deepEqual(await of('two words'), [50])
      assert.deepEqual(await of('csirt-a.example'), [])
    })
  })

  describe(`${name}: what is shown`, () => {
    test('the queue, filtered, without payloads', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.accept(
        envelope(
          clock,
          'one',
          ['A', 'B', 'C'].map((one) => delivery(one)),
        ),
      )
      await store.accept(
        envelope(clock, 'two', [delivery('D', { kind: 'peer', destination: 'csirt-b', state: 'held' })]),
      )
      await store.settle(delivered(await store.claim(request(clock, { limit: 1 }))))
      const ids = async (filter: object) => (await store.list(filter)).map((one) => one.incident.slice(-1))
      assert.deepEqual(await ids({}), ['A', 'B', 'C', 'D'])
      assert.deepEqual(await ids({ states: ['delivered'] }), ['A'])
      assert.deepEqual(await ids({ states: ['pending', 'held'] }), ['B', 'C', 'D'])
      assert.deepEqual(await ids({ states: ['pending', 'held'], limit: 2 }), ['C', 'D'])
      assert.deepEqual(await ids({ states: [] }), [])
      assert.deepEqual(await ids({ destination: 'csirt-b' }), ['D'])
      assert.deepEqual(await ids({ incident: 'csirt-a.example B' }), ['B'])
      assert.deepEqual(await ids({ incident: 'B', states: ['pending'] }), ['B'])
      assert.equal('payload' in (await store.list())[0]!, false)
      assert.equal(await store.show('no such id'), undefined)
    })

    test('a long list comes in pages: each once, oldest first, and of what is over the latest 1000', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const all = Array.from({ length: 1_500 }, (_, n) => n)
      const aside = (n: number) => n >= 1_100 && n % 3 === 0
      for (let i = 0; i < all.length; i += 300) {
        const rows = all.slice(i, i + 300).map((n) =>
          delivery(`${n}`, {
            destination: n < 1_100 ? 'incident' : 'other',
            state: aside(n) ? 'held' : 'pending',
            ...(n % 100 === 0 && { reason: 'answered 403' }),
          }),
        )
        await store.accept(envelope(clock, `m${i}`, rows))
        // keys are far apart
        await clock.advance(i === 300 ? 100_000 : 1)
      }
      const numbers = async (filter: QueueFilter = {}) => {
        const rows: DeliverySummary[] = []
        for await (const page of store.pages(filter)) {
          assert.ok(page.length > 0 && page.length <= 1000)
          rows.push(...page)
        }
        return rows.map(({ incident }) => Number(incident.split(' ').at(-1)))
      }
      assert.deepEqual(await numbers(), all)
      assert.deepEqual(await numbers({ destination: 'other' }), all.slice(1_100))
      assert.deepEqual(await numbers({ states: ['held'] }), all.filter(aside))
      assert.deepEqual(
        await numbers({ states: ['pending'] }),
        all.filter((n) => !aside(n)),
      )
      assert.deepEqual(
        await numbers({ reason: '403' }),
        all.filter((n) => n % 100 === 0),
      )
      assert.deepEqual(await numbers({ incident: '7' }), [7])
      assert.deepEqual(await numbers({ limit: 1_200 }), all.slice(-1_200))
      assert.deepEqual(await numbers({ states: ['held'], limit: 3 }), all.filter(aside).slice(-3))
      assert.deepEqual(await numbers({ states: [] }), [])
      const units = (await store.claim(request(clock, { limit: 1_050 }))).flat()
      await store.settle(units.map(({ id }) => ({ id, to: 'delivered' })))
      assert.deepEqual(await numbers(), all.slice(50))
      assert.equal(await store.leftOut(), 50)
      assert.deepEqual(await numbers({ states: ['delivered'] }), all.slice(50, 1_050))
      assert.deepEqual(await numbers({ states: ['delivered'], limit: 1_020 }), all.slice(30, 1_050))
    })

    test('a page shows what became of a delivery since the page before it, and nothing twice', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const names = Array.from({ length: 1_100 }, (_, n) => `${n}`)
      await store.accept(
        envelope(
          clock,
          'm',
          names.map((name) => delivery(name)),
        ),
      )
      const pages = store.pages({})[Symbol.asyncIterator]()
      const first = (await pages.next()).value as readonly DeliverySummary[]
      const [before] = first
      const last = (await store.list({ limit: 1 }))[0]
      await store.discard(before!.id, clock.now())
      await store.discard(last!.id, clock.now())
      await store.accept(envelope(clock, 'n', [delivery('new')]))
      const second = (await pages.next()).value as readonly DeliverySummary[]
      assert.equal((await pages.next()).done, true)
      assert.deepEqual([first.length, second.length], [1000, 100])
      assert.deepEqual([second.at(-1)?.id, second.at(-1)?.state], [last?.id, 'discarded'])
      assert.equal(new Set([...first, ...second].map(({ id }) => id)).size, 1_100)
    })

    test('the backlog of each destination', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const created = clock.now()
      await store.accept(
        envelope(
          clock,
          'one',
          ['A', 'B', 'C'].map((one) => delivery(one)),
        ),
      )
      await clock.advance(10)
      await store.accept(envelope(clock, 'two', [delivery('D', { state: 'held' })]))
      const [a, b] = (await store.claim(request(clock, { limit: 2 }))).flat()
      assert.equal(
        await store.unsettled('topic', 'incident'),
        3,
        'one waits, two are being sent; the held one not counted',
      )
      assert.equal(await store.unsettled('topic', 'incident', 'csirt-a'), 3)
      const open = (await store.list()).filter(({ state }) => ['pending', 'sending'].includes(state))
      const payloads = await Promise.all(open.map(async ({ id }) => (await store.show(id))?.payload ?? ''))
      assert.equal(await store.unsettledBytes('topic', 'csirt-a'), Buffer.byteLength(payloads.join('')))
      assert.equal(await store.unsettledBytes('topic', 'csirt-b'), 0)
      assert.equal(await store.unsettledBytes('peer', 'csirt-a'), 0)
      assert.equal(await store.unsettled('topic', 'incident', 'csirt-b'), 0)
      assert.equal(await store.unsettled('topic', 'other'), 0)
      assert.equal(await store.unsettled('peer', 'incident'), 0)
      await store.settle([{ id: b!.id, to: 'pending', nextAttempt: created + 900, reason: 'x', countAttempt: true }])
      await store.settle([{ id: a!.id, to: 'delivered' }])
      assert.deepEqual(await store.backlog(), [
        {
          kind: 'topic',
          destination: 'incident',
          pending: 2,
          sending: 0,
          held: 1,
          withheld: 0,
          oldest: created,
          due: created,
          paused: null,
        },
      ])
      await store.settle(delivered(await store.claim(request(clock))))
      assert.equal((await store.backlog())[0]?.due, created + 900)
      assert.equal(await store.unsettled('topic', 'incident'), 1)
    })

    test('what is for a destination that is paused waits until it is resumed, and other destinations do not', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const to = (destination: string) => delivery('A', { kind: 'peer', destination })
      await store.accept(envelope(clock, 'one', [to('csirt-b'), to('csirt-c')]))
      const claim = async (destination: string) => {
        const units = await store.claim(request(clock, { kind: 'peer', destination, leaseMs: 1000 }))
        return units.flat().length
      }
      const since = clock.now()
      await store.pause('peer', 'csirt-b', { since, by: 'alice' })
      await store.pause('peer', 'csirt-b', { since: since + 1, by: 'bob' })
      assert.equal(await claim('csirt-b'), 0)
      assert.equal(await claim('csirt-c'), 1)
      const [row] = await store.backlog()
      assert.deepEqual([row?.pending, row?.due, row?.paused], [1, null, { since, by: 'alice' }])
      await store.resume('peer', 'csirt-b')
      const [resumed] = await store.backlog()
      assert.deepEqual([resumed?.due, resumed?.paused], [since, null])
      assert.equal(await claim('csirt-b'), 1)
      // what is being sent is not called back, and its lease does not run out meanwhile
      await store.pause('peer', 'csirt-b', { since, by: 'alice' })
      await clock.advance(2000)
      assert.equal(await claim('csirt-b'), 0)
      await store.resume('peer', 'csirt-b')
      assert.equal(await claim('csirt-b'), 1)
    })

    test('a pause is traced with what it changes, and not where it changes nothing', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      const deed = (event: string) => [{ at: clock.now(), incident: 'destination csirt-b', event, fields: {} }]
      const pause = (by: string) => store.pause('peer', 'csirt-b', { since: clock.now(), by }, deed(`paused by ${by}`))
      const resume = () => store.resume('peer', 'csirt-b', deed('resumed'))
      assert.deepEqual([await resume(), await pause('alice'), await pause('bob')], [false, true, false])
      assert.deepEqual([await resume(), await resume()], [true, false])
      const events = (await store.trace('destination csirt-b')).map(({ event }) => event)
      assert.deepEqual(events, ['paused by alice', 'resumed'])
    })

    test('a destination is paused before anything is for it', async () => {
      await using bench = await createBench()
      const { store, clock } = bench
      await store.pause('topic', 'incident', { since: clock.now(), by: 'alice' })
      await store.accept(envelope(clock, 'one', [delivery('A')]))
      assert.equal((await store.claim(request(clock))).length, 0)
    })
  })
}
