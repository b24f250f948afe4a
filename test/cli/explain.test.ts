import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { byNumber, ridText } from '../support/documents.ts'
import { iodefGateway } from './capture.ts'

const dir = mkdtempSync(join(tmpdir(), 'explain-'))
after(() => rmSync(dir, { recursive: true }))
const at = (name: string) => join(dir, name)

/** No file of it is there, and no variable set: neither is needed. */
const CONFIG = at('gateway.yaml')
writeFileSync(
  CONFIG,
  `rid: { name: gateway.example, maxMessage: 20KB, tls: { cert: a.pem, key: a.key, ca: ca.pem } }
peers:
  - { name: csirt-a, identity: { dns: a.example }, publish: [incident, large], url: "https://a.example/", topics: [incident] }
  - { name: csirt-b, identity: { dns: b.example }, url: "https://b.example/", topics: [incident] }
  - { name: csirt-c, identity: { dns: c.example }, url: "https://c.example/", topics: [incident], restrictions: [public] }
  - { name: csirt-d, identity: { dns: d.example }, accept: [Query, TraceRequest], query: [incident] }
grid:
  service: xmpp://controller.example
  jid: gateway@grid.example
  auth: { password: "$\{NOT_SET}" }
  broker: pubsub.grid.example
  maxItem: 12KB
  upload: { hosts: [upload.example] }
  topics: [{ name: incident }, { name: other }, { name: large, large: upload }]
routes:
  - { match: { type: [TraceRequest] }, ask: ["peer:csirt-b"] }
  - { match: { purpose: [mitigation] }, topic: other }
  - { match: { purpose: [reporting] }, topic: incident }
  - { match: { purpose: [traceback] }, topic: large }
store: { path: gateway.db }
`,
)

const DEMO = readFileSync(new URL('../../fixtures/demo-incident.xml', import.meta.url), 'utf8')

function document(name: string, from: string | RegExp = '', to = ''): string {
  const text = DEMO.replace(from, to)
  assert.ok(from === '' || text !== DEMO)
  writeFileSync(at(name), text)
  return at(name)
}

async function explain(file: string, ...more: string[]) {
  return await iodefGateway(['explain', file, '--peer', 'csirt-a', '--config', CONFIG, ...more])
}

describe('explain', () => {
  test('does not call a Query denied that would be answered', async () => {
    const asks = (file: string) => iodefGateway(['explain', file, '--peer', 'csirt-d', '--config', CONFIG])
    writeFileSync(at('query.xml'), byNumber('7'))
    const { code, out } = await asks(at('query.xml'))
    assert.equal(code, 0, out)
    assert.match(out, /would be asked: HTTP 200 with the answer, or the promise of one\n/)
    assert.match(out, /whom: archive\n/)
    writeFileSync(at('trace.xml'), ridText(DEMO.replace(/^<\?xml.*?\?>\s*/, ''), { msgType: 'TraceRequest' }))
    assert.match((await asks(at('trace.xml'))).out, /whom: peer:csirt-b\n/)
    writeFileSync(at('nothing.xml'), ridText('', { msgType: 'Query' }))
    const nothing = await asks(at('nothing.xml'))
    assert.equal(nothing.code, 1)
    assert.match(nothing.out, /would be denied: .*\n {2}because: .*\[no-criterion\]/)
  })

  test('says of a peer under test what would be answered, and where it would go otherwise', async () => {
    const tested = at('tested.yaml')
    writeFileSync(tested, readFileSync(CONFIG, 'utf8').replace('name: csirt-a,', 'name: csirt-a, test: true,'))
    const args = ['explain', document('tested.xml'), '--peer', 'csirt-a', '--config', tested]
    const { code, out } = await iodefGateway(args)
    assert.equal(code, 1)
    assert.match(
      out,
      /would be denied: HTTP 200, Denied\n {2}because: the peer is under test: it would be approved, as one item of incident \[test\]/,
    )
    assert.match(out, /Topic incident gets /)
  })

  test('says what goes by upload', async () => {
    const text = DEMO.replace('purpose="reporting"', 'purpose="traceback"')
    writeFileSync(at('upload.xml'), text.replace(/(<iodef:Description[^>]*>)/, `$1${'x'.repeat(12_000)}`))
    const { code, out } = await explain(at('upload.xml'))
    assert.equal(code, 0, out)
    assert.match(out, /Topic large gets .*: item [0-9a-f]{16}\.\.\., by upload, 1\d{4} of at most 20000 bytes\n/)
  })

  test('says route, restriction with element and line, Topic, size, and which peers get it or why not', async () => {
    const { code, out } = await explain(document('good.xml'))
    assert.equal(code, 0)
    assert.match(out, /good\.xml from csirt-a would be approved: HTTP 200, Approved\n/)
    assert.match(out, /it counts as: "partner", by restriction "partner" \(\w+ in line \d+\)/)
    assert.match(out, /Incident csirt-a\.example 2026-1187, purpose "reporting": routes\[2\]\n/)
    assert.match(out, /Topic incident gets .*: item [0-9a-f]{16}\.\.\., \d{4} of at most 12000 bytes\n/)
    assert.match(out, /csirt-a is not: it came from there\n/)
    assert.match(out, /csirt-b is sent it\n/)
    assert.match(
      out,
      /csirt-c is not: restriction: the document counts as "partner", which csirt-c may not be sent: .* in line/,
    )
  })

  test('says why it would be denied or refused, with the word of log and trace', async () => {
    const unlabelled = await explain(document('none.xml', ' restriction="partner"'))
    assert.equal(unlabelled.code, 1)
    assert.match(
      unlabelled.out,
      /would be denied: HTTP 200, Denied\n {2}because: .*no restriction on Incident.*\[restriction\]/,
    )
    const elsewhere = await explain(document('watch.xml', 'purpose="reporting"', 'purpose="watch"'))
    assert.match(elsewhere.out, /\[no-route\][\s\S]*purpose "watch": no route\n/)
    const other = await explain(document('other.xml', 'purpose="reporting"', 'purpose="mitigation"'))
    assert.match(other.out, /csirt-a may not publish to Topic other \[not-allowed\]/)
    const broken = await explain(document('broken.xml', '</iodef:Incident>'))
    assert.match(broken.out, /would be refused: HTTP 400\n {2}because: .*\(line \d+\) \[invalid\]/)
    const large = await explain(document('large.xml', '<iodef:Incident ', `${' '.repeat(20_000)}<iodef:Incident `))
    assert.match(large.out, /would be refused: HTTP 413\n {2}because: it has \d+ bytes, and rid\.maxMessage is 20000/)
  })

  test('says the same for programs', async () => {
    const found = JSON.parse((await explain(document('good.xml'), '--json')).out)
    assert.deepEqual([found.answer, found.msgType, found.items[0].topic], ['approved', 'Report', 'incident'])
    assert.deepEqual(
      found.items[0].peers.map(({ peer, sent }: { peer: string; sent: boolean }) => [peer, sent]),
      [
        ['csirt-a', false],
        ['csirt-b', true],
        ['csirt-c', false],
      ],
    )
  })

  test('says which form a peer gets, and without what', async () => {
    const old = at('old.yaml')
    writeFileSync(
      old,
      readFileSync(CONFIG, 'utf8')
        .replace('topics: [incident], restr', 'topics: [incident], iodef: 1, restr')
        .replace('[public] }', '[partner] }'),
    )
    const { out } = await iodefGateway(['explain', document('good.xml'), '--peer', 'csirt-a', '--config', old])
    assert.match(out, /csirt-b is sent it\n/)
    assert.match(out, /csirt-c is sent it as IODEF 1, without (\w+(\/@[\w-]+)?( \(\d+\))?(, )?)+\n/)
    const args = ['explain', document('good.xml'), '--peer', 'csirt-a', '--config', old, '--json']
    const { items } = JSON.parse((await iodefGateway(args)).out)
    assert.deepEqual(
      items[0].peers.map(({ form }: { form: string | null }) => form?.slice(0, 7) ?? null),
      [null, 'IODEF 2', 'IODEF 1'],
    )
  })

  test('takes the configuration that the environment names', async () => {
    const found = await iodefGateway(['explain', document('good.xml'), '--peer', 'csirt-a'], {
      IODEF_GATEWAY_CONFIG: CONFIG,
    })
    assert.equal(found.code, 0, found.err)
  })

  test('knows the peers of the configuration', async () => {
    const { code, err } = await iodefGateway(['explain', document('good.xml'), '--peer', 'csirt-x', '--config', CONFIG])
    assert.equal(code, 2)
    assert.match(err, /there is no peer csirt-x in the configuration/)
  })
})

