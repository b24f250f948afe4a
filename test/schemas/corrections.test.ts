import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '../../src/xml/namespaces.ts'
import { complaint, declare, iodef2 } from './support.ts'

const REFERENCE = '<Reference><Description>x</Description></Reference>'
const SCI = 'sci:Weakness SpecID="http://cwe.example"'
const RAW = '<sci:RawData dtype="xml"/>'
const OLD = '<i1:Reference><i1:ReferenceName>CWE-1</i1:ReferenceName></i1:Reference>'
const LIST = '<BulkObservableList>a.example</BulkObservableList>'

const ADDRESSES = [
  'http://a.example/?a[]=1&amp;b[0]=2',
  'http://a.example:/',
  'http://a.example:port/',
  'http://user:pa@ss@a.example/',
  'hxxp://a[.]example/',
  'hxxps[:]//a.example',
  'http://a.example/%zz',
  '100%',
  'http://a.example/#a#b',
  '192.0.2.1:8080',
  'http://[zz]/',
  'http://[2001:db8::1]:8443/?a[=1',
  '//a.example/[',
  'a[b',
  '[/',
  '/[',
  '//',
  ' ',
]
const CUT_OFF = ['http://[', '//[2001:db8::1', 'hxxp://[2001:db8::1/a/b', ' http://[ ']

