import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type GatewayProcess, ROOT, run, start } from '../support/command.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import type { RidClient } from '../support/rid-client.ts'
import { acknowledgement, type RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import { type GridUser, type ReceivedItem, startGridUser } from '../support/slixmpp.ts'
import { DECLARATION, documentOf, EXT_FORM, incident, message, NS1, NS2, RID, report } from './documents.ts'
import { python } from './normal-form.ts'

// Section 5, and what section 3 says of peers that are sent to, around a real Prosody and a subscriber that is slixmpp.

let world: World
let site: Site
let gateway: GatewayProcess
let config: string
let a: RidClient
let all: RidClient
let subscriber: GridUser
/** the gateway's own account elsewhere: the only one that may publish on this Broker */
let provider: GridUser
let b: RidPeer
let c: RidPeer
let own: RidPeer

interface Listed {
  readonly id: string
  readonly direction: string
  readonly source: string
  readonly destination: string
  readonly incident: string
  readonly state: string
  readonly attempts: number
  readonly nextAttempt: string | null
  readonly reason: string | null
}

before(async () => {
  world = await createWorld('prosody')
  site = await world.site({ open: false })
  ;[b, c, own] = await Promise.all([world.ridPeer('csirt-b'), world.ridPeer('csirt-c'), world.ridPeer('csirt-a')])
  const base = site.base() as { grid: object }
  const member = { create: true, members: ['subscriber@grid.example'] }
  config = await site.config({
    peers: [
      {
        name: 'csirt-a',
        identity: { dns: 'csirt-a.example' },
        publish: ['incident', 'bare'],
        url: own.url,
        topics: ['incident', 'bare'],
      },
      {
        name: 'all-types',
        identity: { dns: 'all-types.example' },
        accept: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result'],
        publish: ['incident'],
      },
      {
        name: 'csirt-b',
        identity: { dns: 'csirt-b.example' },
        url: b.url,
        topics: ['incident', 'bare'],
        send: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result'],
        policy: { region: 'IntraConsortium', traffic: 'Content' },
      },
      { name: 'to-bare', identity: { dns: 'to-bare.example' }, publish: ['bare'] },
      {
        name: 'csirt-c',
        identity: { dns: 'csirt-c.example' },
        url: c.url,
        topics: ['incident'],
        restrictions: ['white'],
      },
    ],
    grid: {
      ...base.grid,
      topics: [
        { name: 'incident', title: 'IODEF incident reports', ...member },
        { name: 'bare', payload: 'iodef', ...member },
      ],
    },
    routes: [{ match: { peer: ['to-bare'] }, topic: 'bare' }, { topic: 'incident' }],
  })
  gateway = start(config)
  await site.ready()
  a = await site.client('csirt-a')
  all = await site.client('all-types')
  ;[subscriber, provider] = await Promise.all([world.user('subscriber'), world.user('gateway')])
  await subscriber.subscribe('incident')
  await subscriber.subscribe('bare')
})

after(async () => {
  for (const part of [gateway, world]) await part?.[Symbol.asyncDispose]()
})

/** ms; what takes no time on a quiet machine */
const SOON = 60_000
/**
 * ms; what waits for the gateway to try again: it does so within 45 s (a login) or 30 s (a delivery), and may fail at it once more while
 * the Broker starts on a busy machine
 */
const IN_TIME = 180_000

async function queue(id: string): Promise<Listed[]> {
  const { stdout, code, stderr } = await run(['queue', 'list', '--json', '--config', config])
  assert.equal(code, 0, stderr)
  return (JSON.parse(stdout) as Listed[]).filter(({ incident }) => incident.includes(id))
}

async function itemWith(text: string, node = 'incident'): Promise<ReceivedItem> {
  const found = () => subscriber.items.find((item) => item.node === node && item.xml.includes(`>${text}<`))
  await subscriber.until(`an item with ${text}`, () => found() !== undefined, SOON)
  return found() as ReceivedItem
}

async function sentTo(
  peer: RidPeer,
  text: string,
): Promise<{ body: string; headers: Record<string, unknown>; method: string; url: string }> {
  const found = () => peer.requests.find(({ body }) => body.includes(`>${text}<`))
  await eventually(`a message with ${text} (${peer.requests.length} came)`, () => found() !== undefined, { ms: SOON })
  return found() as NonNullable<ReturnType<typeof found>>
}

function approved({ status, body }: { status: number; body: string }): void {
  assert.equal(status, 200, body)
  assert.match(body, /AuthorizationStatus="Approved"/)
}

async function valid(body: string): Promise<void> {
  const { code, stdout } = await run(['validate', '--json', '-'], { input: body })
  assert.equal(code, 0, `${stdout}\n${body}`)
}

const XEP = 'urn:xmpp:incident:2'
/** what ElementTree writes for an element of this name and namespace */
const rootOf = async (xml: string) => (await python('root', xml)).trim()

describe('RID to grid: items', () => {
  test('each MsgType has its XEP-0268 element; exactly one Incident, then at most context', async () => {
    const elements = {
      Report: 'report',
      InvestigationRequest: 'request',
      TraceRequest: 'request',
      Result: 'response',
    }
    for (const type of Object.keys(elements)) {
      const source = type === 'Result' ? '<IncidentSource><SourceFound>true</SourceFound></IncidentSource>' : ''
      const { status } = await all.post(report({ id: `type-${type}` }, { type, after: source }))
      assert.equal(status, 200)
    }
    for (const [type, element] of Object.entries(elements)) {
      const { xml } = await itemWith(`type-${type}`)
      assert.equal(await rootOf(xml), `{${XEP}}${element}: {${NS2}}Incident {urn:x-iodef-gateway:context:1}context`)
    }
  })

  test('context only where something would be lost: none for a bare single Incident without more', async () => {
    approved(await a.post(documentOf(incident({ id: 'plain-1' }), { attributes: ' version="2.00"' })))
    assert.equal(await rootOf((await itemWith('plain-1')).xml), `{${XEP}}report: {${NS2}}Incident`)
    approved(await a.post(documentOf(incident({ id: 'plain-2' }), { attributes: ' version="2.00" format-id="f"' })))
    const { xml } = await itemWith('plain-2')
    assert.match(xml, /format-id="f"/)
  })

  test('the item id is the SHA-256 of the normal form without context, computed here by another program', async () => {
    const special = `<Description xml:lang="cs">žluťoučký  kůň &amp; &lt;tag&gt; "quoted" 'a' ]]&gt;</Description>`
    approved(await a.post(report({ id: 'id-1', description: special })))
    const odd = message(
      `<i:IODEF-Document version='2.00' xmlns:i="${NS2}">\n <!-- x --><i:Incident  restriction='public'\n purpose='reporting'><?pi x?>
        <i:IncidentID name='csirt-a.example'>id-2</i:IncidentID> <i:GenerationTime>2026-01-02T03:04:05Z</i:GenerationTime>
        <i:Description>  kept <![CDATA[<as> & is]]> </i:Description>
        <i:Contact type="organization" role="creator"><i:ContactName>x</i:ContactName></i:Contact>
        <i:AdditionalData dtype="xml" name="n">  <q:e xmlns:q="urn:q" xmlns:z="urn:z" z:b="1" a="2"> <q:f/> text <g/></q:e> </i:AdditionalData>
       </i:Incident></i:IODEF-Document>`,
      { id: 'id-2' },
    )
    approved(await a.post(odd))
    for (const name of ['id-1', 'id-2']) {
      const { id, xml } = await itemWith(name)
      assert.match(id, /^[0-9a-f]{64}$/)
      assert.equal(id, await python('id', xml), xml)
    }
    const { xml } = await itemWith('id-2')
    assert.match(await python('text', xml), /<Description> {2}kept &lt;as&gt; &amp; is <\/Description>/)
  })

  test('the same incident published twice is one item, however it is written', async () => {
    approved(await a.post(report({ id: 'same-1' })))
    approved(await all.post(documentOf(incident({ id: 'same-1' }))))
    approved(
      await all.post(
        `\n${report({ id: 'same-1' }).replaceAll('><', '>\n  <').replace('<?xml', '<?xml').trim()}`.trim(),
      ),
    )
    const first = await itemWith('same-1')
    await eventually('all to be delivered', async () =>
      (await queue('same-1')).every(({ state }) => state === 'delivered'),
    )
    const ids = new Set(subscriber.items.filter(({ xml }) => xml.includes('>same-1<')).map(({ id }) => id))
    assert.deepEqual([...ids], [first.id])
    assert.equal((await provider.ids('incident')).filter((id) => id === first.id).length, 1)
  })

  test('one item per Incident, each with its position', async () => {
    const three = ['x', 'y', 'z'].map((n) => incident({ id: `several-${n}` })).join('\n')
    approved(await a.post(message(documentOf(three), { id: 'several' })))
    const ids = new Set<string>()
    for (const n of ['x', 'y', 'z']) ids.add((await itemWith(`several-${n}`)).id)
    assert.equal(ids.size, 3)
  })

  test('payload iodef: the item is the bare IODEF-Document, id by the same rule', async () => {
    const client = await site.client('to-bare')
    approved(await client.post(report({ id: 'bare-1' })))
    const { id, xml } = await itemWith('bare-1', 'bare')
    assert.equal(await rootOf(xml), `{${NS2}}IODEF-Document: {${NS2}}Incident`)
    assert.equal(id, await python('id', xml))
  })
})

describe('grid to RID: messages', () => {
  const xep = (element: string, inner: string) => `<${element} xmlns="${XEP}">${inner}</${element}>`
  const inNs = (xml: string) => xml.replace('<Incident ', `<Incident xmlns="${NS2}" `)

  test('a RID peer receives POST / of a valid RID Report: ReportSchema, Node and IncidentID, the policy it came with', async () => {
    approved(await a.post(report({ id: 'to-b-1' }, { region: 'BetweenConsortiums', traffic: 'Network' })))
    const { body, headers, method, url } = await sentTo(b, 'to-b-1')
    assert.deepEqual([method, url], ['POST', '/'])
    assert.match(String(headers['content-type']), /^text\/xml/)
    await valid(body)
    assert.match(body, /^<\?xml version="1.0" encoding="UTF-8"\?>/)
    assert.equal(
      await python('rid', body),
      [
        `MsgType=Report MsgDestination=RIDSystem`,
        `region=BetweenConsortiums traffic=Network`,
        `Node={${NS1}}Node NodeName={${NS1}}NodeName`,
        `IncidentID={${NS1}}IncidentID name=csirt-a.example text=to-b-1`,
        `ReportSchema Version=ext-value XMLSchemaID=ext-value ext-Version=2.00 ext-XMLSchemaID=${NS2}`,
        `XMLDocument dtype=xml child={${NS2}}IODEF-Document`,
      ].join('\n'),
    )
  })

  test('what came without a RIDPolicy gets the peer’s policy', async () => {
    await provider.publish('incident', 'hand-1', xep('report', inNs(incident({ id: 'hand-1' }))))
    const { body } = await sentTo(b, 'hand-1')
    const facts = await python('rid', body)
    assert.match(facts, /^MsgType=Report MsgDestination=RIDSystem\nregion=IntraConsortium traffic=Content\n/)
    assert.match(facts, /IncidentID=\{urn:ietf:params:xml:ns:iodef-1\.0\}IncidentID name=csirt-a\.example text=hand-1/)
    await valid(body)
    const toC = await python('rid', (await sentTo(c, 'hand-1')).body)
    assert.match(toC, /region=PeerToPeer traffic=Network/)
  })

  test('Node is the receiver, with its address', async () => {
    const { body } = await sentTo(b, 'hand-1')
    assert.match(body, /<NodeName>csirt-b\.example<\/NodeName><Address category="ipv4-addr">127\.0\.0\.1<\/Address>/)
  })

  test('both shapes are understood on any Topic', async () => {
    await provider.publish('bare', 'shape-1', xep('report', inNs(incident({ id: 'shape-1' }))))
    await provider.publish('incident', 'shape-2', documentOf(incident({ id: 'shape-2' })))
    for (const id of ['shape-1', 'shape-2'])
      assert.match(await python('rid', (await sentTo(b, id)).body), /MsgType=Report/)
  })

  test('elements back to MsgTypes: inquiry, request, response', async () => {
    const types = { inquiry: 'Query', request: 'InvestigationRequest', response: 'Result' }
    for (const element of Object.keys(types)) {
      await provider.publish('incident', element, xep(element, inNs(incident({ id: `back-${element}` }))))
    }
    for (const [element, type] of Object.entries(types)) {
      const { body } = await sentTo(b, `back-${element}`)
      assert.match(await python('rid', body), new RegExp(`^MsgType=${type} `))
      await valid(body)
    }
  })

  test('a Report in the 200 to a Query is not lost: it is held for the operator, whole, and in the trace', async () => {
    const id = 'question-1'
    b.script({ does: 'answer', body: report({ id, description: '<Description>what b knows</Description>' }) })
    try {
      await provider.publish('incident', id, xep('inquiry', inNs(incident({ id }))))
      const answer = async () => (await queue(id)).find(({ source }) => source === 'csirt-b')
      await eventually('the answer to be kept', async () => (await answer())?.state === 'held')
      const row = await answer()
      assert.deepEqual([row?.destination, row?.direction], ['incident', 'rid-to-grid'])
      assert.match(String(row?.reason), /^csirt-b answered with this message \(Report\)/)
      const show = await run(['queue', 'show', String(row?.id), '--config', config])
      assert.match(show.stdout, /what b knows/)
      const { stdout } = await run(['trace', id, '--config', config])
      assert.match(stdout, /csirt-b answered with this message/)
      // it goes nowhere, whoever retries it
      assert.equal((await run(['queue', 'retry', String(row?.id), '--config', config])).code, 0)
      await eventually('it to be held again', async () => (await answer())?.state === 'held')
      assert.ok(!subscriber.items.some(({ xml }) => xml.includes('what b knows')))
    } finally {
      b.script({ does: 'answer', body: acknowledgement('Approved') })
    }
  })

  test('a TraceRequest comes back as TraceRequest through its context', async () => {
    approved(await all.post(report({ id: 'trace-request-1' }, { type: 'TraceRequest' })))
    assert.match(await python('rid', (await sentTo(b, 'trace-request-1')).body), /^MsgType=TraceRequest /)
  })

  test('anything else on a Topic is counted and left alone; what comes behind it still arrives', async () => {
    const before = b.requests.length
    const foreign = [
      '<foo xmlns="urn:x"/>',
      xep('report', ''),
      xep('report', inNs(incident({ id: 'foreign-1' })) + inNs(incident({ id: 'foreign-2' }))),
      xep('gossip', inNs(incident({ id: 'foreign-3' }))),
      xep('report', '<Incident xmlns="urn:other"><IncidentID name="x">foreign-4</IncidentID></Incident>'),
      '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-3.0">foreign-5</IODEF-Document>',
    ]
    for (const [n, xml] of foreign.entries()) await provider.publish('incident', `foreign-${n}`, xml)
    await provider.publish('incident', 'behind-1', xep('report', inNs(incident({ id: 'behind-1' }))))
    await sentTo(b, 'behind-1')
    assert.deepEqual(
      b.requests.slice(before).filter(({ body }) => body.includes('foreign')),
      [],
    )
    const metrics = await (await fetch(`http://127.0.0.1:${site.opsPort}/metrics`)).text()
    assert.match(metrics, /^iodef_gateway_items_ignored_total\{[^}]*\} [1-9]/m)
  })

  test('an event that does not come from the Broker is not believed', async () => {
    const item = xep('report', inNs(incident({ id: 'forged-1' })))
    const event = `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="incident"><item id="forged">${item}</item></items></event>`
    await subscriber.raw(`<message to="gateway@grid.example" type="headline">${event}</message>`)
    await subscriber.raw(`<message to="gateway@grid.example">${event}</message>`)
    await provider.publish('incident', 'behind-2', xep('report', inNs(incident({ id: 'behind-2' }))))
    await sentTo(b, 'behind-2')
    assert.ok(!b.requests.some(({ body }) => body.includes('forged-1')))
  })

  test('the same item again, or under another id, is sent once', async () => {
    const payload = xep('report', inNs(incident({ id: 'again-1' })))
    for (const id of ['again', 'again', 'another']) await provider.publish('incident', id, payload)
    await provider.publish('incident', 'behind-3', xep('report', inNs(incident({ id: 'behind-3' }))))
    await sentTo(b, 'behind-3')
    await sentTo(b, 'again-1')
    assert.equal(b.requests.filter(({ body }) => body.includes('>again-1<')).length, 1)
  })

  test('not back to the source, and not to a peer that may not have it: withheld', async () => {
    approved(await a.post(report({ id: 'partner-1', restriction: 'green' })))
    await sentTo(b, 'partner-1')
    await provider.publish('incident', 'red-1', xep('report', inNs(incident({ id: 'red-1', restriction: 'red' }))))
    await provider.publish('incident', 'none-1', xep('report', inNs(incident({ id: 'none-1', restriction: null }))))
    let rows: Listed[] = []
    await eventually('the rows', async () => {
      rows = [...(await queue('partner-1')), ...(await queue('red-1')), ...(await queue('none-1'))]
      return rows.filter(({ state }) => state === 'withheld').length >= 5
    })
    const state = (incident: string, destination: string) =>
      rows.find((row) => row.incident.includes(incident) && row.destination === destination)?.state
    assert.equal(state('partner-1', 'csirt-b'), 'delivered')
    assert.equal(state('partner-1', 'csirt-c'), 'withheld')
    assert.equal(state('partner-1', 'csirt-a'), undefined)
    for (const id of ['red-1', 'none-1']) {
      for (const peer of ['csirt-b', 'csirt-c']) assert.equal(state(id, peer), 'withheld')
    }
    assert.ok(![...b.requests, ...c.requests].some(({ body }) => /red-1|none-1/.test(body)))
    assert.ok(!own.requests.some(({ body }) => body.includes('partner-1')))
    const withheld = rows.find((row) => row.state === 'withheld' && row.incident.includes('none-1'))
    assert.match(String(withheld?.reason), /private/)
  })

  test('round trip: every valid public IODEF 2 fixture comes back equal', async () => {
    const manifest = JSON.parse(await readFile(join(ROOT, 'fixtures/manifest.json'), 'utf8')) as {
      file: string
      format: string
    }[]
    const files = manifest
      .filter(({ file, format }) => file.startsWith('valid/') && !file.includes('restricted') && format === 'IODEF 2')
      .map(({ file }) => file)
    assert.ok(files.length > 15)
    const seen = b.requests.length
    const posted: Buffer[] = []
    for (const file of files) {
      const body = await readFile(join(ROOT, 'fixtures', file))
      const answer = await a.post(body)
      assert.equal(answer.status, 200, `${file}: ${answer.body}`)
      if (answer.body.includes('"Approved"')) posted.push(body)
      else assert.fail(`${file}: ${answer.body}`)
    }
    await eventually(
      () => `${posted.length} messages, ${b.requests.length - seen} came`,
      () => b.requests.length - seen >= posted.length,
      { ms: IN_TIME },
    )
    const returned = await Promise.all(b.requests.slice(seen).map(({ body }) => python('inner', body)))
    for (const [n, body] of posted.entries()) {
      const normal = await python('text', body)
      if (returned.includes(normal)) continue
      const id = /<IncidentID[^>]*>([^<]*)</.exec(normal)?.[1] ?? '?'
      const near = returned.find((text) => text.includes(`>${id}<`))
      assert.fail(
        `${files[n]}: ${near === undefined ? 'did not come back' : await python('equal', `${normal}\0${near}`)}`,
      )
    }
  })
})

