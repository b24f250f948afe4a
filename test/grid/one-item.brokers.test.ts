import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Grid } from '../../src/grid/contract.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import type { SendOutcome } from '../../src/outcome.ts'
import {
  answer,
  event,
  type FakeController,
  type FakeIq,
  type FakeScript,
  startFakeController,
} from '../support/fake-controller.ts'
import { fakeCertificates, fakeGridConfig } from '../support/fake-grid.ts'
import { topicConfig } from '../support/grid-config.ts'
import { LogLines, Recorder, until } from '../support/recorder.ts'

const TIMING = { min: 10, max: 50, topicRetry: 100, resync: 60_000, pingTimeout: 2_000 }
const never = new AbortController().signal

const payload = (id: string) => `<a xmlns="urn:x">${id}</a>`
const isPublish = (iq: FakeIq) => iq.xml.includes('<publish ')
const itemOf = (iq: FakeIq) => /<item id="([^"]*)"/.exec(iq.xml)?.[1] ?? ''

function streamError(condition: string, text = ''): string {
  const ns = 'urn:ietf:params:xml:ns:xmpp-streams'
  return `<stream:error><${condition} xmlns="${ns}"/>${text && `<text xmlns="${ns}">${text}</text>`}</stream:error></stream:stream>`
}

function refusal(iq: FakeIq, condition: string, type = 'cancel'): string {
  const error = `<error type="${type}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
  return `<iq type="error" id="${iq.id}" from="${iq.to}">${error}</iq>`
}

/** Publishes each until it is settled, all at the same time, as the queue would. How each ended, and all reasons on the way. */
async function carry(grid: Grid, ids: readonly string[], tries = 100) {
  const reasons: string[] = []
  const settled = await Promise.all(
    ids.map(async (id): Promise<readonly [string, SendOutcome]> => {
      let outcome: SendOutcome = { kind: 'retry', reason: 'untried', destinationDown: false }
      for (let i = 0; i < tries && outcome.kind === 'retry'; i += 1) {
        if (i > 0) await wait(30)
        outcome = await grid.publish('incident', id, payload(id), never)
        if (outcome.kind !== 'delivered') reasons.push(outcome.reason)
      }
      return [id, outcome]
    }),
  )
  const kinds = Object.fromEntries(settled.map(([id, { kind }]) => [id, kind]))
  return { kinds, reasons, last: Object.fromEntries(settled) }
}

const ordinary = (count: number) => Array.from({ length: count }, (_, i) => `ordinary-${i}`)
const all = (ids: readonly string[], kind: string) => Object.fromEntries(ids.map((id) => [id, kind]))

describe('one item never stops another', () => {
  const made = fakeCertificates()

  /** A Controller, its Broker and a grid side that is connected. `published`: ids in the order in which they were read. */
  async function begin(onPublish: (iq: FakeIq, fake: FakeController) => string | undefined, more: Begin = {}) {
    const published: string[] = []
    const fake: FakeController = await startFakeController({
      certificate: made.certificate,
      ...more.script,
      onIq(iq) {
        if (!isPublish(iq)) return more.script?.onIq?.(iq)
        published.push(itemOf(iq))
        return onPublish(iq, fake)
      },
    })
    const config = fakeGridConfig(fake, made.ca.cert, { topics: [topicConfig()] })
    const recorder = new Recorder()
    const log = new LogLines(recorder)
    const timing = { ...TIMING, ...more.timing }
    const grid = createXmppGrid({ config, consume: ['incident'], handlers: recorder, tell: log.tell, timing })
    grid.start()
    await grid.whenUp(AbortSignal.timeout(30_000))
    const end = async () => {
      await grid[Symbol.asyncDispose]()
      await fake[Symbol.asyncDispose]()
    }
    return { fake, grid, recorder, log, published, [Symbol.asyncDispose]: end }
  }

  interface Begin {
    readonly script?: Partial<FakeScript>
    readonly timing?: Partial<typeof TIMING & { iq: number; pingInterval: number }>
  }

  for (const condition of [
    ...['not-well-formed', 'invalid-xml', 'bad-format', 'restricted-xml', 'invalid-namespace', 'policy-violation'],
    ...['bad-namespace-prefix', 'internal-server-error', 'undefined-condition', 'resource-constraint'],
  ]) {
    test(`a small item at which the Controller ends the stream (${condition}) is held after three logins, and no other`, async () => {
      await using link = await begin((iq) =>
        itemOf(iq) === 'poison' ? streamError(condition, 'It hurts.') : undefined,
      )
      const others = ordinary(20)
      const { kinds, last } = await carry(link.grid, [...others.slice(0, 10), 'poison', ...others.slice(10)])
      assert.deepEqual(kinds, { ...all(others, 'delivered'), poison: 'hold' })
      const reason = last.poison?.kind === 'hold' ? last.poison.reason : ''
      assert.match(reason, new RegExp(`^The Controller ended the stream \\(${condition} \\(It hurts\\.\\)\\) twice`))
      assert.ok(link.fake.logins <= 4, `${link.fake.logins} logins`)
      for (const id of others) assert.ok(link.published.filter((one) => one === id).length <= 3, id)
    })
  }

  test('several items that end streams are each found, beside those that do not', async () => {
    const bad = ['bad-0', 'bad-1', 'bad-2', 'bad-3']
    await using link = await begin((iq) => (itemOf(iq).startsWith('bad') ? streamError('not-well-formed') : undefined))
    const others = ordinary(40)
    const mixed = others.flatMap((id, i) => (i % 10 === 5 ? [id, `bad-${Math.floor(i / 10)}`] : [id]))
    const { kinds } = await carry(link.grid, mixed)
    assert.deepEqual(kinds, { ...all(others, 'delivered'), ...all(bad, 'hold') })
  })

  test('an item at which the line breaks without a word is held, and no other', async () => {
    await using link = await begin((iq, fake) => {
      if (itemOf(iq) === 'poison') fake.drop()
      return undefined
    })
    const others = ordinary(10)
    const { kinds, last } = await carry(link.grid, ['poison', ...others])
    assert.deepEqual(kinds, { ...all(others, 'delivered'), poison: 'hold' })
    assert.match(
      last.poison?.kind === 'hold' ? last.poison.reason : '',
      /^The line to the Controller broke again and again/,
    )
  })

  test('a Controller that ends the stream at whatever is published costs no more than two reports', async () => {
    await using link = await begin(() => streamError('policy-violation'))
    const { kinds } = await carry(link.grid, ordinary(12), 30)
    assert.ok(Object.values(kinds).filter((kind) => kind === 'hold').length <= 2, JSON.stringify(kinds))
  })

  test('an item that is never answered is held, and the Topic is not down meanwhile', async () => {
    await using link = await begin((iq) => (itemOf(iq).startsWith('deep') ? '' : undefined), { timing: { iq: 300 } })
    const bad = Array.from({ length: 5 }, (_, i) => `deep-${i}`)
    let isOver = false
    const carried = carry(link.grid, bad).finally(() => {
      isOver = true
    })
    for (let i = 0; !isOver; i += 1) {
      const begun = Date.now()
      assert.deepEqual(await carry(link.grid, [`ordinary-${i}`]).then(({ reasons }) => reasons), [])
      assert.ok(Date.now() - begun < 5_000)
      await wait(100)
    }
    const { kinds, last } = await carried
    assert.deepEqual(kinds, all(bad, 'hold'))
    const held = last['deep-0']
    assert.equal(held?.kind === 'hold' && held.reason, 'The Broker never answered this item, and answers others.')
    assert.equal(link.fake.logins, 1)
    for (const id of bad) assert.equal(link.published.filter((one) => one === id).length, 3)
  })

  test('an item that is never answered does not make a Topic look down where nothing else is published', async () => {
    await using link = await begin(() => '', { timing: { iq: 200 } })
    const outcome = await link.grid.publish('incident', 'deep', payload('deep'), never)
    assert.deepEqual(outcome, {
      ...{ kind: 'retry', reason: 'The Broker did not answer in time.', destinationDown: false, othersPass: true },
    })
  })

  test('a hundred items that are never answered take nobody else the place', async () => {
    await using link = await begin((iq) => (itemOf(iq).startsWith('deep') ? '' : undefined), { timing: { iq: 20_000 } })
    for (let i = 0; i < 100; i += 1) void link.grid.publish('incident', `deep-${i}`, payload('deep'.repeat(400)), never)
    await until(() => link.published.length === 100, 'all of them to be read')
    await until(() => (link.grid.room?.('incident') ?? 0) > 0, 'room for others', 10_000)
    const { kinds } = await carry(link.grid, ordinary(3))
    assert.deepEqual(kinds, all(ordinary(3), 'delivered'))
  })

  test('a Broker whose storage hangs is down, and nothing is held for it', async () => {
    let hangs = true
    await using link = await begin(() => (hangs ? '' : undefined), { timing: { iq: 200 } })
    const ids = ordinary(12)
    const carried = carry(link.grid, ids)
    await wait(4_000)
    hangs = false
    const { kinds, reasons } = await carried
    assert.deepEqual(kinds, all(ids, 'delivered'))
    assert.ok(reasons.length > 12)
  })

  test('a Controller that is restarted again and again takes no report along', async () => {
    await using link = await begin((_iq, fake) => {
      if (Math.random() < 0.15) {
        void fake.send(streamError('system-shutdown'))
        return ''
      }
      return undefined
    })
    const { kinds } = await carry(link.grid, ordinary(60), 500)
    assert.ok(Object.values(kinds).filter((kind) => kind === 'hold').length <= 2, JSON.stringify(kinds))
  })

  for (const condition of ['system-shutdown', 'see-other-host']) {
    test(`an item that is under way whenever the Controller leaves (${condition}) is not held for it`, async () => {
      let times = 0
      await using link = await begin((iq) => {
        if (itemOf(iq) !== 'slow' || times === 4) return undefined
        times += 1
        return streamError(condition)
      })
      for (let i = 0; i < 5; i += 1) {
        const { kinds } = await carry(link.grid, ['slow', `ordinary-${i}`], i === 4 ? 100 : 2)
        assert.notEqual(kinds.slow, 'hold')
      }
      assert.equal(times, 4)
    })
  }

  test('a result that comes late is proof: the item is not sent again', async () => {
    await using link = await begin(
      (iq, fake) => {
        setTimeout(() => void fake.send(answer(iq, '')), 1_500)
        return ''
      },
      { timing: { iq: 200 } },
    )
    const first = await link.grid.publish('incident', 'late', payload('late'), never)
    assert.equal(first.kind, 'retry')
    await wait(1_500)
    assert.deepEqual(await link.grid.publish('incident', 'late', payload('late'), never), { kind: 'delivered' })
    assert.deepEqual(link.published, ['late'])
  })

  test('our own item seen on its Topic is proof, however the Broker writes it', async () => {
    await using link = await begin(() => '', { timing: { iq: 20_000 } })
    const xml = '<report xmlns="urn:x" b="2" a="&quot;1&quot;"><c xmlns="urn:y">é &amp; &lt;</c><d></d></report>'
    const publishing = link.grid.publish('incident', 'one', xml, never)
    await until(() => link.published.length === 1, 'the item to be read')
    const outcome = Promise.race([publishing, wait(300, 'nothing yet')])
    const shown = (text: string) => event('incident', `<item id="one">${text}</item>`)
    await link.fake.send(shown('<report xmlns="urn:x" a="1"/>'))
    await link.fake.send(event('incident', `<item id="one">${xml}</item>`, 'eve@evil.example'))
    assert.equal(await outcome, 'nothing yet')
    await link.fake.send(
      shown(`<q:report xmlns:q='urn:x' a='"1"' b='2'><c xmlns='urn:y'>é &#38; &lt;</c><q:d/></q:report>`),
    )
    assert.deepEqual(await publishing, { kind: 'delivered' })
  })

  test('a stanza over what the Controller says that it takes is not sent to it', async () => {
    const features = '<limits xmlns="urn:xmpp:stream-limits:0"><max-bytes>10000</max-bytes></limits>'
    await using link = await begin(() => undefined, { script: { features } })
    const large = `<a xmlns="urn:x">${'x'.repeat(9_990)}</a>`
    const outcome = await link.grid.publish('incident', 'large', large, never)
    assert.match(
      outcome.kind === 'hold' ? outcome.reason : '',
      /a stanza of 10\d\d\d bytes; the Controller takes 10000/,
    )
    assert.deepEqual(link.published, [])
    assert.deepEqual(await link.grid.publish('incident', 'small', payload('small'), never), { kind: 'delivered' })
  })

  test('a Topic that takes no more items says so, and is up when it takes some again', async () => {
    let full = true
    await using link = await begin((iq) => (full ? refusal(iq, 'internal-server-error', 'wait') : undefined))
    for (const id of ordinary(4)) {
      const outcome = await link.grid.publish('incident', id, payload(id), never)
      assert.equal(outcome.kind === 'retry' && outcome.destinationDown, true)
    }
    const state = link.recorder.states.findLast(({ part }) => part === 'topic:incident')
    assert.equal(state?.state, 'refused')
    assert.match(state?.reason ?? '', /^The Topic takes no more items\. .*internal-server-error/)
    full = false
    const { kinds } = await carry(link.grid, ordinary(4))
    assert.deepEqual(kinds, all(ordinary(4), 'delivered'))
    assert.equal(link.recorder.stateOf('topic:incident'), 'up')
  })

  test('a Topic that takes no more items, and then takes none from us, says the latter', async () => {
    let condition = 'internal-server-error'
    await using link = await begin((iq) => refusal(iq, condition, condition === 'forbidden' ? 'auth' : 'wait'))
    for (const id of ordinary(4)) await link.grid.publish('incident', id, payload(id), never)
    const reason = () => link.recorder.states.findLast(({ part }) => part === 'topic:incident')?.reason ?? ''
    assert.match(reason(), /^The Topic takes no more items\./)
    condition = 'forbidden'
    await link.grid.publish('incident', 'one', payload('one'), never)
    await until(() => /^Nothing may be published to it: forbidden/.test(reason()), 'the lost right to be told')
  })

  test('an item that the Broker fails at alone is held, and the Topic is not down for it', async () => {
    await using link = await begin((iq) => (itemOf(iq) === 'poison' ? refusal(iq, 'internal-server-error') : undefined))
    let last: SendOutcome = { kind: 'delivered' }
    for (let i = 0; i < 20 && last.kind !== 'hold'; i += 1) {
      last = await link.grid.publish('incident', 'poison', payload('poison'), never)
      if (i > 1) assert.notEqual(last.kind === 'retry' && last.destinationDown, true)
      await carry(link.grid, [`ordinary-${i}`])
    }
    assert.equal(last.kind, 'hold')
    assert.match(last.kind === 'hold' ? last.reason : '', /internal-server-error.*takes others/)
  })
})
