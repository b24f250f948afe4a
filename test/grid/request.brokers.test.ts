import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Grid } from '../../src/grid/contract.ts'
import { createXmppGrid } from '../../src/grid/xmpp-grid.ts'
import type { Broker } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { gridConfig } from '../support/grid-config.ts'
import { LogLines, Recorder } from '../support/recorder.ts'
import { type GridUser, startGridUser } from '../support/slixmpp.ts'
import { START } from '../support/start-broker.ts'

const USERS = { gateway: 'gateway-secret', soc: 'soc-secret', dumb: 'dumb-secret' }
const INCIDENT = '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0">&#10;a &amp; "b"</Incident>'
const INQUIRY = `<inquiry xmlns="urn:xmpp:incident:2">${INCIDENT}</inquiry>`
const REPORT = `<report xmlns="urn:xmpp:incident:2">${INCIDENT}</report>`

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`an IQ of ours to somebody on a real ${kind}`, () => {
    let broker: Broker
    let grid: Grid
    let soc: GridUser

    function create(timing: { readonly iq?: number } = {}) {
      const recorder = new Recorder()
      const config = gridConfig(broker, { topics: [] })
      return createXmppGrid({ config, consume: [], handlers: recorder, tell: new LogLines(recorder).tell, timing })
    }
    const ask = (to: string, from = grid) =>
      from.request({ to, type: 'get', xml: INQUIRY }, AbortSignal.timeout(60_000))

    before(async () => {
      broker = await START[kind]({ users: USERS })
      grid = create()
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      soc = await startGridUser(broker, { user: 'soc', password: USERS.soc, resource: 'tool' })
    })
    after(async () => {
      await soc?.[Symbol.asyncDispose]()
      await grid?.[Symbol.asyncDispose]()
      await broker.dispose()
    })

    test('reaches the full JID, and its result is one', async () => {
      await soc.answerWith()
      assert.deepEqual(await ask(`soc@${broker.domain}/tool`), { kind: 'result', xml: undefined })
      const iq = soc.incidents.at(-1)
      assert.equal(iq?.type, 'get')
      assert.equal(await soc.difference(iq?.xml ?? '', INQUIRY), undefined)
    })

    test('is answered with a report in the result, which keeps its characters', async () => {
      await soc.answerWith({ xml: REPORT })
      const reply = await ask(`soc@${broker.domain}/tool`)
      assert.equal(reply.kind, 'result')
      assert.equal(await soc.difference((reply.kind === 'result' && reply.xml) || '', REPORT), undefined)
    })

    for (const [condition, type] of [
      ['item-not-found', 'cancel'],
      ['forbidden', 'auth'],
      ['feature-not-implemented', 'cancel'],
      ['resource-constraint', 'wait'],
    ] as const) {
      test(`is answered with ${condition}`, async () => {
        await soc.answerWith({ error: condition, type })
        const reply = await ask(`soc@${broker.domain}/tool`)
        assert.deepEqual(reply, { kind: 'error', type, condition, reason: condition })
      })
    }

    test('is answered with service-unavailable by somebody who is there, since he answers a ping', async () => {
      await soc.answerWith({ error: 'service-unavailable', type: 'cancel' })
      const reply = await ask(`soc@${broker.domain}/tool`)
      assert.equal(reply.kind === 'error' && reply.condition, 'service-unavailable', JSON.stringify(reply))
    })

    test('reaches nobody where he is not logged in, and him once he is back', async () => {
      await soc.answerWith()
      const absent = await ask(`soc@${broker.domain}/elsewhere`)
      assert.equal(absent.kind, 'absent', JSON.stringify(absent))
      assert.match('reason' in absent ? absent.reason : '', /^Nobody is there: service-unavailable/)
      await using back = await startGridUser(broker, { user: 'soc', password: USERS.soc, resource: 'elsewhere' })
      assert.equal((await ask(`soc@${broker.domain}/elsewhere`)).kind, 'result')
      assert.equal(back.incidents.length, 1)
    })

    test('reaches no domain that there is not', async () => {
      const reply = await ask('nowhere.invalid')
      // that one is run without other servers
      const said = kind === 'prosody' ? 'not-allowed' : 'remote-server-not-found'
      assert.equal(reply.kind === 'error' && reply.condition, said, JSON.stringify(reply))
    })

    test('is answered by nobody in time, or never sent', async () => {
      await soc.answerWith({ silent: true })
      await using impatient = create({ iq: 500 })
      assert.equal((await ask(`soc@${broker.domain}/tool`, impatient)).kind, 'away')
      impatient.start()
      await impatient.whenUp(AbortSignal.timeout(30_000))
      const reply = await ask(`soc@${broker.domain}/tool`, impatient)
      assert.deepEqual(reply, { kind: 'unanswered', reason: 'It did not answer in time.' })
      await soc.answerWith()
    })
  })

  test(`an IQ that is longer than a real ${kind} takes ends its stream twice, and no more`, async () => {
    const broker = await START[kind]({ users: USERS, stanzaLimit: 30_000 })
    const recorder = new Recorder()
    const config = gridConfig(broker, { topics: [] })
    const timing = { min: 50, max: 200 }
    const grid = createXmppGrid({ config, consume: [], handlers: recorder, tell: new LogLines(recorder).tell, timing })
    try {
      grid.start()
      const xml = `<report xmlns="urn:xmpp:incident:2">${'x'.repeat(40_000)}</report>`
      const kinds: string[] = []
      await eventually('it is given up', async () => {
        const reply = await grid.request({ to: broker.domain, type: 'set', xml }, AbortSignal.timeout(60_000))
        kinds.push(reply.kind === 'error' ? reply.reason : reply.kind)
        return reply.kind === 'error'
      })
      // where there is no stream just now, it is away as well
      assert.match(
        kinds.join(),
        /^(?:away,)+The Controller ended the stream \(policy-violation .* twice while this IQ of /,
      )
    } finally {
      await grid[Symbol.asyncDispose]()
      await broker.dispose()
    }
  })
}