describe('queue, trace, tail and topics while the gateway runs', () => {
  test('queue list --json has exactly these keys; show, retry and discard', async () => {
    b.script({ does: 'answer', status: 403, body: 'no' })
    try {
      approved(await a.post(report({ id: 'held-1' })))
      approved(await a.post(report({ id: 'held-2' })))
      const toB = async (id: string) => (await queue(id)).find(({ destination }) => destination === 'csirt-b')
      await eventually(
        'both to be held',
        async () => (await toB('held-1'))?.state === 'held' && (await toB('held-2'))?.state === 'held',
      )
      const row = await toB('held-1')
      assert.deepEqual(Object.keys(row ?? {}).sort(), [
        'attempts',
        'destination',
        'direction',
        'id',
        'incident',
        'nextAttempt',
        'reason',
        'source',
        'state',
      ])
      assert.match(String(row?.reason), /403/)
      assert.equal(row?.attempts, 1)
      const show = await run(['queue', 'show', String(row?.id), '--config', config])
      assert.equal(show.code, 0, show.stderr)
      assert.match(show.stdout, /held-1/)
      const json = await run(['queue', 'show', String(row?.id), '--json', '--config', config])
      assert.equal((JSON.parse(json.stdout) as Listed).state, 'held')

      const other = await toB('held-2')
      assert.equal((await run(['queue', 'discard', String(other?.id), '--config', config])).code, 0)
      assert.equal((await toB('held-2'))?.state, 'discarded')

      b.script({ does: 'answer', body: acknowledgement('Approved') })
      assert.equal((await run(['queue', 'retry', String(row?.id), '--config', config])).code, 0)
      await eventually('it to be delivered', async () => (await toB('held-1'))?.state === 'delivered')
      assert.equal((await toB('held-2'))?.state, 'discarded')
      for (const what of ['show', 'retry', 'discard']) {
        const missing = await run(['queue', what, '999999999', '--config', config])
        assert.deepEqual([missing.code, missing.stdout], [1, ''], what)
        assert.match(missing.stderr, /999999999/)
      }
    } finally {
      b.script({ does: 'answer', body: acknowledgement('Approved') })
    }
  })

  test('trace tells the whole life, with times and reasons; one that nobody knows is exit 1', async () => {
    const text = await run(['trace', 'held-1', '--config', config])
    assert.equal(text.code, 0)
    for (const word of ['accepted', 'published', 'held', 'delivered', '403', 'csirt-a', 'csirt-b', 'incident'])
      assert.match(text.stdout, new RegExp(word))
    const json = await run(['trace', 'held-1', '--json', '--config', config])
    assert.match(JSON.stringify(JSON.parse(json.stdout)), /"accepted".*"held"/)
    const refused = await a.post(report({ id: 'refused-1', more: '<Nonsense/>' }))
    assert.equal(refused.status, 400)
    const trace = await run(['trace', 'refused-1', '--config', config])
    assert.equal(trace.code, 0, 'a refusal whose IncidentID could be read belongs into the trace')
    assert.match(trace.stdout, /refused/)
    const nobody = await run(['trace', 'never-heard-of', '--config', config])
    assert.equal(nobody.code, 1)
    assert.notEqual(nobody.stderr, '')
  })

  test('topics discovers; tail prints items as they arrive, one XML document after another, and ends at --count', async () => {
    const topics = await run(['topics', '--config', config])
    assert.equal(topics.code, 0, topics.stderr)
    assert.match(topics.stdout, /\bincident\b/)
    assert.match(topics.stdout, /\bbare\b/)
    const tail = run(['tail', '--config', config, 'incident', '--count', '2'], { ms: 40_000 })
    let over = false
    void tail.then(() => {
      over = true
    })
    let n = 0
    await eventually(
      'tail to end',
      async () => {
        n += 1
        if (!over) approved(await a.post(report({ id: `tail-${n}` })))
        return over
      },
      { every: 500 },
    )
    const { code, stdout } = await tail
    assert.equal(code, 0)
    const documents = stdout.split(/(?=<report )/).filter((part) => part.trim() !== '')
    assert.equal(documents.length, 2, stdout)
    for (const document of documents) assert.match(await rootOf(document), /^\{urn:xmpp:incident:2\}report: /)
    const nowhere = await run(['tail', '--config', config, 'no-such-topic', '--count', '1'], { ms: 30_000 })
    assert.ok(nowhere.code === 1 || nowhere.code === 3, `${nowhere.code} ${nowhere.stderr}`)
    assert.match(nowhere.stderr, /no-such-topic/)
  })

  test('send: 0 delivered, 1 refused or denied, 3 nobody there; wraps bare IODEF and prints the reply', async () => {
    const { cert, key } = await site.certificate('csirt-a')
    const to = ['--to', `https://localhost:${site.ridPort}/`, '--cert', cert, '--key', key, '--ca', site.ca.cert]
    const file = async (name: string, text: string) => {
      const path = join(site.dir, name)
      await writeFile(path, text)
      return path
    }
    const bare = await run(['send', await file('bare.xml', documentOf(incident({ id: 'send-1' }))), ...to])
    assert.equal(bare.code, 0, bare.stderr)
    assert.match(bare.stdout, /AuthorizationStatus="Approved"/)
    const context = (await itemWith('send-1')).xml
    assert.match(context, /RIDPolicy/, 'it was wrapped in a RID message')
    assert.equal((await run(['send', await file('rid.xml', report({ id: 'send-2' })), ...to])).code, 0)
    const denied = await run(['send', await file('denied.xml', report({ id: 'send-3', restriction: 'red' })), ...to])
    assert.equal(denied.code, 1)
    assert.match(denied.stdout, /Denied/)
    const query = await run([
      'send',
      await file('bare.xml', documentOf(incident({ id: 'send-4' }))),
      ...to,
      '--type',
      'Query',
    ])
    assert.equal(query.code, 1)
    assert.match(query.stderr + query.stdout, /403/)
    const dead = await run(['send', join(site.dir, 'rid.xml'), '--to', 'https://localhost:1/', ...to.slice(2)])
    assert.equal(dead.code, 3)
  })
})

