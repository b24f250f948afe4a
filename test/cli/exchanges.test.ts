import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { errandTo } from '../../src/exchange/context.ts'
import { encode } from '../../src/exchange/stored.ts'
import { openStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { WholeStore } from '../../src/store/whole-store.ts'
import { untold } from '../../src/tell.ts'
import { LEAST } from '../config/example.ts'
import { iodefGateway } from './capture.ts'

const PEERS = `
peers:
  - { name: csirt-a, identity: { dns: csirt-a.example }, accept: [Query], url: "https://csirt-a.example/" }
  - { name: csirt-b, identity: { dns: csirt-b.example }, url: "https://csirt-b.example/" }
`
const KEYS = ['id', 'state', 'asker', 'msgType', 'incident', 'opened', 'expires', 'closed', 'legs', 'answers']
const CRITERIA = 'CRITERIA'
const BODY = 'BODY'
const TOKEN = 'TOKEN'

describe('exchanges, while the store is open elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exchanges-'))
  const config = ['--config', join(folder, 'gateway.yaml')]
  let store: WholeStore

  before(async () => {
    writeFileSync(join(folder, 'gateway.yaml'), LEAST + PEERS)
    store = await openStore({ path: join(folder, 'gateway.db'), tell: untold, clock: systemClock })
    await ask('one')
    await ask('-two', 'csirt.example 8')
    const sent = { leg: 0, msgType: 'Report', digest: 'a'.repeat(64), body: BODY }
    await store.change('one', () => ({
      change: {
        legs: [{ n: 0, state: 'promised', token: 'b'.repeat(64), reason: '\u001b[2J' }],
        answers: [sent],
        token: TOKEN,
        deliver: ({ n }) =>
          errandTo(
            { kind: 'peer', destination: 'csirt-a' },
            { id: 'one', incident: 'csirt.example 7', expires: 9000 },
            { exchange: 'one', answer: n },
          ),
      },
    }))
  })
  after(async () => {
    await store[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function ask(id: string, incident = 'csirt.example 7', kind: 'peer' | 'held' = 'peer', more: object = {}) {
    const policy = { attributes: {}, regions: [], traffic: [], incidentId: null, text: CRITERIA }
    const asked = {
      id,
      asker: 'csirt-a',
      address: '192.0.2.65',
      msgType: 'Query',
      incident,
      digest: id,
      question: encode({ policy, document: null } as unknown as Parameters<typeof encode>[0]),
      opened: 1000,
      pendingAt: null,
      expires: 9000,
      ...more,
    }
    const legs = [{ kind, target: 'csirt-b' }]
    await store.ask(asked, legs, { open: 9, all: 9, since: 0 }, () => undefined)
  }

  test('lists exactly the documented JSON', async () => {
    const { code, out } = await iodefGateway(['exchanges', 'list', ...config, '--json'])
    assert.equal(code, 0)
    const [first] = JSON.parse(out)
    assert.deepEqual(Object.keys(first), KEYS)
    assert.deepEqual(first, {
      id: 'one',
      state: 'open',
      asker: 'csirt-a',
      msgType: 'Query',
      incident: 'csirt.example 7',
      opened: '1970-01-01T00:00:01.000Z',
      expires: '1970-01-01T00:00:09.000Z',
      closed: null,
      legs: [{ target: 'peer:csirt-b', state: 'promised' }],
      answers: 1,
    })
  })

  test('lists by state, asker, whom it is asked of, incident and number, and says that there are more', async () => {
    const ids = async (...args: string[]) => {
      const { out } = await iodefGateway(['exchanges', 'list', ...config, '--json', ...args])
      return (JSON.parse(out) as { id: string }[]).map(({ id }) => id)
    }
    assert.deepEqual(await ids('--state', 'open,denied'), ['one', '-two'])
    assert.deepEqual(await ids('--state', 'denied'), [])
    assert.deepEqual(await ids('--asker', 'csirt-b'), [])
    assert.deepEqual(await ids('--asked', 'csirt-b'), ['one', '-two'])
    // as the list itself has them
    assert.deepEqual(await ids('--asked', 'peer:csirt-b'), ['one', '-two'])
    assert.deepEqual(await ids('--asked', 'held:csirt-b'), [])
    assert.deepEqual(await ids('--asker', 'peer:csirt-a'), ['one', '-two'])
    assert.deepEqual(await ids('--asker', 'jid:csirt-a'), [])
    assert.deepEqual(await ids('--incident', ' 8 '), ['-two'])
    assert.deepEqual(await ids('--limit', '1'), ['-two'])
    const { out, err } = await iodefGateway(['exchanges', 'list', ...config, '--limit', '1'])
    assert.match(out, /^ID +STATE +ASKER +TYPE +INCIDENT +OPENED +EXPIRES +ANSWERS +ASKED\n-two +open +csirt-a +Query /)
    assert.match(err, /older questions are not shown/)
    assert.equal((await iodefGateway(['exchanges', 'list', ...config, '--state', 'denied'])).err, 'no questions\n')
  })

  test('shows legs, states, times and which delivery an answer is', async () => {
    const { code, out } = await iodefGateway(['exchanges', 'show', 'one', ...config, '--json'])
    assert.equal(code, 0)
    const shown = JSON.parse(out)
    assert.deepEqual([shown.address, shown.promised, shown.expires], ['192.0.2.65', true, '1970-01-01T00:00:09.000Z'])
    assert.deepEqual([shown.legs[0].target, shown.legs[0].state], ['peer:csirt-b', 'promised'])
    const [answer] = shown.answers
    const queued = await store.show(answer.delivery)
    assert.deepEqual([answer.n, answer.leg, answer.msgType, answer.sent], [0, 0, 'Report', null])
    assert.deepEqual([queued?.destination, queued?.incident], ['csirt-a', 'csirt.example 7'])
    const text = await iodefGateway(['exchanges', 'show', 'one', ...config])
    assert.match(text.out, /^id: +one\nstate: +open\n/)
    assert.match(text.out, new RegExp(`0 +0 +Report .*${answer.delivery}`))
    assert.ok(!text.out.includes('\u001b'), 'what a stranger wrote cannot steer the terminal')
  })

  test('shows neither what is asked, nor what is answered, nor a token', async () => {
    for (const args of [['list'], ['show', 'one']]) {
      for (const json of [[], ['--json']]) {
        const { out } = await iodefGateway(['exchanges', ...args, ...config, ...json])
        for (const secret of [CRITERIA, BODY, TOKEN, 'b'.repeat(64)]) assert.ok(!out.includes(secret), secret)
      }
    }
  })

  test('says what is wrong with what was typed', async () => {
    for (const [args, text] of [
      [[], 'list, show, approve, deny or close?'],
      [['lits'], 'did you mean "list"?'],
      [['show'], 'the first column of "exchanges list"'],
      [['list', '--state', 'gone'], '"gone" is no state; there are open, answered'],
      [['list', 'one'], 'one'],
    ] as const) {
      const { code, err } = await iodefGateway(['exchanges', ...args, ...config])
      assert.equal(code, 2)
      assert.ok(err.includes(text), err)
    }
    const { code, err } = await iodefGateway(['exchanges', 'show', 'none', ...config])
    assert.deepEqual([code, err], [1, 'there is no question none\n'])
  })

  test('approves and denies what is held, once, for a reason that RFC 6545 knows', async () => {
    for (const id of ['yes', 'no']) await ask(id, `csirt.example ${id}`, 'held')
    const run = (...args: string[]) => iodefGateway(['exchanges', ...args, ...config])
    assert.match((await run('list', '--asked', 'csirt-b')).out, /held:csirt-b waiting/)
    assert.match((await run('deny', 'no', '--reason', 'Nope')).err, /"Nope" is no Justification of RFC 6545; there are/)
    assert.match((await run('approve', 'no', '--reason', 'Other')).err, /--reason is for "exchanges deny"/)
    assert.deepEqual((await run('deny', 'no', '--reason', 'Other')).out, 'no: denied\n')
    assert.deepEqual((await run('approve', 'yes')).out, 'yes: approved\n')
    const again = await run('approve', 'yes', 'one')
    assert.deepEqual([again.code, again.err.split('\n')[0]], [1, 'yes: nothing of it waits for an operator'])
    const leg = async (id: string) => (await store.exchange(id))?.legs[0]
    const [yes, no] = [await leg('yes'), await leg('no')]
    assert.deepEqual([yes?.kind, yes?.state, no?.state, no?.reason], ['peer', 'waiting', 'denied', 'Other'])
    assert.equal((await store.list({ destination: 'csirt-b' })).length, 1)
  })

  test('closes what is open, once, and the trace says by whom', async () => {
    const first = await iodefGateway(['exchanges', 'close', '-two', ...config])
    assert.deepEqual([first.code, first.out], [0, '-two: closed\n'])
    const again = await iodefGateway(['exchanges', 'close', 'none', '-two', ...config, '--json'])
    assert.equal(again.code, 1)
    assert.deepEqual(JSON.parse(again.out), [
      { id: 'none', done: false, message: 'there is no such question' },
      { id: '-two', done: false, message: 'is closed already, as cancelled' },
    ])
    const events = (await store.trace('csirt.example 8')).filter(({ event }) => event === 'operator-closed')
    assert.equal(events.length, 1)
    assert.equal(typeof events[0]?.fields.by, 'string')
    assert.equal((await store.exchange('-two'))?.state, 'cancelled')
  })

  test('names an asker that is no peer as routes do', async () => {
    await ask('grid', 'csirt.example 9', 'peer', { askerKind: 'jid', asker: 'soc@grid.example' })
    const { out } = await iodefGateway(['exchanges', 'list', ...config, '--json', '--asker', 'soc@grid.example'])
    assert.deepEqual(
      (JSON.parse(out) as { asker: string }[]).map(({ asker }) => asker),
      ['jid:soc@grid.example'],
    )
    assert.match((await iodefGateway(['exchanges', 'show', 'grid', ...config])).out, /^asker: +jid:soc@grid\.example$/m)
  })
})

test('exchanges of a store that is not there is exit code 3', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'exchanges-'))
  writeFileSync(join(folder, 'gateway.yaml'), LEAST)
  assert.equal((await iodefGateway(['exchanges', 'list', '--config', join(folder, 'gateway.yaml')])).code, 3)
  rmSync(folder, { recursive: true })
})
