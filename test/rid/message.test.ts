import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readReply } from '../../src/reading/read-reply.ts'
import {
  embeddedDocuments,
  type Justification,
  policyOf,
  readRid,
  renderAcknowledgement,
  renderMessage,
  renderPolicy,
} from '../../src/rid/message.ts'
import { ANY_NODE, nodeOf } from '../../src/rid/node.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { read } from '../relay/journey.ts'
import { documentText, IODEF1, incidentText, ridText } from '../support/documents.ts'

const AWKWARD = { name: `a"<&>'\t`, instance: '日\n', id: ' ]]> &amp; ' }
const policy = policyOf('Report', 'PeerToPeer', 'Attack', ANY_NODE, {
  name: 'csirt.example',
  instance: null,
  id: '7',
})

test('what is rendered is valid RID, whatever the identifiers hold', () => {
  for (const id of [null, AWKWARD, { ...AWKWARD, instance: null }]) {
    const own = policyOf('Report', 'PeerToPeer', 'Attack', nodeOf({ name: `a"<&>'`, address: '192.0.2.1' }), id)
    for (const document of [null, { xml: documentText(), version: 2 as const }]) {
      const xml = renderMessage(own, document)
      const inspection = read(xml)
      assert.ok(inspection.valid, JSON.stringify(inspection.errors[0]))
      assert.match(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<RID [^>]*lang="en"/)
      assert.equal(inspection.rid?.policy?.incidentId?.text, id?.id)
      assert.equal(inspection.rid?.policy?.incidentId?.attributes.name, id?.name)
    }
  }
})

test('IODEF 2 is named by the ext- attributes, IODEF 1 directly; nothing stands around the document', () => {
  const two = renderMessage(policy, { xml: documentText(), version: 2 })
  assert.match(
    two,
    /<ReportSchema Version="ext-value" ext-Version="2\.00" XMLSchemaID="ext-value" ext-XMLSchemaID="urn:ietf:params:xml:ns:iodef-2\.0">/,
  )
  assert.match(two, /<XMLDocument dtype="xml"[^>]*><IODEF-Document .*<\/IODEF-Document><\/XMLDocument>/)
  const one = renderMessage(policy, { xml: `<IODEF-Document xmlns="${IODEF1}"/>`, version: 1 })
  assert.match(one, /<ReportSchema Version="1\.0" XMLSchemaID="urn:ietf:params:xml:ns:iodef-1\.0">/)
})

const JUSTIFICATIONS: readonly Justification[] = [
  'SystemResource',
  'Authentication',
  'AuthenticationOrigin',
  'Encryption',
  'UnrecognizedFormat',
  'CannotProcess',
  'Other',
]

test('every Acknowledgement is valid RID, and read back for what it is', () => {
  const own = { ...policy, attributes: { ...policy.attributes, MsgType: 'Acknowledgement' } }
  for (const status of ['Approved', 'Pending', ...JUSTIFICATIONS.map((denied) => ({ denied }))] as const) {
    const xml = renderAcknowledgement(own, status)
    const inspection = read(xml)
    assert.ok(inspection.valid, JSON.stringify(inspection.errors[0]))
    assert.deepEqual(
      readReply(Buffer.from(xml)),
      typeof status === 'string'
        ? { kind: 'acknowledgement', status }
        : { kind: 'acknowledgement', status: 'Denied', justification: status.denied },
    )
  }
})

test('a RIDPolicy is read, and written as it was', () => {
  const text = ridText(documentText(), {
    policyAttributes: ' restriction="need-to-know"',
    incidentId: `<IncidentID xmlns="${IODEF1}" name="a" instance="b" restriction="public"> 7 </IncidentID>`,
    behind: '<IncidentSource><SourceFound>true</SourceFound></IncidentSource>',
  })
  const reading = readRid(scan(text))
  assert.equal(reading.msgType, 'Report')
  assert.equal(reading.documents, 1)
  assert.deepEqual(reading.incidentId, { name: 'a', instance: 'b', id: '7' })
  assert.deepEqual(reading.receivers, ['rid.example'])
  assert.deepEqual(readRid(scan(text.replace('"RIDSystem"', '"SourceOfIncident"'))).receivers, [])
  assert.match(
    reading.incidentSource ?? '',
    /^<IncidentSource xmlns="urn:ietf:params:xml:ns:iodef-rid-2\.0"><SourceFound>true</,
  )
  assert.ok(reading.policy)
  const again = renderPolicy(reading.policy)
  assert.deepEqual(
    readRid(scan(`<RID xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0" lang="en">${again}</RID>`)).policy,
    reading.policy,
  )
  assert.ok(read(renderMessage(reading.policy, { xml: documentText(), version: 2 }, reading.incidentSource)).valid)
})