/** Each difference between RFC 7970's text and its published schema (schemas/README.md): what to take, what still to refuse. */
const CASES: Record<string, { take: string[]; refuse: string[] }> = {
  'C01 ThreatActor needs no URL': {
    take: [
      '<ThreatActor><ThreatActorID>x</ThreatActorID></ThreatActor>',
      '<ThreatActor><URL>http://a.example</URL><URL>http://b.example</URL></ThreatActor>',
    ],
    refuse: ['<ThreatActor><URL>http://a.example</URL><ThreatActorID>x</ThreatActorID></ThreatActor>'],
  },
  'C02 AttackPhase needs no URL': {
    take: [
      '<AttackPhase><AttackPhaseID>x</AttackPhaseID></AttackPhase>',
      '<AttackPhase><URL>http://a.example</URL></AttackPhase>',
    ],
    refuse: ['<AttackPhase><Name>x</Name></AttackPhase>'],
  },
  'C03 Key has Value or KeyValue': {
    take: [
      '<Key><KeyName>x</KeyName></Key>',
      '<Key><KeyName>x</KeyName><Value>1</Value></Key>',
      '<Key><KeyName>x</KeyName><KeyValue>1</KeyValue></Key>',
    ],
    refuse: [
      '<Key><KeyName>x</KeyName><Value>1</Value><KeyValue>1</KeyValue></Key>',
      '<Key><KeyName>x</KeyName><Value>1</Value><Value>1</Value></Key>',
      '<Key><KeyValue>1</KeyValue></Key>',
    ],
  },
  'C04 Contact@role vendor-support and vendor-services': {
    take: ['<Contact role="vendor-support" type="person"/>', '<Contact role="vendor-services" type="person"/>'],
    refuse: ['<Contact role="vendor-help" type="person"/>'],
  },
  'C05 Counter@type of both': {
    take: ['counter', 'rate', 'average', 'count', 'peak', 'ext-value'].map(
      (t) => `<Counter type="${t}" unit="byte">1</Counter>`,
    ),
    refuse: ['<Counter type="packet" unit="byte">1</Counter>', '<Counter type="count">1</Counter>'],
  },
  'C06 action training': {
    take: [
      '<Expectation action="training"/>',
      '<HistoryItem action="training"><DateTime>2026-01-01T00:00:00Z</DateTime></HistoryItem>',
    ],
    refuse: ['<Expectation action="train"/>'],
  },
  'C07 BulkObservable@type optional, extensible, fqdn': {
    take: [
      `<BulkObservable>${LIST}</BulkObservable>`,
      `<BulkObservable type="ext-value" ext-type="x">${LIST}</BulkObservable>`,
      `<BulkObservable type="fqdn">${LIST}</BulkObservable>`,
      `<BulkObservable type="domain-name">${LIST}</BulkObservable>`,
    ],
    refuse: [`<BulkObservable type="ipv4-net-masked">${LIST}</BulkObservable>`, '<BulkObservable type="asn"/>'],
  },
  'C08 IndicatorExpression@operator ext-value': {
    take: ['<IndicatorExpression operator="ext-value" ext-operator="nand"><Observable/></IndicatorExpression>'],
    refuse: ['<IndicatorExpression operator="nand"><Observable/></IndicatorExpression>'],
  },
  'C09 IndicatorExpression without operand': {
    take: [
      '<IndicatorExpression/>',
      '<IndicatorExpression><Confidence rating="low"/><AdditionalData dtype="string"/></IndicatorExpression>',
      '<IndicatorExpression><Observable/><Confidence rating="low"/><Observable/></IndicatorExpression>',
    ],
    refuse: [
      '<IndicatorExpression><Confidence rating="low"/><Observable/></IndicatorExpression>',
      '<IndicatorExpression><Observable/><Confidence rating="low"/><Confidence rating="low"/></IndicatorExpression>',
    ],
  },
  'C10 AlternativeIndicatorID of either kind': {
    take: [
      '<AlternativeIndicatorID><IndicatorID name="a.example" version="1">a</IndicatorID></AlternativeIndicatorID>',
      '<AlternativeIndicatorID><IndicatorReference euid-ref="a"/></AlternativeIndicatorID>',
    ],
    refuse: [
      '<AlternativeIndicatorID/>',
      '<AlternativeIndicatorID><IndicatorID name="a.example" version="1">a</IndicatorID><IndicatorReference/></AlternativeIndicatorID>',
    ],
  },
  'C11 Confidence is empty or a number': {
    take: ['', ' ', '0.8', ' 1e-3\n', 'NaN'].map((c) => `<Confidence rating="numeric">${c}</Confidence>`),
    refuse: ['eighty', '0,8', '1e', '<Description/>'].map((c) => `<Confidence rating="numeric">${c}</Confidence>`),
  },
  'C12 ProtoType and ProtoCode in either order': {
    take: [
      '<ProtoType>3</ProtoType><ProtoCode>1</ProtoCode>',
      '<ProtoCode>1</ProtoCode><ProtoType>3</ProtoType>',
      '<ProtoCode>1</ProtoCode>',
      '<ProtoType>3</ProtoType><ProtoField>0</ProtoField>',
    ].map((c) => `<Service>${c}</Service>`),
    refuse: [
      '<ProtoField>0</ProtoField><ProtoCode>1</ProtoCode>',
      '<ProtoCode>1</ProtoCode><ProtoCode>1</ProtoCode>',
      '<ProtoType>3</ProtoType><ProtoCode>1</ProtoCode><ProtoType>3</ProtoType>',
    ].map((c) => `<Service>${c}</Service>`),
  },
  'C13 impacts of zero and less': {
    take: ['<TimeImpact metric="labor">0</TimeImpact>', '<MonetaryImpact>-1.5</MonetaryImpact>'],
    refuse: ['<TimeImpact metric="labor"/>', '<MonetaryImpact>much</MonetaryImpact>'],
  },
  'C14 SoftwareReference with text': {
    take: [
      '<SoftwareReference spec-name="cpe">cpe:2.3:o:example</SoftwareReference>',
      '<SoftwareReference spec-name="swid"><tag xmlns="urn:example:swid"/></SoftwareReference>',
    ],
    refuse: ['<SoftwareReference>cpe:2.3:o:example</SoftwareReference>'],
  },
  'C15 dtype json': {
    take: ['<AdditionalData dtype="json">{}</AdditionalData>'],
    refuse: ['<AdditionalData dtype="yaml">a</AdditionalData>'],
  },
  'C16 raw data beside references of either version': {
    take: [RAW, OLD, REFERENCE, RAW + OLD + REFERENCE, ''].map((c) => `<${SCI}>${c}</sci:Weakness>`),
    refuse: [OLD + RAW, '<sci:RawData dtype="xml">text</sci:RawData>', '<sci:RawData dtype="string"/>'].map(
      (c) => `<${SCI}>${c}</sci:Weakness>`,
    ),
  },
  'C17 white space around a DomainData status': {
    take: ['<DomainData system-status=" unknown " domain-status="&#9;other"><Name>a.example</Name></DomainData>'],
    refuse: ['<DomainData system-status="un known"><Name>a.example</Name></DomainData>'],
  },
  'C18 version 2.0 and 2.00': {
    take: ['2.00', '2.0'].map((version) => document(version)),
    refuse: ['2', '2.000', '2.00 ', '1.00', ''].map((version) => document(version)),
  },
  'C19 URLs that attackers made': {
    take: ADDRESSES.map((url) => `<URL>${url}</URL>`),
    refuse: [...CUT_OFF.map((url) => `<URL>${url}</URL>`), '<URL><Description/></URL>', '<URL lang="en"/>'],
  },
}

function document(version: string): string {
  const incident =
    '<Incident purpose="reporting"><IncidentID name="a.example">1</IncidentID>' +
    '<GenerationTime>2026-01-01T00:00:00Z</GenerationTime><Contact role="creator" type="person"/></Incident>'
  return `<IODEF-Document version="${version}">${incident}</IODEF-Document>`
}

const POLICY_HEAD = `<PolicyRegion region="PeerToPeer"/><Node xmlns="${NS.iodef1}"/><TrafficType type="Attack"/>`