describe('grid section of the configuration', () => {
  test('members may subscribe to what was created, others not (access is whitelist by default)', async () => {
    const outsider = await world.user('stranger')
    await assert.rejects(outsider.subscribe('incident'))
    await assert.rejects(outsider.publish('incident', 'x', '<foo xmlns="urn:x"/>'))
    await assert.rejects(subscriber.publish('incident', 'x', '<foo xmlns="urn:x"/>'))
  })

  test('the Controller must be who it is: ca, pin, domain; direct TLS and STARTTLS', async () => {
    const { broker } = world
    const base = site.base().grid as { tls: object }
    const cases: [object, number, RegExp?][] = [
      [{ tls: { ca: 'grid-ca.pem', pin: broker.pin } }, 0],
      [{ service: broker.directTls }, 0],
      [{ service: broker.directTls, tls: { ca: 'grid-ca.pem', pin: site.server.pin } }, 3, /pin/],
      [{ tls: { ca: 'grid-ca.pem', pin: site.server.pin } }, 3, /pin/],
      [{ tls: { ca: 'peers-ca.pem' } }, 3, /certificate/],
      [{ jid: 'gateway@other.example' }, 3],
      [{ auth: { password: { file: 'rid.name' } } }, 3, /login|password|credentials/i],
    ]
    await writeFile(join(site.dir, 'rid.name'), 'wrong', { mode: 0o600 })
    for (const [section, code, reason] of cases) {
      const path = await site.config({ grid: { ...base, ...section } }, 'grid.yaml')
      const outcome = await run(['topics', '--config', path])
      assert.equal(outcome.code, code, `${JSON.stringify(section)}: ${outcome.stderr}`)
      if (code === 0) assert.match(outcome.stdout, /\bincident\b/)
      if (reason) assert.match(outcome.stderr, reason)
    }
  })
})