describe('test', () => {
  const expectations = (...more: string[]) => iodefGateway(['test', dir, '--config', CONFIG, ...more])

  test('finds what is as expected, and says what is not, and why', async () => {
    document('good.xml')
    document('none.xml', ' restriction="partner"')
    writeFileSync(at('good.expect.yaml'), 'csirt-a: { answer: approved, topics: [incident], sent: [csirt-b] }\n')
    writeFileSync(
      at('none.expect.yaml'),
      'csirt-a: { answer: denied, code: restriction, sent: [] }\ncsirt-b: { code: no-route }\n',
    )
    const { code, out, err } = await expectations()
    assert.equal(code, 1)
    assert.match(
      out,
      /^ok {7}\S*good\.xml from csirt-a\nok {7}\S*none\.xml from csirt-a\nNOT OK {3}\S*none\.xml from csirt-b\n/,
    )
    assert.match(out, / {11}code is not-allowed, not no-route \(csirt-b may not publish to Topic incident\)\n$/)
    assert.match(err, /2 of 3 as expected/)
    writeFileSync(at('none.expect.yaml'), 'csirt-a: { answer: denied }\n')
    const all = JSON.parse((await expectations('--json')).out)
    assert.deepEqual(
      all.map(({ peer, ok }: { peer: string; ok: boolean }) => [peer, ok]),
      [
        ['csirt-a', true],
        ['csirt-a', true],
      ],
    )
  })

  test('says which document it cannot read', async () => {
    mkdirSync(at('folder.xml'))
    writeFileSync(at('folder.expect.yaml'), 'csirt-a: { answer: denied }\n')
    const { code, err } = await expectations()
    rmSync(at('folder.xml'), { recursive: true })
    rmSync(at('folder.expect.yaml'))
    assert.equal(code, 2, err)
    assert.match(err, /folder\.xml cannot be read: /)
  })

  test('does not pass where it tests nothing', async () => {
    writeFileSync(at('gone.expect.yaml'), 'csirt-a: { answer: denied }\n')
    assert.match((await expectations()).err, /gone\.expect\.yaml stands beside no .*gone\.xml/)
    rmSync(at('gone.expect.yaml'))
    writeFileSync(at('none.expect.yaml'), 'csirt-a: {}\n')
    const { code, err } = await expectations()
    assert.equal(code, 2)
    assert.match(err, /none\.expect\.yaml: csirt-a: expects nothing/)
    writeFileSync(at('none.expect.yaml'), '{}\n')
    const nobody = await expectations()
    assert.equal(nobody.code, 2, nobody.err)
    assert.match(nobody.err, /none\.expect\.yaml names no peer/)
    assert.match((await iodefGateway(['test', at('none'), '--config', CONFIG])).err, /cannot be read/)
  })
})
