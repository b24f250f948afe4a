import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { hashPassword } from '../../src/password-hash.ts'
import type { Answer, IncomingMessage } from '../../src/rid/contract.ts'
import { createRidListener, type RidListener } from '../../src/rid/listener.ts'
import { policyOf, renderAcknowledgement } from '../../src/rid/message.ts'
import { ANY_NODE } from '../../src/rid/node.ts'
import { untold } from '../../src/tell.ts'
import { freePort } from '../support/brokers.ts'
import { ridText } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { createPki, type Pki } from '../support/pki.ts'
import { createRidClient } from '../support/rid-client.ts'
import { acknowledgement, startRidPeer } from '../support/rid-peer.ts'
import { iodefGateway } from './capture.ts'

const hash = await hashPassword('correct horse battery')

const PEER: PeerConfig = {
  name: 'sender',
  identity: { dns: 'sender.example', basic: { user: 'sender', readHash: () => hash } },
  accept: ['Report'],
  publish: [],
  topics: [],
  send: [],
  restrictions: [],
  policy: { region: 'PeerToPeer', traffic: 'Attack' },
  strict: false,
  replies: 'strict',
}

const REPORT = `<?xml version="1.0" encoding="ISO-8859-1"?>
<IODEF-Document version="2.00" xml:lang="en" xmlns="urn:ietf:params:xml:ns:iodef-2.0">
<Incident purpose="reporting"><IncidentID name="csirt.example.com">189493</IncidentID>
<GenerationTime>2026-03-01T12:00:00Z</GenerationTime><Description>caf\u00e9</Description>
<Contact type="organization" role="creator"><Email><EmailTo>a@example.com</EmailTo></Email></Contact>
</Incident></IODEF-Document>`

