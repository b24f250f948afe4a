import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { SharedFile } from '../../src/profile/file-sharing.ts'
import { stubOf } from '../../src/profile/stub.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { encrypt } from '../../src/upload/cipher.ts'
import { RESTRICTIONS } from '../../src/vocabulary.ts'
import { boot } from '../support/boot.ts'
import type { Broker } from '../support/brokers.ts'
import { run } from '../support/command.ts'
import { schemas } from '../support/documents.ts'
import { createWorld, members, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { type FileServer, startFileServer } from '../support/file-server.ts'
import { createPki } from '../support/pki.ts'
import { comparable, embedded, expectedItems, iodef } from '../support/reports.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

const FETCH_FILE = fileURLToPath(new URL('../../examples/fetch_file.py', import.meta.url))
/** Why the example of a reader cannot run; false: it can. */
const NO_PYTHON =
  spawnSync('/usr/bin/python3', ['-c', 'import cryptography']).status === 0 ? false : 'there is no python3-cryptography'

/** Larger than a Broker takes as an item, and no larger than a RID message may be. */
const large = (id: string, bytes = 500_000) => iodef({ id, description: `ünd ${'x'.repeat(bytes)}` })

/** Of a Topic whose items are files where they are large. */
const byUpload = (domain: string) => [
  { name: 'incident', create: true, members: members(domain), restrictions: RESTRICTIONS, large: 'upload' },
]

interface Row {
  readonly id: string
  readonly destination: string
  readonly state: string
  readonly incident: string
  readonly reason: string | null
}

const queueOf = async (site: Site) => JSON.parse(await site.command('queue', 'list', '--json')) as Row[]
const at = (peer: RidPeer, id: string) =>
  peer.requests.map(({ body }) => embedded(body)).filter((xml) => xml.includes(`>${id}<`))
const arrival = (peer: RidPeer, id: string) =>
  eventually(
    () => `${id} at the peer, to which ${peer.requests.length} came`,
    () => at(peer, id).length > 0,
    { ms: 120_000 },
  )

for (const kind of ['prosody', 'ejabberd'] as const satisfies Broker['kind'][]) {
  describe(`large documents by upload, through ${kind}`, () => {
    let world: World
    let near: Site
    let far: Site
    let peer: RidPeer
    let subscriber: GridUser
    let publisher: GridUser
    let files: FileServer

    before(async () => {
      world = await createWorld(kind, { upload: true })
      const { domain, uploadHost } = world.broker
      const certificate = await (await world.pki.ca('grid')).issue({ cn: 'files', dns: ['localhost'], server: true })
      files = world.use(await startFileServer(certificate))
      peer = await world.ridPeer('csirt-z')
      near = await world.site({
        topics: byUpload(domain),
        grid: { upload: { hosts: [uploadHost, '127.0.0.1'] } },
      })
      far = await world.site({
        user: 'gateway2',
        peers: [{ name: 'csirt-z', url: peer.url, topics: ['incident'] }],
        topics: [{ name: 'incident', restrictions: RESTRICTIONS }],
        grid: { upload: { hosts: [uploadHost, files.host, '127.0.0.1'] } },
        delivery: { maxAge: '8s' },
      })
      world.use(await boot(near))
      await near.ready()
      subscriber = await world.user('subscriber')
      await subscriber.subscribe('incident')
      const owner = await world.user('gateway')
      await owner.affiliate('incident', `publisher@${domain}`, 'publisher')
      await owner.affiliate('incident', `gateway2@${domain}`, 'publisher')
      publisher = await world.user('publisher')
    })
    after(() => world[Symbol.asyncDispose]())

    /** Publishes a stub of that report as anybody could, and puts its file where `change` says, or as it should be. */
    async function share(id: string, change: Partial<SharedFile> = {}, plain = large(id, 1_000)): Promise<void> {
      const { incident = '', id: item = '' } = expectedItems(large(id, 1_000))[0] ?? {}
      const { bytes, ...said } = encrypt(Buffer.from(plain))
      const file = { ...said, name: 'x.xml', url: `https://${files.host}/${id}`, ...change }
      files.files.set(`/${id}`, bytes)
      const stub = stubOf(`<report xmlns="urn:xmpp:incident:2">${incident}</report>`, file)
      await publisher.publish('incident', item, stub ?? '')
    }

    const fates = async () =>
      new Map((await queueOf(far)).map(({ incident, ...row }) => [incident.replace(/^.* /, ''), row]))

    /** Each of them is held for that reason, and reached nobody. */
    async function held(reasons: Readonly<Record<string, RegExp>>): Promise<void> {
      let found = await fates()
      await eventually(
        () => `${Object.keys(reasons)} to be held; there is ${JSON.stringify([...found])}`,
        async () => {
          found = await fates()
          return Object.keys(reasons).every((id) => found.get(id)?.state === 'held')
        },
        { ms: 180_000, every: 500 },
      )
      for (const [id, why] of Object.entries(reasons)) {
        assert.match(found.get(id)?.reason ?? '', why, id)
        assert.deepEqual(at(peer, id), [])
      }
    }

    test('a late joiner gets the whole document, equal to what was sent', async () => {
      const client = await near.client('csirt-a')
      const { status, body } = await client.post(large('big-1'))
      assert.equal(status, 200, body)
      await subscriber.until('the stub', (items) => items.length > 0)
      await near.drained()
      world.use(await boot(far))
      await far.ready()
      await arrival(peer, 'big-1')
      assert.deepEqual(at(peer, 'big-1').map(comparable), [comparable(large('big-1'))])
      await far.drained()
      assert.deepEqual(await far.backlog(), { pending: 0, sending: 0, held: 0, withheld: 0 })
      assert.match(await far.command('trace', 'csirt-a.example big-1'), /file-awaited[\s\S]*fetched[\s\S]*delivered/)
      assert.match(await near.command('trace', 'csirt-a.example big-1'), /by upload, a file of \d+ bytes/)
    })

    test('whoever knows nothing of files sees a valid Incident that says where it is', async () => {
      const [stub] = subscriber.items
      assert.ok(stub !== undefined && stub.xml.length < 10_000)
      assert.equal(stub.id, expectedItems(large('big-1'))[0]?.id)
      const inspection = readDocument(schemas(), Buffer.from(stub.xml), {})
      assert.deepEqual(inspection.errors, [])
      assert.match(stub.xml, new RegExp(`a file of \\d+ bytes at https://${world.broker.uploadHost}/`))
    })

    test('somebody else who follows docs/grid-profile.md reads the file', { skip: NO_PYTHON }, () => {
      const [stub] = subscriber.items
      const args = [FETCH_FILE, world.broker.uploadHost ?? '', world.broker.ca]
      const item = execFileSync('/usr/bin/python3', args, { input: stub?.xml ?? '', encoding: 'utf8' })
      const [expected] = expectedItems(large('big-1'))
      assert.ok(item.startsWith(`<report xmlns="urn:xmpp:incident:2">${expected?.incident}<context `))
      const wrongHost = [FETCH_FILE, 'other.example', world.broker.ca]
      assert.throws(
        () => execFileSync('/usr/bin/python3', wrongHost, { input: stub?.xml ?? '', stdio: 'pipe' }),
        /not from there/,
      )
    })

    test('whoever else shares a file in this way is understood', async () => {
      await share('theirs')
      await arrival(peer, 'theirs')
      assert.deepEqual(at(peer, 'theirs').map(comparable), [comparable(large('theirs', 1_000))])
    })

    test('what is not as it was said, or must not be fetched, is held at once, and nobody waits for it', async () => {
      const other = Buffer.alloc(32, 7).toString('base64')
      await share('wrong-hash', { encryptedHash: other })
      await share('wrong-plain-hash', { hash: other })
      await share('longer', { size: 500 })
      await share('shorter', { size: 5_000 })
      await share('too-large', { size: 50_000_000 })
      files.instead.set('/redirect', (response: ServerResponse) => {
        response.writeHead(302, { location: `https://${files.host}/theirs` }).end()
      })
      await share('redirect')
      await share('plain-http', { url: `http://${files.host}/plain-http` })
      await share('foreign', { url: 'https://evil.example/foreign' })
      await share('metadata', { url: 'https://169.254.169.254/latest' })
      await share('another', {}, large('somebody-elses', 1_000))
      await share('behind')
      await arrival(peer, 'behind')
      await held({
        'wrong-hash': /^invalid item: .*its hash is another, before it is decrypted$/,
        'wrong-plain-hash': /^invalid item: .*its hash is another, once it is decrypted$/,
        longer: /^invalid item: its file has more than the 516 bytes/,
        shorter: /^invalid item: .*it has \d+ bytes, not 5016$/,
        'too-large': /50000000 bytes, and rid\.maxMessage is 1048576/,
        redirect: /answers 302, and no redirect is followed/,
        'plain-http': /is http:\/\/, not https/,
        foreign: /evil\.example, which grid\.upload\.hosts does not list/,
        metadata: /169\.254\.169\.254, which grid\.upload\.hosts does not list/,
        another: /^invalid item: its file has another IncidentID/,
      })
      const asked = files.asked.map(({ path }) => path)
      for (const id of ['plain-http', 'too-large']) assert.ok(!asked.includes(`/${id}`), id)
      assert.equal(asked.filter((path) => path === '/redirect').length, 1)
    })

    test('a link that has expired is tried again until maxAge, and then held; an operator may have it fetched later', async () => {
      files.instead.set('/expired', (response: ServerResponse) => response.writeHead(404).end())
      await share('expired')
      await held({ expired: /^gave up after 8 s: The file: localhost:\d+ answers 404/ })
      assert.ok(files.asked.filter(({ path }) => path === '/expired').length > 1)
      files.instead.delete('/expired')
      await far.command('queue', 'retry', (await fates()).get('expired')?.id ?? '')
      await arrival(peer, 'expired')
    })

    test('a host that says nothing stops neither the Topic nor other hosts', async () => {
      files.instead.set('/hangs', () => {})
      for (const id of ['hangs', 'hangs', 'hangs']) await share(id)
      const client = await near.client('csirt-a')
      assert.equal((await client.post(iodef({ id: 'small' }))).status, 200)
      assert.equal((await client.post(large('big-2'))).status, 200)
      await arrival(peer, 'small')
      await arrival(peer, 'big-2')
      assert.deepEqual(at(peer, 'hangs'), [])
    })

    test('check --online finds the service and its host', async () => {
      const said = await near.command('check', '--online').catch(String)
      assert.doesNotMatch(said, /grid\.upload/)
      const config = near.base() as { grid: object }
      const file = await near.config({ grid: { ...config.grid, upload: { hosts: ['other.example'] } } }, 'other.yaml')
      const { stdout, stderr } = await run(['check', '--online', '--config', file], { ms: 120_000 })
      assert.match(stdout + stderr, new RegExp(`grid\\.upload\\.hosts.*does not list ${world.broker.uploadHost}`))
    })
  })
}

describe('a kill around an upload', () => {
  for (const [when, answers] of [
    ['before the upload service has answered', false],
    ['between the upload and the publication', true],
  ] as const) {
    test(`${when}: the file is put again, and the document comes once`, async () => {
      await using stack = new AsyncDisposableStack()
      const pki = stack.use(await createPki())
      const certificate = await (await pki.ca('grid')).issue({ cn: 'files', dns: ['localhost'], server: true })
      const files = stack.use(await startFileServer(certificate))
      const uploadBase = `https://${files.host}/`
      const world = stack.use(await createWorld('prosody', { upload: true, uploadBase, pki }))
      const { domain } = world.broker
      const peer = await world.ridPeer('csirt-z')
      const upload = { hosts: [files.host, '127.0.0.1'] }
      const near = await world.site({ topics: byUpload(domain), grid: { upload } })
      const far = await world.site({
        user: 'gateway2',
        peers: [{ name: 'csirt-z', url: peer.url, topics: ['incident'] }],
        topics: [{ name: 'incident', restrictions: RESTRICTIONS }],
        grid: { upload },
      })
      const first = await near.spawn()
      await near.ready()
      world.use(await boot(far))
      await far.ready()
      let kill: Promise<void> | undefined
      files.onPut = async () => {
        if (kill !== undefined) return
        // what is published from here on waits in front of a Broker that does not read
        if (answers) world.broker.pause()
        const killed = async () => {
          await first.kill()
          if (answers) world.broker.resume()
        }
        kill = killed()
        if (!answers) await kill
      }
      const client = await near.client('csirt-a')
      assert.equal((await client.post(large('killed'))).status, 200)
      await eventually(
        () => 'a file to be put',
        () => kill !== undefined,
      )
      await kill
      const second = stack.adopt(await near.spawn(), (gateway) => gateway.kill())
      await arrival(peer, 'killed')
      await near.drained()
      await far.drained()
      assert.deepEqual(at(peer, 'killed').map(comparable), [comparable(large('killed'))])
      const puts = files.asked.filter(({ method }) => method === 'PUT')
      assert.equal(puts.length, 2)
      assert.match(puts[0]?.authorization ?? '', /^Bearer /)
      assert.equal(
        (await queueOf(far)).some(({ state }) => state === 'held'),
        false,
      )
      await second.kill()
    })
  }
})