describe('ops', () => {
  test('/metrics: every name begins with iodef_gateway_', async () => {
    const text = await (await fetch(`http://127.0.0.1:${site.opsPort}/metrics`)).text()
    const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.ok(names.length > 20)
    for (const name of names) assert.match(name, /^iodef_gateway_/)
  })

  test('/ready: exactly {"ready","parts":{NAME:{"state","since","reason"}}}; 200 while the Broker is away, since reports are taken, and its part says so', async () => {
    /** The first answer with the grid in this state: the next one may have another. */
    const shape = async (grid: string) => {
      let last: Awaited<ReturnType<Site['health']>> | undefined
      const asked = async () => {
        last = await site.health()
        return last.body.parts.grid?.state === grid
      }
      await eventually(() => `${grid}; it is ${JSON.stringify(last)}`, asked, { ms: IN_TIME })
      const { body } = last!
      assert.deepEqual(Object.keys(body).sort(), ['parts', 'ready'])
      assert.deepEqual([last!.status, body.ready], [200, true])
      for (const [name, part] of Object.entries(body.parts)) {
        assert.deepEqual(Object.keys(part).sort(), ['reason', 'since', 'state'], name)
        assert.ok(!Number.isNaN(Date.parse(part.since)), part.since)
      }
      return body
    }
    await shape('ok')
    await world.broker.stop()
    const away = await shape('failed')
    assert.notEqual(away.parts.grid?.reason ?? '', '')
    // section 6: accepted means on disk, whatever the grid does
    approved(await a.post(report({ id: 'while-away-1' })))
    const [row] = await queue('while-away-1')
    assert.ok(row && ['pending', 'sending'].includes(row.state), JSON.stringify(row))
    await world.broker.start()
    await shape('ok')
    await eventually('its delivery', async () => (await queue('while-away-1'))[0]?.state === 'delivered', {
      ms: IN_TIME,
    })
    const { broker } = world
    // beside the subscriber, which comes back in its own time
    await using late = await startGridUser(broker, {
      user: 'subscriber',
      password: 'subscriber-secret',
      resource: 'late',
    })
    const ids = await late.ids('incident')
    const items = await Promise.all(ids.map((id) => late.item('incident', id)))
    assert.equal(items.filter((xml) => xml?.includes('>while-away-1<')).length, 1)
    await sentTo(b, 'while-away-1')
  })
})

// kept to the end: what the constants above are good for
void [DECLARATION, EXT_FORM, RID]
