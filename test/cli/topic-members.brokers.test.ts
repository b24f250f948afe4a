import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type BrokerUser, brokerUser, pubsub } from '../support/broker-user.ts'
import type { Broker } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { START } from '../support/start-broker.ts'
import { iodefGateway } from './capture.ts'

const USERS = { gateway: 'gateway-secret', member: 'member-secret', stranger: 'stranger-secret' }

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`topics members, at a real ${kind}`, () => {
    let broker: Broker
    let own: BrokerUser
    let member: BrokerUser
    let stranger: BrokerUser
    let folder = ''

    before(async () => {
      broker = await START[kind]({ users: USERS })
      own = await brokerUser(broker, 'gateway')
      member = await brokerUser(broker, 'member')
      stranger = await brokerUser(broker, 'stranger')
      folder = await mkdtemp(join(tmpdir(), 'topic-members-'))
      await writeFile(join(folder, 'password'), 'gateway-secret\n', { mode: 0o600 })
    })
    after(async () => {
      for (const user of [own, member, stranger]) await user[Symbol.asyncDispose]()
      await broker.dispose()
      await rm(folder, { recursive: true, force: true })
    })

    /** A command line with the configuration of one Topic. */
    async function topics(topic: object, ...args: string[]) {
      const config = join(folder, 'gateway.yaml')
      const tls = { cert: 'rid.pem', key: 'rid.key', ca: 'ca.pem' }
      const auth = { password: { file: 'password' } }
      const { service, broker: jid, ca, domain } = broker
      const grid = { service, jid: `gateway@${domain}`, auth, tls: { ca }, broker: jid, topics: [topic] }
      const text = { rid: { name: 'gateway.example', tls }, grid, store: { path: 'gateway.db' } }
      await writeFile(config, JSON.stringify(text, null, 1))
      return iodefGateway(['topics', ...args, '--config', config])
    }
    const reads = async (user: BrokerUser, node: string) => {
      return (await user.ask('get', pubsub(`<items node="${node}"/>`))).kind === 'result'
    }
    const hears = (user: BrokerUser, id: string) => user.heard.some((told) => told.toString().includes(`id="${id}"`))
    const publish = (node: string, id: string) =>
      own.must('set', pubsub(`<publish node="${node}"><item id="${id}"><a xmlns="urn:x"/></item></publish>`))

    test('says who reads it, who should, and that they differ; mends that', async () => {
      await own.create('listed', { access_model: 'whitelist' })
      await own.affiliate('listed', stranger.jid, 'member')
      await stranger.subscribe('listed')
      const topic = { name: 'listed', create: true, members: [member.jid] }
      const before = await topics(topic, 'members', 'list', 'listed')
      assert.equal(before.code, 1, before.err)
      assert.match(before.out, /^stranger@grid\.example +member +subscribed +no +may read it, and is not in members$/m)
      assert.match(before.out, /^member@grid\.example +none +- +yes +is in members, and may not read it$/m)
      assert.match(before.out, /^gateway@grid\.example +owner .*yes$/m)
      assert.match(before.err, /topics members mend listed/)
      const mended = await topics(topic, 'members', 'mend', 'listed')
      assert.deepEqual([mended.code, mended.out], [0, '"listed": 1 added, 1 taken out\n'])
      const later = await topics(topic, 'members', 'list', 'listed')
      assert.equal(later.code, 0, later.out)
      assert.deepEqual([await reads(member, 'listed'), await reads(stranger, 'listed')], [true, false])
    })

    test('refuses what the gateway would undo, and says which line to write', async () => {
      await own.create('kept', { access_model: 'whitelist' })
      const topic = { name: 'kept', create: true, members: [member.jid] }
      const added = await topics(topic, 'members', 'add', 'kept', stranger.jid)
      assert.equal(added.code, 1)
      assert.match(
        added.err,
        /stranger@grid\.example is not in members of "kept", and the gateway takes out whoever is not/,
      )
      assert.match(
        added.err,
        /gateway\.yaml, line \d+:\n {4}members: \[member@grid\.example, stranger@grid\.example\]\n/,
      )
      assert.equal(await reads(stranger, 'kept'), false)
      const removed = await topics(topic, 'members', 'remove', 'kept', member.jid)
      assert.equal(removed.code, 1)
      assert.match(removed.err, /\n {4}members: \[\]\n/)
    })

    test('adds who is in members, and removes who is not: nothing more is received', async () => {
      await own.create('changed', { access_model: 'whitelist' })
      const both = { name: 'changed', create: true, members: [member.jid, stranger.jid] }
      for (const user of [member, stranger]) {
        const added = await topics(both, 'members', 'add', 'changed', user.jid)
        assert.deepEqual([added.code, added.out], [0, `${user.jid} may read "changed"\n`], added.err)
        assert.equal((await user.subscribe('changed')).kind, 'result')
      }
      await publish('changed', 'changed-1')
      await eventually('the first item', () => hears(stranger, 'changed-1'))
      const one = { ...both, members: [member.jid] }
      const removed = await topics(one, 'members', 'remove', 'changed', stranger.jid)
      assert.deepEqual([removed.code, removed.out], [0, `${stranger.jid} may not read "changed"\n`], removed.err)
      await publish('changed', 'changed-2')
      await eventually('the second item', () => hears(member, 'changed-2'))
      assert.ok(!hears(stranger, 'changed-2'))
      assert.equal(await reads(stranger, 'changed'), false)
    })

    if (kind === 'ejabberd') {
      // Prosody lets only its admins make Topics
      test("says that somebody else's Topic is not ours to change", async () => {
        await stranger.create('theirs', { access_model: 'whitelist' })
        const added = await topics({ name: 'theirs' }, 'members', 'add', 'theirs', member.jid)
        assert.equal(added.code, 1)
        assert.match(added.err, /^member@grid\.example may not read "theirs": The Broker says forbidden/)
      })
    }

    if (kind === 'ejabberd') {
      test('lists who waits to be subscribed; approves who is in members, and denies others', async () => {
        await own.create('asked', { access_model: 'authorize' })
        for (const user of [member, stranger]) assert.equal((await user.subscribe('asked')).kind, 'result')
        const topic = { name: 'asked', create: true, access: 'authorize', members: [] as string[] }
        const listed = await topics(topic, 'requests', 'asked')
        assert.deepEqual([listed.code, listed.err], [0, ''])
        assert.match(listed.out, /^member@grid\.example +no$/m)
        assert.match(listed.out, /^stranger@grid\.example +no$/m)
        const early = await topics(topic, 'requests', 'asked', 'approve', member.jid)
        assert.equal(early.code, 1)
        assert.match(early.err, /is not in members of "asked".*\n {4}members: \[member@grid\.example\]\n/)
        const by = { ...topic, members: [member.jid] }
        const approved = await topics(by, 'requests', 'asked', 'approve', member.jid)
        assert.deepEqual(
          [approved.code, approved.out],
          [0, 'member@grid.example is subscribed to "asked"\n'],
          approved.err,
        )
        const denied = await topics(by, 'requests', 'asked', 'deny', stranger.jid)
        assert.deepEqual([denied.code, denied.out], [0, 'stranger@grid.example was denied "asked"\n'], denied.err)
        await publish('asked', 'asked-1')
        await eventually('the item', () => hears(member, 'asked-1'))
        assert.ok(!hears(stranger, 'asked-1'))
        const none = await topics(by, 'requests', 'asked')
        assert.deepEqual([none.code, none.out, none.err], [0, '', 'nobody waits for "asked"\n'])
        const absent = await topics(by, 'requests', 'asked', 'deny', stranger.jid)
        assert.equal(absent.code, 2)
        assert.match(absent.err, /stranger@grid\.example does not wait for "asked"/)
      })
    }

    test('refuses to take somebody out of what anybody may read', async () => {
      await own.create('open', { access_model: 'open' })
      const removed = await topics({ name: 'open' }, 'members', 'remove', 'open', stranger.jid)
      assert.equal(removed.code, 1)
      assert.match(removed.err, /the access model of "open" is open: stranger@grid\.example could read it all the same/)
    })
  })
}