test('the namespace of what is inside decides, not the attributes of ReportSchema', () => {
  const named = ridText(documentText()).replace(/<ReportSchema [^>]*>/, '<ReportSchema Version="1.0">')
  assert.equal(embeddedDocuments(scan(named))[0]?.ns, 'urn:ietf:params:xml:ns:iodef-2.0')
  assert.ok(read(named).document)
  assert.ok(read(named.replace(' Version="1.0"', '')).document)
  assert.equal(embeddedDocuments(scan(ridText('text'))).length, 0)
  assert.equal(embeddedDocuments(scan(ridText(`<x>${documentText()}</x>`))).length, 0)
  assert.equal(embeddedDocuments(scan(ridText(documentText() + documentText([incidentText({ id: '2' })])))).length, 2)
})

const RSA =
  '<?xml version="1.0" encoding="UTF-8"?><iodef-rid:RID xmlns:iodef-rid="urn:ietf:params:xml:ns:iodef-rid-2.0" xmlns:iodef="urn:ietf:params:xml:ns:iodef-1.42" lang="en">' +
  '<iodef-rid:RIDPolicy MsgType="Acknowledgment" MsgDestination="RIDSystem"><iodef-rid:PolicyRegion region="IntraConsortium"/>' +
  '<iodef:Node><iodef:NodeName>N/A</iodef:NodeName></iodef:Node><iodef-rid:TrafficType type="Other"/></iodef-rid:RIDPolicy>STATUS</iodef-rid:RID>'

const REPORT = ridText(documentText())
const REPLIES: readonly [name: string, body: string | Buffer, expected: object][] = [
  [
    'RSA: Pending',
    RSA.replace('STATUS', '<iodef-rid:RequestStatus AuthorizationStatus="Pending"/>'),
    { kind: 'acknowledgement', status: 'Pending' },
  ],
  [
    'RSA: Denied',
    RSA.replace('STATUS', '<iodef-rid:RequestStatus AuthorizationStatus="Denied" Justification="Other"/>'),
    { kind: 'acknowledgement', status: 'Denied', justification: 'Other' },
  ],
  ['RSA: without a status', RSA.replace('STATUS', ''), { kind: 'acknowledgement', status: 'unknown' }],
  [
    'a status of their own',
    RSA.replace('STATUS', '<RequestStatus AuthorizationStatus="constructor"/>'),
    { kind: 'acknowledgement', status: 'unknown' },
  ],
  [
    'in another namespace altogether',
    RSA.replaceAll('iodef-rid-2.0', 'iodef-1.42').replace(
      'STATUS',
      '<iodef:RequestStatus AuthorizationStatus=" Approved "/>',
    ),
    { kind: 'acknowledgement', status: 'Approved' },
  ],
  ['a Report', REPORT, { kind: 'message', msgType: 'Report', text: REPORT }],
  [
    'a Report in UTF-16',
    Buffer.from(`\ufeff${REPORT}`, 'utf16le'),
    { kind: 'message', msgType: 'Report', text: REPORT },
  ],
]