describe('send', () => {
  let pki: Pki
  let listener: RidListener
  let url = ''
  let options: string[] = []
  let file = ''
  let received: IncomingMessage | undefined
  const acknowledge = (status: Parameters<typeof renderAcknowledgement>[1]): Answer => ({
    kind: 'reply',
    xml: renderAcknowledgement(policyOf('Acknowledgement', 'PeerToPeer', 'Network', ANY_NODE, null), status),
  })
  let answer: Answer = acknowledge('Approved')

  before(async () => {
    pki = await createPki()
    const ca = await pki.ca()
    const server = await ca.issue({ cn: 'localhost', dns: ['localhost'] })
    const client = await ca.issue({ cn: 'sender.example', dns: ['sender.example'] })
    listener = createRidListener({
      rid: {
        host: '127.0.0.1',
        port: 0,
        name: 'gateway.example',
        tls: { ...server, ca: ca.cert },
        maxMessage: 1_048_576,
        basic: true,
      },
      peers: [PEER],
      accept: async (message) => {
        received = message
        return answer
      },
      state: () => 'serving',
      tell: untold,
    })
    url = `https://localhost:${(await listener.start()).port}/`
    options = ['--cert', client.cert, '--key', client.key, '--ca', ca.cert]
    file = join(pki.dir, 'report.xml')
    await writeFile(file, Buffer.from(REPORT, 'latin1'))
  })
  after(async () => {
    await listener[Symbol.asyncDispose]()
    await pki.dispose()
  })

  const send = (input: string, ...more: string[]) => iodefGateway(['send', input, '--to', url, ...options, ...more])

  test('wraps IODEF in a RID message of that type, as UTF-8, and prints the reply', async () => {
    const { code, out, err } = await send(file)
    assert.equal(code, 0, err)
    const body = Buffer.from(received?.body ?? []).toString('utf8')
    assert.match(body, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<RID .*MsgType="Report"/)
    assert.match(body, /<NodeName>localhost<\/NodeName><Address category="ipv4-addr">127\.0\.0\.1<\/Address>/)
    assert.match(body, /<Description>caf\u00e9<\/Description>/)
    assert.match(out, /<RequestStatus AuthorizationStatus="Approved"><\/RequestStatus>.*<\/RID>\n$/)
    assert.match(err, /^HTTP 200, delivered\n$/)
  })

  test('sends a RID message, and nonsense, as it is', async () => {
    const text = Buffer.from(received?.body ?? []).toString('utf8')
    const rid = join(pki.dir, 'rid.xml')
    await writeFile(rid, text)
    assert.equal((await send(rid)).code, 0)
    assert.equal(Buffer.from(received?.body ?? []).toString('utf8'), text)
    const nonsense = join(pki.dir, 'nonsense.xml')
    await writeFile(nonsense, '<a><b></a>')
    const { err } = await send(nonsense)
    assert.equal(Buffer.from(received?.body ?? []).toString('utf8'), '<a><b></a>')
    assert.match(err, /nonsense\.xml is neither IODEF nor RID \(line 1: .*\); it is sent as it is/)
  })

  test('says which options do nothing for what is sent as it is', async () => {
    const rid = join(pki.dir, 'as-it-is.xml')
    assert.equal((await send(file)).code, 0)
    await writeFile(rid, Buffer.from(received?.body ?? []))
    const { code, err } = await send(rid, '--type', 'Query', '--name', 'x.example')
    assert.equal(code, 0)
    assert.match(err, /^--type and --name do nothing: .*as-it-is\.xml is not wrapped, but sent as it is\n/)
    assert.match((await send(rid, '--type', 'Query')).err, /^--type does nothing: /)
    assert.doesNotMatch((await send(rid)).err + (await send(file, '--type', 'Report')).err, /nothing/)
  })

  test('shows a user and password where there is no certificate, or beside one', async () => {
    const secret = join(pki.dir, 'secret')
    await writeFile(secret, 'correct horse battery\n', { mode: 0o600 })
    const ca = options.slice(-2)
    const user = (name: string) => ['--user', name, '--password-file', secret]
    const sent = (...more: string[]) => iodefGateway(['send', file, '--to', url, ...more])
    received = undefined
    assert.equal((await sent(...ca, ...user('sender'))).code, 0)
    assert.ok(received)
    assert.equal((await sent(...options, ...user('sender'))).code, 0)
    const refused = await sent(...ca, ...user('another'))
    assert.equal(refused.code, 1)
    assert.match(refused.err, /401/)
    for (const [more, words] of [
      [['--user', 'sender'], /--password-file FILE is missing/],
      [['--password-file', secret], /--user USER is missing/],
      [['--user', 'a:b', '--password-file', secret], /without a colon/],
      [['--user', 'sender', '--password-file', join(pki.dir, 'none')], /no such file/],
      [[...user('sender'), '--wait', '1s'], /--wait needs --cert/],
    ] as const) {
      const { code, err } = await sent(...ca, ...more)
      assert.equal(code, 2)
      assert.match(err, words)
    }
  })

  test('exits with 1 when the report is denied or refused, and shows why', async () => {
    answer = acknowledge({ denied: 'CannotProcess' })
    const denied = await send(file)
    assert.equal(denied.code, 1)
    assert.match(denied.out, /AuthorizationStatus="Denied"/)
    assert.match(denied.err, /denied it: CannotProcess/)
    const errors = [{ line: 7, column: 3, message: 'no such element' }]
    answer = { kind: 'problem', problem: { status: 400, title: 'Not a valid RID message', errors } }
    const refused = await send(file)
    assert.equal(refused.code, 1)
    assert.match(refused.out, /no such element/)
    assert.match(refused.err, /HTTP 400/)
    answer = acknowledge('Approved')
  })

  test('exits with 3 when nobody answers, or another than whom the CA knows', async () => {
    const nobody = await iodefGateway(['send', file, '--to', 'https://127.0.0.1:1/', ...options])
    assert.equal(nobody.code, 3)
    assert.match(nobody.err, /nothing listens there/)
    const other = await iodefGateway(['send', file, '--to', url.replace('localhost', '127.0.0.1'), ...options])
    assert.equal(other.code, 3)
  })

  test('takes a callback of the receiver with its token alone, and only what answers', async () => {
    const ca = await pki.ca()
    const identity = await ca.issue({ cn: 'localhost', dns: ['localhost'] })
    const stranger = await ca.issue({ cn: 'stranger', dns: ['stranger.example'] })
    await using receiver = await startRidPeer({ ...identity, ca: ca.cert })
    receiver.script({ does: 'answer', status: 202, headers: { 'rid-callback-token': 'abc' } })
    const port = await freePort()
    const question = ['--type', 'Query', '--incident', 'a.example/1', '--wait', '30s', '--listen', `127.0.0.1:${port}`]
    const waiting = iodefGateway(['send', ...question, ...options, '--to', receiver.url])
    await eventually('it to be asked', () => receiver.requests.length > 0)
    await using client = createRidClient(port, { ca: ca.cert, ...identity }, { servername: 'sender.example' })
    await using other = createRidClient(port, { ca: ca.cert, ...stranger }, { servername: 'sender.example' })
    const answer = ridText(null)
    const token = { 'rid-callback-token': 'abc' }
    assert.equal((await other.post(answer, token)).status, 403)
    assert.equal((await client.post(answer, { 'rid-callback-token': 'abd' })).status, 403)
    assert.equal((await client.post(answer)).status, 403)
    assert.equal((await client.post('<html/>', token)).status, 400)
    assert.equal((await client.post(ridText(null, { msgType: 'Result' }), token)).status, 400)
    const pending = await client.post(acknowledgement('Pending'), token)
    assert.deepEqual([pending.status, pending.body], [200, ''])
    assert.equal((await client.post(acknowledgement('Denied', 'Other'), token)).status, 200)
    const { code, out, err } = await waiting
    assert.equal(code, 1)
    assert.match(out, /"Pending".*\n.*"Denied"/)
    assert.match(err, /by callback: Pending: the answer comes later\n.*by callback: denied: Other\n$/s)
    assert.match(err, /certificate is not that of localhost was refused/)
  })

  test('exits with 2 on bad usage', async () => {
    assert.match((await send(file, '--type', 'Reprot')).err, /did you mean "Report"/)
    for (const args of [
      ['send', file, ...options],
      ['send', '--to', url, ...options],
      ['send', file, '--to', 'http://x/', ...options],
      ['send', join(pki.dir, 'none.xml'), '--to', url, ...options],
      ['send', file, '--to', url, ...options, '--ca', file],
      ['send', '--type', 'Query', '--to', url, ...options],
      ['send', '--type', 'TraceRequest', '--incident', 'a/1', '--to', url, ...options],
      ['send', '--type', 'Query', '--incident', 'a', '--to', url, ...options],
      ['send', '--type', 'Query', '--incident', 'a/1', '--to', url, ...options, '--wait', '5'],
      ['send', '--type', 'Query', '--incident', 'a/1', '--to', url, ...options, '--wait', '5s', '--listen', 'x'],
      ['send', file, '--to', url, ...options, '--wait', '5s'],
    ]) {
      assert.equal((await iodefGateway(args)).code, 2, args.join(' '))
    }
  })
})
