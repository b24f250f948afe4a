import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Config, PeerConfig } from '../../src/config/types.ts'
import { GatewayError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createReader, type Reader } from '../../src/reading/reader.ts'
import { createAccept } from '../../src/relay/accept.ts'
import type { Answer, Problem } from '../../src/rid/contract.ts'
import { nodeOf } from '../../src/rid/node.ts'
import type { Store } from '../../src/store/contract.ts'
import { createBench, delivery, envelope, log, MEMORY } from '../store/support.ts'
import { additionalData, documentText, IODEF1, incidentText, ridText } from '../support/documents.ts'
import { grid, peer, read, valid } from './journey.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

interface Faults {
  readonly reader?: Partial<Reader>
  readonly store?: (store: Store) => Store
  readonly unsettled?: () => Promise<number>
}

async function bench(config: Partial<Config> = {}, faults: Faults = {}) {
  const own = await createBench(MEMORY)
  const woken: string[] = []
  const accept = createAccept({
    config: {
      ...grid({ restrictions: ['public', 'partner'] }, 250_000),
      peers: [],
      rid: { name: 'rid.example' },
      delivery: { maxAge: 1, concurrency: 1, maxQueue: 10 },
      ...config,
    } as Config,
    reader: { ...reader, ...faults.reader },
    store: { ...(faults.store?.(own.store) ?? own.store), ...(faults.unsettled && { unsettled: faults.unsettled }) },
    events: createEvents({ log, metrics: createMetrics(), clock: own.clock }),
    wake: (topic) => woken.push(topic),
  })
  let id = 0
  return {
    ...own,
    woken,
    post(body: string | Uint8Array, from: Partial<PeerConfig> = {}, charset?: string): Promise<Answer> {
      id += 1
      const message = {
        id: `m${id}`,
        peer: peer(from),
        address: '192.0.2.65',
        body: Buffer.from(body),
        receivedAt: own.clock.now(),
      }
      return accept({ ...message, ...(charset !== undefined && { charset }) })
    },
    queue: async () => (await own.store.list()).map((d) => [d.destination, d.incident] as const),
    traced: async (incident: string) =>
      (await own.store.trace(incident)).map(({ event, fields }) => [event, fields.code ?? null] as const),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

/** A reply that the schema of RID accepts, and what it says. */
function reply(answer: Answer): {
  status: string | undefined
  justification: string | undefined
  incident: string | undefined
} {
  assert.equal(answer.kind, 'reply', JSON.stringify(answer))
  const xml = answer.kind === 'reply' ? answer.xml : ''
  const inspection = read(xml)
  assert.ok(inspection.valid, JSON.stringify(inspection.errors[0]))
  assert.equal(inspection.rid?.msgType, 'Acknowledgement')
  // whom it is for, at the address that its message came from
  assert.equal(inspection.rid?.policy?.node, nodeOf({ name: 'csirt-a.example', address: '192.0.2.65' }))
  return {
    status: /AuthorizationStatus="(\w+)"/.exec(xml)?.[1],
    justification: /(?:ext-|[^-])Justification="(?!ext-value)(\w+)"/.exec(xml)?.[1],
    incident: inspection.rid?.policy?.incidentId?.text,
  }
}

function problem(answer: Answer): Problem {
  assert.equal(answer.kind, 'problem', JSON.stringify(answer))
  return answer.kind === 'problem' ? answer.problem : ({} as Problem)
}

const approved = { status: 'Approved', justification: undefined }
const denied = (justification = 'CannotProcess') => ({ status: 'Denied', justification })

test('a Report is stored, then approved with its IncidentID', async () => {
  await using t = await bench()
  const id = `<IncidentID xmlns="${IODEF1}" name="csirt.example">1</IncidentID>`
  assert.deepEqual(reply(await t.post(ridText(documentText(), { incidentId: id }))), { ...approved, incident: '1' })
  assert.deepEqual(await t.queue(), [['incident', 'csirt.example 1']])
  assert.deepEqual(t.woken, ['incident'])
  assert.deepEqual(await t.traced('1'), [['accepted', null]])
})

test('a bare document is a Report, and approved with the IncidentID of its first Incident', async () => {
  await using t = await bench()
  const text = documentText([incidentText({ id: '7' }), incidentText({ id: '8' })])
  assert.deepEqual(reply(await t.post(text)), { ...approved, incident: '7' })
  assert.equal((await t.queue()).length, 2)
  assert.deepEqual(await t.traced('8'), [['accepted', null]])
})

test('the same message again, however it is written, gets the same answer and is not stored again', async () => {
  await using t = await bench()
  const first = await t.post(ridText(documentText()))
  assert.deepEqual(await t.post(ridText(documentText())), first)
  assert.deepEqual(
    await t.post(ridText(`<!-- again -->${documentText()}`.replaceAll('"reporting"', "' reporting'".replace(' ', '')))),
    first,
  )
  assert.equal((await t.queue()).length, 1)
})

test('the same message from another peer is accepted, and not published again', async () => {
  await using t = await bench()
  await t.post(documentText())
  assert.equal(reply(await t.post(documentText(), { name: 'csirt-b' })).status, 'Approved')
  const claim = { kind: 'topic', destination: 'incident', limit: 10, now: t.clock.now(), leaseMs: 1000 } as const
  const units = await t.store.claim(claim)
  assert.equal(units.length, 1)
  await t.store.settle([{ id: units[0]?.[0]?.id ?? '', to: 'delivered' }])
  assert.deepEqual(await t.store.claim(claim), [])
})

test('a report is published though an operator discarded the same of another peer, and of the same one', async () => {
  await using t = await bench()
  const discardAll = async () => {
    for (const { id } of await t.store.list({ states: ['pending'] })) await t.store.discard(id, t.clock.now())
  }
  await t.post(documentText(), { name: 'csirt-b' })
  await discardAll()
  for (const name of ['csirt-a', 'csirt-a']) {
    assert.equal(reply(await t.post(documentText(), { name })).status, 'Approved')
    assert.equal((await t.store.list({ states: ['pending'] })).length, 1, 'what is Approved is sent')
    await discardAll()
  }
})

test('what touches the text of a report that was taken is told once, where it was accepted', async () => {
  await using t = await bench()
  const two = ridText(`${documentText()}<s:Package xmlns:s="urn:example:stix"/>`)
  await t.post(two.replace('<Incident ', '<!-- ü --><Incident '), {}, 'iso-8859-1')
  const told = (await t.store.trace('1')).map(({ event, fields }) => [event, fields.note])
  const note =
    'Content-Type says charset=iso-8859-1, the document says UTF-8: read as UTF-8, since its bytes are UTF-8. ' +
    'Beside the IODEF-Document stands what is not delivered: Package (namespace "urn:example:stix").'
  assert.deepEqual(told, [['accepted', note]])
})

test('a report that names another RID system as its receiver is taken, and told', async () => {
  await using t = await bench()
  const to = (names: string, id: string) =>
    ridText(documentText([incidentText({ id })])).replace('<NodeName>rid.example</NodeName>', names)
  assert.equal(reply(await t.post(to('<NodeName>other.example</NodeName>', '1'))).status, 'Approved')
  assert.equal(reply(await t.post(to('<NodeName> RID.example. </NodeName>', '2'))).status, 'Approved')
  assert.equal(reply(await t.post(to('', '3'))).status, 'Approved')
  const note = async (id: string) => (await t.store.trace(id)).map(({ fields }) => fields.note)
  assert.deepEqual(await note('1'), ['RIDPolicy names another system as its receiver: other.example.'])
  assert.deepEqual([...(await note('2')), ...(await note('3'))], [undefined, undefined])
})

test('a peer under test is told apart by nothing but the word: the answer is valid, 400 is 400, and the trace says what would have been', async () => {
  await using t = await bench()
  const { xml } = (await t.post(documentText(), { test: true })) as { xml: string }
  assert.match(xml, /<RequestStatus AuthorizationStatus="Denied" Justification="ext-value" ext-Justification="test"/)
  const invalid = documentText([incidentText({ purpose: 'boasting' })])
  assert.equal(problem(await t.post(invalid, { test: true })).status, 400)
  // once it is no test any more, the same report is taken
  assert.equal(reply(await t.post(documentText())).status, 'Approved')
  assert.deepEqual(await t.traced('1'), [
    ['denied', 'test'],
    ['refused', 'invalid'],
    ['accepted', null],
  ])
})

test('any charset, any encoding', async () => {
  await using t = await bench()
  const text = documentText([incidentText({ id: 'é日' })])
  assert.equal(reply(await t.post(Buffer.from(`\ufeff${text}`, 'utf16le'))).incident, 'é日')
  const latin = Buffer.from(documentText([incidentText({ id: 'é' })]), 'latin1')
  assert.equal(reply(await t.post(latin, {}, 'iso-8859-1')).incident, 'é')
  assert.equal(problem(await t.post(latin, {}, 'utf-8')).status, 400)
})

const DENIED: readonly [name: string, body: string, justification: string, code: string, from?: Partial<PeerConfig>][] =
  [
    [
      'a restriction that the Topic may not carry',
      documentText([incidentText({ attributes: ' restriction="red"' })]),
      'CannotProcess',
      'restriction',
    ],
    ['no restriction at all', documentText([incidentText({ attributes: '' })]), 'CannotProcess', 'restriction'],
    [
      'a restriction of the envelope',
      ridText(documentText(), { documentAttributes: ' restriction="private"' }),
      'CannotProcess',
      'restriction',
    ],
    [
      'one Incident of two that may not pass',
      documentText([incidentText(), incidentText({ id: '2', attributes: ' restriction="red"' })]),
      'CannotProcess',
      'restriction',
    ],
    [
      'one Incident of two without a route',
      documentText([incidentText(), incidentText({ id: '2', purpose: 'watch' })]),
      'CannotProcess',
      'no-route',
    ],
    ['a Topic that the peer may not publish to', documentText(), 'CannotProcess', 'not-allowed', { publish: [] }],
    [
      'a namespace that a Broker cannot carry',
      documentText([incidentText({ content: additionalData('<x xmlns:p="urn:a?b&amp;c" p:d=""/>') })]),
      'CannotProcess',
      'cannot-carry',
    ],
    ['a document of another kind', ridText('<other xmlns="urn:x"/>'), 'UnrecognizedFormat', 'format'],
    ['a document without namespace', ridText('<other xmlns=""/>'), 'UnrecognizedFormat', 'format'],
    ['no document', ridText(null), 'CannotProcess', 'no-document'],
    ['a good report of a peer under test', documentText(), 'test', 'test', { test: true }],
    [
      'a question of a peer under test',
      ridText(documentText(), { msgType: 'Query' }),
      'test',
      'test',
      { test: true, accept: ['Query'] },
    ],
    [
      'what is denied to a peer under test as to others',
      documentText(),
      'CannotProcess',
      'not-allowed',
      { test: true, publish: [] },
    ],
    ['a Query, which is owed a Report', ridText(documentText(), { msgType: 'Query' }), 'CannotProcess', 'no-answer'],
  ]

const REPORTING_ONLY = { routes: [{ match: { purpose: ['reporting'] }, topic: 'incident' }] }

for (const [name, body, justification, code, from] of DENIED) {
  test(`denied, nothing stored: ${name}`, async () => {
    await using t = await bench(REPORTING_ONLY)
    const answer = reply(await t.post(body, from))
    assert.deepEqual({ status: answer.status, justification: answer.justification }, denied(justification))
    assert.deepEqual(await t.queue(), [])
    assert.deepEqual(t.woken, [])
    if (body.includes('IODEF-Document')) assert.deepEqual(await t.traced('1'), [['denied', code]])
  })
}

const REFUSED: readonly [
  name: string,
  body: string | Buffer,
  status: number,
  title: RegExp,
  from?: Partial<PeerConfig>,
][] = [
  ['nothing', '', 400, /valid/],
  ['no XML', 'hello', 400, /valid/],
  ['a DTD', `<!DOCTYPE a>${documentText()}`, 400, /valid/],
  ['not valid by the schema', documentText([incidentText({ purpose: 'boasting' })]), 400, /valid/],
  ['not valid inside RID', ridText(documentText([incidentText({ purpose: 'boasting' })])), 400, /valid/],
  [
    'a dangling reference',
    documentText([
      incidentText({
        content:
          '<IndicatorData><Indicator><IndicatorID name="a.b" version="1">i</IndicatorID><ObservableReference uid-ref="x"/></Indicator></IndicatorData>',
      }),
    ]),
    400,
    /valid/,
  ],
  [
    'an item',
    `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')}</report>`,
    400,
    /Improper/,
  ],
  ['a RID message without a policy', '<RID xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0" lang="en"/>', 400, /Improper/],
  ['two documents', ridText(documentText() + documentText([incidentText({ id: '2' })])), 400, /Improper/],
  [
    'a MsgType that the peer may not send',
    ridText(documentText(), { msgType: 'Query' }),
    403,
    /type/,
    { accept: ['Report'] },
  ],
  ['an ext-value MsgType', ridText(documentText(), { msgType: 'ext-value" ext-MsgType="Shout' }), 403, /type/],
  ['a bare document from a peer that may send none', documentText(), 403, /type/, { accept: ['Query'] }],
  [
    'an Acknowledgement that nobody asked for',
    ridText(null, { msgType: 'Acknowledgement', behind: '<RequestStatus AuthorizationStatus="Approved"/>' }),
    403,
    /./,
    { accept: ['Acknowledgement'] },
  ],
  [
    'too large for the Broker',
    documentText([incidentText({ content: additionalData('x'.repeat(250_000), ' dtype="string"') })]),
    413,
    /Broker/,
  ],
]

for (const [name, body, status, title, from] of REFUSED) {
  test(`refused with ${status}, nothing stored: ${name}`, async () => {
    await using t = await bench()
    const { title: told, ...rest } = problem(await t.post(body, from))
    assert.equal(rest.status, status)
    assert.match(told, title)
    assert.deepEqual(await t.queue(), [])
    assert.doesNotMatch(JSON.stringify(rest), /\/src\/|\.ts\b|at .*:\d+/)
  })
}

test('a message that contradicts itself is refused with the place and the section, nothing stored', async () => {
  await using t = await bench()
  const status = '<RequestStatus AuthorizationStatus="Approved"/>'
  const found = '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>'
  const accept = ['Report', 'Result', 'InvestigationRequest', 'TraceRequest', 'Acknowledgement'] as const
  for (const [text, reason] of [
    [ridText(documentText(), { behind: status }), /§5: RequestStatus/],
    [ridText(documentText(), { behind: found }), /§5: IncidentSource/],
    [ridText(documentText(), { msgType: 'Result' }), /§6\.3: A Result needs/],
    [ridText(null, { msgType: 'Acknowledgement' }), /§6\.2: An Acknowledgement needs/],
    [ridText(null, { msgType: 'TraceRequest' }), /§6\.1: A TraceRequest needs/],
    [ridText(documentText()).replace('"RIDSystem"', '"SourceOfIncident"'), /§5\.1: Only an InvestigationRequest/],
  ] as const) {
    const { status: code, title, errors = [] } = problem(await t.post(text, { accept }))
    assert.equal(code, 400, String(reason))
    assert.equal(title, 'Improper RID message')
    assert.match(errors[0]?.message ?? '', reason)
    assert.ok((errors[0]?.column ?? 0) > 0)
  }
  assert.deepEqual(await t.queue(), [])
})

test('a MsgType that a peer may not send is 403 whatever else is wrong with it', async () => {
  await using t = await bench()
  const text = ridText(documentText(), { msgType: 'Result' })
  assert.equal(problem(await t.post(text, { accept: ['Report'] })).status, 403)
})

test('what RFC 6545 demands of a message besides is a warning, and refused where the peer is strict', async () => {
  await using t = await bench()
  const text = ridText(documentText(), { policyAttributes: ' ext-MsgType="Shout"' })
  const { status, errors = [] } = problem(await t.post(text, { strict: true }))
  assert.equal(status, 400)
  assert.match(errors[0]?.message ?? '', /§5\.1: ext-MsgType/)
  assert.equal(reply(await t.post(text)).status, 'Approved')
  assert.equal(
    reply(await t.post(ridText(documentText([incidentText({ id: '2' })])), { strict: true })).status,
    'Approved',
  )
})

test('what breaks a rule of the text passes, and is refused where the peer is strict', async () => {
  await using t = await bench()
  const text = documentText([incidentText({ content: '<EventData/>' })])
  const strict = problem(await t.post(text, { strict: true }))
  assert.equal(strict.status, 400)
  assert.match(strict.errors?.[0]?.message ?? '', /RFC 7970/)
  assert.equal(reply(await t.post(text)).status, 'Approved')
})

test('what no schema says and the text only advises does not stop a strict peer', async () => {
  await using t = await bench()
  assert.equal(
    reply(await t.post(documentText([incidentText({ name: 'nickname' })]), { strict: true })).status,
    'Approved',
  )
})

test('errors come with their place, at most twenty, and how many there were', async () => {
  await using t = await bench()
  const { errors, more } = problem(
    await t.post(documentText(Array.from({ length: 50 }, () => `\n${incidentText({ purpose: 'x' })}`))),
  )
  assert.equal(errors?.length, 20)
  assert.equal(more, 30)
  assert.deepEqual([errors?.[0]?.line, errors?.[0]?.column], [2, 1])
})

test('a report of a thousand Incidents is not made into a gigabyte of items', async () => {
  await using t = await bench()
  const text = documentText(Array.from({ length: 2500 }, (_, i) => incidentText({ id: String(i) })))
  assert.equal(reply(await t.post(text)).status, 'Denied')
  assert.deepEqual(await t.queue(), [])
})

const CANNOT: readonly [name: string, faults: Faults][] = [
  [
    'the store cannot write',
    { store: (s) => ({ ...s, accept: () => Promise.reject(new GatewayError('store-unavailable')) }) },
  ],
  [
    'the store fails in an unknown way',
    { store: (s) => ({ ...s, accept: () => Promise.reject(new Error('/secret/path')) }) },
  ],
  [
    'the store cannot be read',
    {
      unsettled: () => Promise.reject(new GatewayError('store-unavailable')),
    },
  ],
  ['the queue is full', { unsettled: async () => 10 }],
  ['readers are busy', { reader: { inspect: () => Promise.reject(new GatewayError('intake-busy')) } }],
  ['a reader fails', { reader: { inspect: () => Promise.reject(new GatewayError('internal', '/secret/path')) } }],
  ['a reader throws', { reader: { inspect: () => Promise.reject(new Error('/secret/path')) } }],
]

for (const [name, faults] of CANNOT) {
  test(`503 with Retry-After while ${name}`, async () => {
    await using t = await bench({}, faults)
    const { status, retryAfter, ...rest } = problem(await t.post(documentText()))
    assert.equal(status, 503)
    assert.ok((retryAfter ?? 0) > 0)
    assert.doesNotMatch(JSON.stringify(rest), /secret/)
    assert.deepEqual(t.woken, [])
  })
}

for (const code of ['intake-timeout', 'intake-memory', 'intake-failed'] as const) {
  test(`a document that is too much to read is refused for good: ${code}`, async () => {
    await using t = await bench({}, { reader: { inspect: () => Promise.reject(new GatewayError(code)) } })
    assert.equal(problem(await t.post(documentText())).status, 400)
  })
}

test('a document that the gateway itself throws at is refused for good, not asked for again and again', async () => {
  const odd = { format: 'IODEF 2', valid: true, warnings: [], rid: null, item: null, document: {} }
  await using t = await bench({}, { reader: { inspect: async () => odd as never } })
  const { status, ...rest } = problem(await t.post(documentText()))
  assert.equal(status, 400)
  assert.doesNotMatch(JSON.stringify(rest), /undefined|TypeError/)
})

test('what stands behind the root element is refused, with its place, whatever namespace names are in it', async () => {
  await using t = await bench({})
  const odd = documentText([incidentText({ content: additionalData('<a xmlns:q=":"/>') })])
  assert.equal(reply(await t.post(`${odd}\n<!-- a --><?b?> \n`)).status, 'Approved')
  for (const behind of ['trailing text', '\0', '&undefined;', '<', '<a/>', '<!DOCTYPE x>', '<![CDATA[]]>', '</a>']) {
    for (const document of [odd, ridText(odd)]) {
      const { status, errors } = problem(await t.post(`${document}\n  ${behind}`))
      assert.equal(status, 400, behind)
      assert.deepEqual(
        errors?.map(({ line, column }) => [line, column]),
        [[document.split('\n').length + 1, 3]],
        behind,
      )
      assert.match(errors?.[0]?.message ?? '', /Behind the root element/)
    }
  }
})

test('a refusal that cannot be written down is still that refusal', async () => {
  await using t = await bench(
    {},
    { store: (s) => ({ ...s, record: () => Promise.reject(new GatewayError('store-unavailable')) }) },
  )
  assert.equal(problem(await t.post(ridText(documentText(), { msgType: 'ext-value" ext-MsgType="a' }))).status, 403)
  assert.equal(reply(await t.post(documentText([incidentText({ attributes: '' })]))).status, 'Denied')
})

test('the same message again is approved while the queue is full', async () => {
  await using t = await bench({ delivery: { maxQueue: 1 } as Config['delivery'] })
  const first = await t.post(documentText())
  assert.deepEqual(await t.post(documentText()), first)
  assert.equal(problem(await t.post(documentText([incidentText({ id: '2' })]))).status, 503)
})

test('a report is taken in whatever waits for RID peers and for other Topics', async () => {
  await using t = await bench()
  for (const [kind, destination] of [
    ['peer', 'csirt-b'],
    ['topic', 'other'],
  ] as const) {
    const rows = Array.from({ length: 11 }, (_, n) => delivery(`${n}`, { kind, destination }))
    await t.store.accept(envelope(t.clock, destination, rows))
  }
  assert.equal(reply(await t.post(documentText())).status, 'Approved')
})

test('a denied report of thousands of Incidents leaves twenty rows of the trace', async () => {
  await using t = await bench()
  const many = documentText(Array.from({ length: 200 }, (_, i) => incidentText({ id: `i${i}`, attributes: '' })))
  assert.deepEqual(reply(await t.post(many)).status, 'Denied')
  const rows = await Promise.all(Array.from({ length: 200 }, (_, i) => t.traced(`i${i}`)))
  assert.equal(rows.flat().length, 20)
})

test("one peer's flood for a Topic is not another peer's 503", async () => {
  const peers = [peer(), peer({ name: 'csirt-b' })]
  await using t = await bench({ peers })
  const post = (n: number, name: string) => t.post(documentText([incidentText({ id: `${name} ${n}` })]), { name })
  for (let n = 0; n < 10; n++) assert.equal(reply(await post(n, 'csirt-a')).status, 'Approved')
  assert.equal(problem(await post(10, 'csirt-a')).status, 503)
  for (let n = 0; n < 5; n++) assert.equal(reply(await post(n, 'csirt-b')).status, 'Approved')
  assert.equal(problem(await post(5, 'csirt-b')).status, 503, 'with its share it has enough')
})

for (const [msgType, element] of [
  ['InvestigationRequest', 'request'],
  ['TraceRequest', 'request'],
] as const) {
  test(`a ${msgType} becomes a ${element} and is acknowledged`, async () => {
    await using t = await bench()
    assert.equal(reply(await t.post(ridText(documentText(), { msgType }))).status, 'Approved')
    const [row] = await t.store.list()
    assert.match(
      (await t.store.show(row?.id ?? ''))?.payload ?? '',
      new RegExp(`^<${element} xmlns="urn:xmpp:incident:2">`),
    )
  })
}

test('a Result becomes a response; RFC 6546 Table 1 leaves nothing to say but an empty 200', async () => {
  await using t = await bench()
  const source = '<IncidentSource><SourceFound>true</SourceFound></IncidentSource>'
  assert.deepEqual(await t.post(ridText(documentText(), { msgType: 'Result', behind: source })), {
    kind: 'reply',
    xml: '',
  })
  const [row] = await t.store.list()
  const item = valid((await t.store.show(row?.id ?? ''))?.payload ?? '')
  assert.equal(item.item?.element, 'response')
  assert.match(item.item?.incidentSource ?? '', /<SourceFound>true</)
})

test('a Report and a request of the same document are two messages', async () => {
  await using t = await bench()
  await t.post(ridText(documentText()))
  await t.post(ridText(documentText(), { msgType: 'InvestigationRequest' }))
  assert.equal((await t.queue()).length, 2)
})

test('a Query is denied and never published, with a document, by IncidentID alone, and again', async () => {
  await using t = await bench()
  const incidentId = '<IncidentID xmlns="urn:ietf:params:xml:ns:iodef-1.0" name="a.example">7</IncidentID>'
  for (const text of [
    ridText(documentText(), { msgType: 'Query' }),
    ridText(null, { msgType: 'Query', incidentId }),
    ridText(documentText(), { msgType: 'Query' }),
  ]) {
    const { status, justification } = reply(await t.post(text))
    assert.deepEqual({ status, justification }, denied())
  }
  assert.deepEqual(await t.queue(), [])
  assert.deepEqual(await t.traced('7'), [['denied', 'no-answer']])
})

test('every Incident of a document on a Topic of bare ones is found in the queue, and what is there already is not counted', async () => {
  const text = documentText([incidentText({ id: '1' }), incidentText({ id: '2' })])
  await using t = await bench(grid({ payload: 'iodef' }))
  await t.post(text)
  const [unit] = await t.store.claim({
    ...{ kind: 'topic', destination: 'incident', limit: 1, now: t.clock.now(), leaseMs: 1000 },
  } as const)
  await t.store.settle([{ id: unit?.[0]?.id ?? '', to: 'delivered' }])
  await t.post(text, { name: 'csirt-b' })
  assert.equal((await t.store.list({ incident: '2' })).length, 1)
  const counts = (await t.store.trace('2')).map(({ event, fields }) => [event, fields.source, fields.deliveries])
  assert.deepEqual(counts, [
    ['accepted', 'csirt-a', 1],
    ['accepted', 'csirt-b', 0],
  ])
})

test('what a Topic of IODEF 1 has not got of a report is in its trace', async () => {
  await using t = await bench(grid({ iodef: 1 }, 250_000))
  const text = documentText([incidentText({ attributes: ' restriction="public" status="new"' })])
  assert.equal(reply(await t.post(text)).status, 'Approved')
  const [event] = await t.store.trace('csirt.example 1')
  assert.equal(event?.fields.note, 'On incident: Sent as IODEF 1, without Incident/@status.')
  const [queued] = await t.store.list()
  assert.match((await t.store.show(queued?.id ?? ''))?.payload ?? '', new RegExp(`<Incident xmlns="${IODEF1}"`))
})

test('an IODEF 1 message with another document inside is answered 400, with the reason', async () => {
  await using t = await bench()
  const holder =
    '<AdditionalData dtype="string" formatid="urn:x-iodef-gateway:iodef-2:1">' +
    `${documentText([incidentText({ id: 'other' })])
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')}</AdditionalData>`
  const old =
    `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="reporting" restriction="public"><IncidentID name="csirt.example">1</IncidentID>` +
    `<ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/>${holder}</Incident></IODEF-Document>`
  const answer = await t.post(old)
  assert.ok(answer.kind === 'problem')
  assert.equal(answer.problem.status, 400)
  assert.match(answer.problem.errors?.[0]?.message ?? '', /travels along in it has other Incidents/)
  assert.deepEqual(await t.queue(), [])
  assert.deepEqual(await t.traced('csirt.example 1'), [['refused', 'invalid']])
})
