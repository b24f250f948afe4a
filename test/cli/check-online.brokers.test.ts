import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { checkOnline } from '../../src/cli/check-online.ts'
import { loadConfig } from '../../src/config/config.ts'
import { brokerUser } from '../support/broker-user.ts'
import { type Broker, freePort } from '../support/brokers.ts'
import { createPki, type Pki } from '../support/pki.ts'
import { type RidPeer, startRidPeer } from '../support/rid-peer.ts'
import { START } from '../support/start-broker.ts'
import { iodefGateway } from './capture.ts'
import { type Folder, folderIn, GOOD } from './mistakes/base.ts'
import { ONLINE } from './mistakes/online.ts'

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`check --online, at ${kind}`, () => {
    const opened = new AsyncDisposableStack()
    const places: Record<string, string> = {}
    let pki: Pki
    let broker: Broker
    let folder: Folder
    let good = ''

    before(async () => {
      pki = opened.use(await createPki())
      folder = await folderIn(join(pki.dir, 'site'), pki)
      await writeFile(folder.at('wrong.password'), 'no-secret\n', { mode: 0o600 })
      const users = { gateway: 'gateway-secret', subscriber: 'subscriber-secret' }
      // as a Controller comes: ejabberd of the tests takes 10 MB otherwise
      broker = opened.use(await START[kind]({ pki, users, stanzaLimit: 262_144 }))
      const taken = createServer().listen(0, '127.0.0.1')
      await once(taken, 'listening')
      opened.defer(() => void taken.close())
      const peer = await peerOf({ dns: ['csirt-b.example', 'localhost'] })
      places.TAKEN = String((taken.address() as AddressInfo).port)
      places.STRANGER = (await peerOf({ dns: ['stranger.example'] })).url
      places.DISTRUSTFUL = (await peerOf({ dns: ['csirt-b.example', 'localhost'] }, { takes: folder.grid.cert })).url
      places.FOREIGN = (await peerOf({ dns: ['csirt-b.example', 'localhost'] }, { by: 'elsewhere' })).url
      good = GOOD.replace('xmpp://controller.example:5222', broker.service)
        .replace('grid.example\n  auth', `${broker.domain}\n  auth`)
        .replace('https://csirt-b.example:4590/', peer.url)
        .replace('port: 4590', `port: ${await freePort()}`)
        .replace('port: 9590', `port: ${await freePort()}`)
        .replace('broker: pubsub.grid.example', `broker: ${broker.broker}`)
    })
    after(() => opened.disposeAsync())

    /** A RID system on localhost with this name, that takes certificates of the CA in `takes`. */
    async function peerOf(
      { dns }: { dns: string[] },
      { takes = folder.rid.cert, by }: { takes?: string; by?: string } = {},
    ): Promise<RidPeer> {
      const ca = by === undefined ? folder.rid : await pki.ca(by)
      const peer = await startRidPeer({ ...(await ca.issue({ cn: 'peer', dns, server: true })), ca: takes })
      peer.script({ does: 'answer', status: 204 })
      return opened.use(peer)
    }

    async function online(text: string) {
      const file = folder.at('gateway.yaml')
      await writeFile(file, text)
      return await checkOnline(loadConfig(file, {}))
    }

    test('has nothing to say where all is well', async () => {
      assert.deepEqual(await online(good), { problems: [], warnings: [], notes: [], unreachable: [] })
    })

    for (const { name, swap, kind: list, key, says } of ONLINE) {
      test(`tells of ${name}`, async () => {
        const to = swap[1].replace(/[A-Z]{4,}$/, (place) => places[place] ?? place)
        const text = good.replace(swap[0], to)
        assert.notEqual(text, good, 'nothing was changed')
        const found = await online(text)
        const hit = found[list].find(({ path, message }) => path === key && says.test(message))
        assert.ok(hit, JSON.stringify(found))
        // one mistake, one finding
        assert.equal(found.problems.length + found.unreachable.length, 1, JSON.stringify(found))
      })
    }

    test('tells who may read a Topic of ours at the Broker and is not in the configuration, and the other way round', async () => {
      await using owner = await brokerUser(broker, 'gateway')
      await owner.create('incident', { access_model: 'whitelist', max_items: '5' })
      await owner.affiliate('incident', `removed@${broker.domain}`, 'member')
      const { problems, warnings } = await online(good)
      assert.deepEqual(problems, [])
      const told = warnings.map(({ path, message }) => `${path}: ${message}`).join('\n')
      assert.match(told, /^grid\.topics\[0\]\.name: "incident" keeps 5 items/m)
      assert.match(
        told,
        /^grid\.topics\[0\]\.members: subscriber@\S+ may not read "incident" at the Broker yet: start/m,
      )
      assert.match(
        told,
        /^grid\.topics\[0\]\.members: removed@\S+ may read "incident" at the Broker, and is not listed/m,
      )
      await owner.delete('incident')
    })

    test('tells of a Topic of somebody else in which it may not publish', async () => {
      await using owner = await brokerUser(broker, 'gateway')
      await owner.create('incident', { access_model: 'open', publish_model: 'publishers' })
      const asSubscriber = good
        .replace('jid: gateway@', 'jid: subscriber@')
        .replace('gateway.password', 'subscriber.password')
      await writeFile(folder.at('subscriber.password'), 'subscriber-secret\n', { mode: 0o600 })
      const ours = await online(asSubscriber)
      assert.match(JSON.stringify(ours.problems), /"grid\.topics\[0\]\.create".*is not ours: .*Set create: false/)
      const theirs = await online(asSubscriber.replace(/ {6}create: true\n/, ''))
      const told = JSON.stringify(theirs.problems)
      // Prosody 0.12 answers nobody but the owner who may do what
      if (kind === 'ejabberd')
        assert.match(told, /grid\.topics\[0\]\.name.*may not publish there \(its affiliation is none\)/)
      await owner.delete('incident')
    })

    test('is part of the command, with exit codes and lines', async () => {
      const file = folder.at('gateway.yaml')
      await writeFile(file, good.replace('gateway.password', 'wrong.password'))
      const wrong = await iodefGateway(['check', '--config', file, '--online'])
      assert.equal(wrong.code, 2)
      assert.match(
        wrong.err,
        /^problem {2}grid\.auth\.password: .* is wrong, or there is no such account \(line 24\)$/m,
      )
      await writeFile(file, good.replace(/service: .*/, 'service: xmpp://127.0.0.1:1'))
      assert.equal((await iodefGateway(['check', '--config', file, '--online'])).code, 3)
    })
  })
}

describe('check --online, at a Prosody with the limits that Debian ships', () => {
  test('says how slow it reads, and what to set there', async () => {
    await using pki = await createPki()
    const { at } = await folderIn(join(pki.dir, 'site'), pki)
    await using broker = await START.prosody({ pki, stock: true })
    await writeFile(
      at('gateway.yaml'),
      GOOD.replace('xmpp://controller.example:5222', broker.service)
        .replace('maxItem: 250KB', 'maxItem: 100KB')
        .replace('port: 4590', `port: ${await freePort()}`)
        .replace('port: 9590', `port: ${await freePort()}`)
        .replace(/ {4}url: .*\n {4}topics: .*\n/, ''),
    )
    const { warnings } = await checkOnline(loadConfig(at('gateway.yaml'), {}))
    const [slow] = warnings
    assert.equal(slow?.path, 'grid.service')
    assert.match(slow.message, /^the Controller takes \d+ kB\/s: reports pile up\. .*unlimited_jids/)
  })
})
