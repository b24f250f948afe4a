import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Grid, GridIq, GridIqReply } from '../../src/grid/contract.ts'
import { createXmppGrid, type XmppGridOptions } from '../../src/grid/xmpp-grid.ts'
import type { Broker } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { gridConfig } from '../support/grid-config.ts'
import { LogLines, Recorder } from '../support/recorder.ts'
import { type GridUser, startGridUser } from '../support/slixmpp.ts'
import { START } from '../support/start-broker.ts'

const USERS = { gateway: 'gateway-secret', soc: 'soc-secret', stranger: 'stranger-secret' }
const INQUIRY = '<inquiry xmlns="urn:xmpp:incident:2"><Incident xmlns="urn:x">&#10;x</Incident></inquiry>'
const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`IQs from others on a real ${kind}`, () => {
    let broker: Broker
    let grid: Grid
    let soc: GridUser
    let stranger: GridUser
    let log: LogLines
    const taken: GridIq[] = []
    let answer: (iq: GridIq) => Promise<GridIqReply> = async () => ({ kind: 'result' })

    function create(options: Partial<XmppGridOptions> = {}) {
      const recorder = new Recorder()
      const lines = new LogLines(recorder)
      const handlers = Object.assign(recorder, {
        participants: {
          knows: (who: string) => who === `soc@${broker.domain}`,
          reachable: (who: string) => (who === `soc@${broker.domain}` ? ['csirt-a'] : []),
          iq(iq: GridIq) {
            taken.push(iq)
            return answer(iq)
          },
        },
      })
      const config = gridConfig(broker, { topics: [], resource: 'iodef-gateway' })
      return { grid: createXmppGrid({ config, consume: [], handlers, tell: lines.tell, ...options }), log: lines }
    }

    before(async () => {
      broker = await START[kind]({ users: USERS })
      ;({ grid, log } = create())
      grid.start()
      await grid.whenUp(AbortSignal.timeout(30_000))
      soc = await startGridUser(broker, { user: 'soc', password: USERS.soc, resource: 'tool' })
      stranger = await startGridUser(broker, { user: 'stranger', password: USERS.stranger })
    })
    after(async () => {
      await soc?.[Symbol.asyncDispose]()
      await stranger?.[Symbol.asyncDispose]()
      await grid?.[Symbol.asyncDispose]()
      await broker.dispose()
    })

    const gateway = () => `gateway@${broker.domain}/iodef-gateway`
    const disco = (user: GridUser, ns: string, node = '') =>
      user.iq('get', gateway(), `<query xmlns="${ns}"${node === '' ? '' : ` node="${node}"`}/>`)

    test('reach the fixed address, as they were written, and are answered', async () => {
      const reply = await soc.iq('get', gateway(), INQUIRY)
      assert.equal(reply.kind, 'result')
      const [iq] = taken.splice(0)
      assert.deepEqual(
        [iq?.from, iq?.who, iq?.type, iq?.element],
        [`soc@${broker.domain}/tool`, `soc@${broker.domain}`, 'get', 'inquiry'],
      )
      assert.match(iq?.xml ?? '', /urn:xmpp:incident:2/)
      answer = async () => ({ kind: 'error', type: 'auth', condition: 'forbidden', text: 'No.' })
      const refused = await soc.iq('set', gateway(), INQUIRY)
      assert.deepEqual(
        [refused.kind, refused.condition, refused.type, refused.text],
        ['error', 'forbidden', 'auth', 'No.'],
      )
      answer = () => Promise.reject(new Error('broken'))
      assert.equal((await soc.iq('set', gateway(), INQUIRY)).condition, 'internal-server-error')
      answer = async () => ({ kind: 'result' })
      taken.length = 0
    })

    test('of strangers are answered as if there were nobody', async () => {
      const reply = await stranger.iq('get', gateway(), INQUIRY)
      assert.deepEqual([reply.kind, reply.condition, reply.text], ['error', 'service-unavailable', ''])
      assert.deepEqual(taken, [])
    })

    test('of one who sends many are answered each, and others meanwhile', async () => {
      const gate = Promise.withResolvers<void>()
      answer = async () => {
        await gate.promise
        return { kind: 'result' }
      }
      const all = Array.from({ length: 20 }, () => soc.iq('get', gateway(), INQUIRY))
      await eventually('as many as may be under way', () => taken.length === 16)
      const replies = Promise.all(all)
      assert.equal((await stranger.iq('get', gateway(), '<ping xmlns="urn:xmpp:ping"/>')).kind, 'result')
      gate.resolve()
      const conditions = (await replies).map(({ condition = 'result' }) => condition).sort()
      assert.deepEqual(conditions, [
        ...Array.from({ length: 4 }, () => 'resource-constraint'),
        ...Array.from({ length: 16 }, () => 'result'),
      ])
      answer = async () => ({ kind: 'result' })
      taken.length = 0
    })

    test('say what is there: features to everybody, peers to whom they are for', async () => {
      const info = (await disco(stranger, INFO)).xml ?? ''
      const features = [...info.matchAll(/var="([^"]+)"/g)].map(([, feature]) => feature)
      for (const feature of ['urn:xmpp:incident:2', 'urn:ietf:params:xml:ns:iodef-2.0', 'urn:xmpp:ping']) {
        assert.ok(features.includes(feature), feature)
      }
      assert.equal((await disco(stranger, INFO, 'nowhere')).condition, 'item-not-found')
      const items = (await disco(soc, ITEMS)).xml ?? ''
      assert.match(items, /node="peer:csirt-a"/)
      assert.ok(items.includes(`jid="${gateway()}"`), items)
      assert.doesNotMatch((await disco(stranger, ITEMS)).xml ?? '', /item /)
      assert.match((await disco(soc, INFO, 'peer:csirt-a')).xml ?? '', /node="peer:csirt-a"/)
      assert.equal((await disco(stranger, INFO, 'peer:csirt-a')).condition, 'item-not-found')
    })

    test('may follow its presence, which tells of its capabilities, where they are participants', async () => {
      for (const user of [soc, stranger]) {
        // RFC 6121 §2.1.6: who asked for its contacts is told of their answers
        await user.iq(
          'get',
          `${user === soc ? 'soc' : 'stranger'}@${broker.domain}`,
          '<query xmlns="jabber:iq:roster"/>',
        )
        await user.raw(`<presence type="subscribe" to="gateway@${broker.domain}"/>`)
      }
      const seen = (user: GridUser, mark: string) =>
        eventually(
          () => `${mark} among ${user.presences.join('\n')}`,
          () => user.presences.some((one) => one.includes(mark) && one.includes('gateway@')),
          { ms: 20_000 },
        )
      await seen(stranger, 'type="unsubscribed"')
      await seen(soc, 'type="subscribed"')
      await seen(soc, 'hash="sha-1"')
      const caps = soc.presences.find((one) => one.includes('hash="sha-1"')) ?? ''
      const ver = /ver="([^"]+)"/.exec(caps)?.[1] ?? ''
      const node = /node="([^"]+)"/.exec(caps)?.[1] ?? ''
      const info = (await disco(soc, INFO, `${node}#${ver}`)).xml ?? ''
      assert.ok(info.includes(`node="${node}#${ver}"`), info)
      // XEP-0115 §5.1
      const features = [...info.matchAll(/var="([^"]+)"/g)].map(([, feature]) => feature ?? '').sort()
      const text = ['client/bot//iodef-gateway', ...features].map((part) => `${part}<`).join('')
      assert.equal(ver, createHash('sha1').update(text).digest('base64'))
      assert.ok(stranger.presences.every((one) => !one.includes('sha-1')))
    })

    test('go to whoever logged in last: the other stays away for a while, and says so', async () => {
      const second = create()
      second.grid.start()
      await second.grid.whenUp(AbortSignal.timeout(30_000))
      await eventually('the first to be told', () => grid.state().state === 'refused', { ms: 20_000 })
      assert.match(grid.state().reason ?? '', /Somebody else logged in under the address of this gateway/)
      const away = log.lines.find(({ text }) => text === 'Controller not connected.')
      assert.partialDeepStrictEqual(away?.fields, { code: 'grid-conflict', retryInMs: 300_000 })
      assert.equal((await soc.iq('get', gateway(), INQUIRY)).kind, 'result')
      assert.equal(second.grid.state().state, 'up')
      await second.grid[Symbol.asyncDispose]()
    })
  })
}