/** What hid a Denied, so that what was refused counted as delivered. */
const DENIED = RSA.replace('STATUS', '<RequestStatus AuthorizationStatus="Denied" Justification="Other"/>')
const HIDDEN: readonly [name: string, body: string | Buffer, charset?: string][] = [
  ['a DOCTYPE', DENIED.replace('?>', '?>\n<!DOCTYPE RID>')],
  ['a DOCTYPE with a file and a subset', DENIED.replace('?>', `?><!DOCTYPE RID SYSTEM "a>b" [<!ENTITY x "]>">]>`)],
  ['a line end before it', `\r\n${DENIED}`],
  ['white space and a byte order mark before it', Buffer.from(` \ufeff${DENIED}`)],
  ['a status in lower case', DENIED.replace('"Denied"', '" denied "')],
  ['a status in upper case', DENIED.replace('"Denied"', "'DENIED'")],
  [
    'names in lower case',
    DENIED.replaceAll('iodef-rid:RID ', 'iodef-rid:rid ').replace('</iodef-rid:RID>', '</iodef-rid:rid>'),
  ],
  [
    'ISO-8859-1 that only Content-Type tells',
    Buffer.from(DENIED.replace(/<\?xml.*?\?>/, '').replace('N/A', 'Z\u00fcrich'), 'latin1'),
    'iso-8859-1',
  ],
]
for (const [name, body, charset] of HIDDEN) {
  test(`a Denied is found behind ${name}`, () => {
    const reply = readReply(Buffer.from(body), charset)
    assert.deepEqual(reply, { kind: 'acknowledgement', status: 'Denied', justification: 'Other' })
  })
}

for (const [name, body] of [
  ['a reply that was cut off', DENIED.slice(0, -20)],
  [
    'a SOAP envelope',
    `<e:Envelope xmlns:e="urn:e"><e:Body>${DENIED.replace(/<\?xml.*?\?>/, '')}</e:Body></e:Envelope>`,
  ],
  ['a RequestStatus inside RIDPolicy', DENIED.replace(/(<\/[\w:-]*RIDPolicy>)(<RequestStatus.*?\/>)/s, '$2$1')],
  ['an element whose name is damaged', DENIED.replace('<RequestStatus', '<RequeststStatus')],
  ['a message whose type is damaged', DENIED.replace('<RequestStatus', '<x').replace(/MsgType="\w+"/, 'MsgType="Ack"')],
  ['bytes that are no UTF-8', Buffer.concat([Buffer.from(DENIED), Buffer.from([0xff])])],
] as const) {
  test(`a Denied is found in ${name}`, () => {
    assert.deepEqual(readReply(Buffer.from(body)), { kind: 'acknowledgement', status: 'Denied' })
  })
}

for (const [name, body, expected] of REPLIES) {
  test(`a reply: ${name}`, () => assert.deepEqual(readReply(Buffer.from(body)), expected))
}

const IMPROPER: readonly [name: string, body: string | Buffer, reason: RegExp][] = [
  ['nothing', '', /./],
  ['HTML', '<html><body>It works!</body></html>', /root element is html/],
  ['JSON', '{}', /./],
  ['bytes', Buffer.from([0xff, 0x00, 0x12]), /./],
  [
    'what an entity of a DTD hides',
    `<!DOCTYPE RID [<!ENTITY a SYSTEM "file:///etc/passwd">]><RID>&a;</RID>`,
    /entity/i,
  ],
  ['a DTD that never ends', `<!DOCTYPE RID [<!ENTITY a ">${RSA}`, /./],
  ['a SOAP Fault', '<e:Envelope xmlns:e="urn:e"><e:Body><e:Fault/></e:Body></e:Envelope>', /root element is Envelope/],
  ['half a reply', RSA.slice(0, 200), /./],
  ['RID with nothing in it', '<RID/>', /RIDPolicy/],
  ['a very long name', `<${'x'.repeat(5000)}/>`, /^.{1,120}$/],
  ['a very long namespace name', `<RID xmlns="urn:${'x'.repeat(5000)}"/>`, /namespace name/],
]

for (const [name, body, reason] of IMPROPER) {
  test(`an improper reply: ${name}`, () => {
    const reply = readReply(Buffer.from(body))
    assert.equal(reply.kind, 'improper')
    assert.match(reply.kind === 'improper' ? reply.reason : '', reason)
  })
}

test('what a reply says is cut to a readable length', () => {
  const long = RSA.replace(
    'STATUS',
    `<RequestStatus AuthorizationStatus="Denied" Justification="${'x'.repeat(5000)}"/>`,
  )
  assert.ok(JSON.stringify(readReply(Buffer.from(long))).length < 200)
  const reply = readReply(Buffer.from(ridText(null, { msgType: 'x'.repeat(5000) })))
  assert.equal(reply.kind === 'message' && reply.msgType, 'x'.repeat(40))
})