function reportSchema(attributes: string): string {
  const schema = `<ReportSchema ${attributes}><XMLDocument dtype="xml"/></ReportSchema>`
  const policy = `<RIDPolicy MsgType="Report" MsgDestination="RIDSystem">${POLICY_HEAD}${schema}</RIDPolicy>`
  return `<RID lang="en" xmlns="${NS.rid}">${policy}</RID>`
}

describe('corrections of RFC 7970', () => {
  for (const [name, { take, refuse }] of Object.entries(CASES)) {
    test(name, () => {
      for (const xml of take) assert.equal(complaint('iodef-2.0.xsd', iodef2(xml)), undefined, xml)
      for (const xml of refuse) assert.ok(complaint('iodef-2.0.xsd', iodef2(xml)), `was taken: ${xml}`)
    })
  }

  test('none of them reaches IODEF 1', () => {
    const old = (xml: string) => complaint('iodef-1.0.xsd', declare(xml, `xmlns="${NS.iodef1}"`))
    assert.equal(old('<Confidence rating="numeric">0.8</Confidence>'), undefined)
    assert.ok(old('<MonetaryImpact>0</MonetaryImpact>'))
    assert.ok(old('<AdditionalData dtype="json">{}</AdditionalData>'))
    assert.ok(old('<Contact role="vendor-support" type="person"/>'))
    assert.ok(old('<Expectation action="training"/>'))
  })

  test('C18 and C19 do, and RID', () => {
    const old = (xml: string) => complaint('iodef-1.0.xsd', declare(xml, `xmlns="${NS.iodef1}"`))
    const version = (value: string) =>
      `<IODEF-Document version="${value}" lang="en"><Incident purpose="reporting"><IncidentID name="a.example">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/></Incident></IODEF-Document>`
    for (const value of ['1.00', '1.0']) assert.equal(old(version(value)), undefined)
    for (const value of ['1', '2.0', '']) assert.ok(old(version(value)), value)
    for (const url of ADDRESSES) {
      assert.equal(old(`<URL>${url}</URL>`), undefined, url)
      assert.equal(complaint('iodef-rid-2.0.xsd', declare(`<URL>${url}</URL>`, `xmlns="${NS.rid}"`)), undefined, url)
      const signed = `<DigestMethod xmlns="${NS.ds}" Algorithm="${url}"/>`
      assert.equal(complaint('iodef-2.0.xsd', signed), undefined, url)
    }
    for (const url of CUT_OFF) {
      assert.ok(old(`<URL>${url}</URL>`), url)
      assert.ok(complaint('iodef-rid-2.0.xsd', declare(`<URL>${url}</URL>`, `xmlns="${NS.rid}"`)), url)
    }
  })

  test('white space around Portlist and Timezone is taken, inside it is not', () => {
    const takes = (xml: string) => {
      assert.equal(complaint('iodef-2.0.xsd', iodef2(xml)), undefined)
      assert.equal(complaint('iodef-1.0.xsd', declare(xml, `xmlns="${NS.iodef1}"`)), undefined)
    }
    takes('<Timezone> +01:00 </Timezone>')
    assert.equal(complaint('iodef-2.0.xsd', iodef2('<Portlist> 80,443\n</Portlist>')), undefined)
    const service = '<Service ip_protocol="6"><Portlist> 80,443 </Portlist></Service>'
    assert.equal(complaint('iodef-1.0.xsd', declare(service, `xmlns="${NS.iodef1}"`)), undefined)
    for (const xml of ['<Portlist>80, 443</Portlist>', '<Portlist> </Portlist>', '<Timezone>+ 01:00</Timezone>']) {
      assert.ok(complaint('iodef-2.0.xsd', iodef2(xml)), xml)
    }
  })
})

describe('correction C20 of RFC 6545', () => {
  test('takes IODEF 2 named directly, and as before', () => {
    for (const attributes of [
      '',
      'Version="1.0" XMLSchemaID="urn:ietf:params:xml:ns:iodef-1.0"',
      'Version="2.00" XMLSchemaID="urn:ietf:params:xml:ns:iodef-2.0"',
      'Version="2.0"',
      'Version="ext-value" ext-Version="2.00" XMLSchemaID="ext-value" ext-XMLSchemaID="urn:ietf:params:xml:ns:iodef-2.0"',
    ]) {
      assert.equal(complaint('iodef-rid-2.0.xsd', reportSchema(attributes)), undefined, attributes)
    }
  })

  test('refuses other versions', () => {
    assert.ok(complaint('iodef-rid-2.0.xsd', reportSchema('Version="3.0"')))
    assert.ok(complaint('iodef-rid-2.0.xsd', reportSchema('XMLSchemaID="urn:ietf:params:xml:ns:iodef-1.42"')))
  })
})
