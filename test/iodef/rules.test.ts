import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { brokenRules } from '../support/trees.ts'

const parse = (xml: string) =>
  scan(`<t:top xmlns:t="urn:test" xmlns="${NS.iodef2}" xmlns:i1="${NS.iodef1}">\n${xml}</t:top>`)
const rules = (xml: string) => brokenRules(parse(xml)).musts.map((f) => f.rule)
const advice = (xml: string) => brokenRules(parse(xml)).notes.map((f) => f.rule)

const D = '<Description>x</Description>'
const APPLICATION = `<Application>${D}</Application>`
const LIST = '<BulkObservableList>x</BulkObservableList>'
const system = (category: string, ports: string) =>
  `<System category="${category}"><Service ip-protocol="6"><Portlist>${ports}</Portlist></Service></System>`

/** By rule: what keeps it, what breaks it. Fragments are wrapped in a foreign element, so nothing else is checked. */
const CASES: Record<string, { kept: string[]; broken: string[] }> = {
  'software-empty': {
    kept: [APPLICATION, '<OperatingSystem><URL>http://a.example</URL></OperatingSystem>'],
    broken: ['<Application/>', '<OperatingSystem/>', '<AssociatedSoftware> </AssociatedSoftware>'],
  },
  'relatedactivity-empty': {
    kept: [`<RelatedActivity>${D}</RelatedActivity>`, '<RelatedActivity><URL>http://a.example</URL></RelatedActivity>'],
    broken: [
      '<RelatedActivity/>',
      '<RelatedActivity><Confidence rating="low"/></RelatedActivity>',
      '<RelatedActivity><IndicatorID name="a.example" version="1">a</IndicatorID></RelatedActivity>',
    ],
  },
  'threatactor-empty': { kept: [`<ThreatActor>${D}</ThreatActor>`], broken: ['<ThreatActor/>'] },
  'campaign-empty': { kept: [`<Campaign>${D}</Campaign>`], broken: ['<Campaign/>'] },
  'contact-empty': { kept: [`<Contact>${D}</Contact>`], broken: ['<Contact/>', `<Contact>${D}<Contact/></Contact>`] },
  'detectionpattern-empty': {
    kept: [`<DetectionPattern>${APPLICATION}${D}</DetectionPattern>`],
    broken: [`<DetectionPattern>${APPLICATION}</DetectionPattern>`],
  },
  'method-empty': { kept: [`<Method>${D}</Method>`], broken: ['<Method/>'] },
  'reference-empty': { kept: [`<Reference>${D}</Reference>`, '<i1:Reference/>'], broken: ['<Reference/>'] },
  'eventdata-empty': { kept: [`<EventData>${D}</EventData>`], broken: ['<EventData/>'] },
  'node-no-address': {
    kept: ['<Node><Address>::1</Address></Node>', '<Node><DomainData><Name>a</Name></DomainData></Node>', '<i1:Node/>'],
    broken: ['<Node/>', '<Node><Location>here</Location></Node>'],
  },
  'service-empty': { kept: [`<Service>${APPLICATION}</Service>`], broken: ['<Service ip-protocol="6"/>'] },
  'servicename-empty': { kept: [`<ServiceName>${D}</ServiceName>`], broken: ['<ServiceName/>'] },
  'recorddata-empty': {
    kept: ['<RecordData><RecordItem dtype="string"/></RecordData>'],
    broken: [`<RecordData>${D}</RecordData>`, '<RecordData/>'],
  },
  'hashdata-empty': {
    kept: [
      '<HashData scope="file-contents"><Hash/></HashData>',
      '<HashData scope="file-contents"><FuzzyHash/></HashData>',
    ],
    broken: ['<HashData scope="file-contents"><HashTargetID>1</HashTargetID></HashData>'],
  },
  'observable-empty': { kept: ['<Observable><Address>::1</Address></Observable>'], broken: ['<Observable/>'] },
  'bulkobservableformat-empty': {
    kept: ['<BulkObservableFormat><AdditionalData dtype="string"/></BulkObservableFormat>'],
    broken: ['<BulkObservableFormat/>'],
  },
  'attackphase-empty': { kept: [`<AttackPhase>${D}</AttackPhase>`], broken: ['<AttackPhase/>'] },
  'version-missing': { kept: ['<IODEF-Document version="2.00"/>'], broken: ['<IODEF-Document/>'] },
  'private-enum-name-missing': {
    kept: ['<IODEF-Document version="2.00" private-enum-name="a.example" private-enum-id="1"/>'],
    broken: ['<IODEF-Document version="2.00" private-enum-id="1"/>'],
  },
  'ext-without-ext-value': {
    kept: ['<Counter type="ext-value" ext-type="x" unit="byte"/>', '<Counter type=" ext-value " ext-type="x"/>'],
    broken: ['<Counter type="counter" ext-type="x"/>', '<IncidentID ext-restriction="x" name="a.example"/>'],
  },
  'ext-value-without-ext': {
    kept: ['<Counter type="counter"/>', '<Counter meaning="ext-value"/>', '<IncidentID name="ext-value"/>'],
    broken: [
      '<Counter type="ext-value"/>',
      '<Incident restriction=" ext-value "/>',
      '<Counter unit="ext-value" ext-type="x" type="ext-value"/>',
    ],
  },
  'bulk-fqdn-unregistered': {
    kept: [`<BulkObservable type="domain-name">${LIST}</BulkObservable>`, `<BulkObservable>${LIST}</BulkObservable>`],
    broken: [`<BulkObservable type="fqdn">${LIST}</BulkObservable>`],
  },
  'defined-coa': {
    kept: ['<Expectation action="defined-coa"><DefinedCOA>x</DefinedCOA></Expectation>', '<Expectation/>'],
    broken: ['<Expectation action="defined-coa"/>', '<HistoryItem action=" defined-coa "/>'],
  },
  'software-custom-dtype': {
    kept: ['<SoftwareReference spec-name="custom" dtype="string"/>', '<SoftwareReference spec-name="cpe"/>'],
    broken: ['<SoftwareReference spec-name="custom"/>'],
  },
  'service-ip-protocol': {
    kept: ['<Service ip-protocol="6"><Port>1</Port></Service>', `<Service>${APPLICATION}</Service>`],
    broken: ['Port', 'Portlist', 'ProtoCode', 'ProtoType', 'ProtoField'].map(
      (n) => `<Service><${n}>1</${n}></Service>`,
    ),
  },
  'flow-portlists': {
    kept: [
      `<Flow>${system('source', '1,2')}${system('target', '8-9')}</Flow>`,
      `<Flow>${system('source', '1,2')}</Flow>`,
      `<Flow>${system('source', '1')}${system('target', '1')}${system('target', '2')}</Flow>`,
      `<Flow>${system('source', '1,2')}<System category="target"/></Flow>`,
    ],
    broken: [
      `<Flow>${system('source', '1,2')}${system('target', '8')}</Flow>`,
      `<Flow>${system('source', '1,2')}${system('target', '8-9')}${system('target', '8-9')}</Flow>`,
    ],
  },
  'nameserver-address': {
    kept: ['<Nameservers><Address>::1</Address><Address category="ipv4-addr">192.0.2.1</Address></Nameservers>'],
    broken: ['<Nameservers><Address category="ipv4-net">192.0.2.0/24</Address></Nameservers>'],
  },
  'indicatorreference-unset': {
    kept: ['<IndicatorReference uid-ref="x"/>', '<IndicatorReference euid-ref="x"/>'],
    broken: ['<IndicatorReference version="1"/>', '<IndicatorReference euid-ref=" "/>'],
  },
  'email-header-name': {
    kept: ['<EmailHeaderField dtype="string" name="X"/>'],
    broken: ['<EmailHeaderField dtype="string"/>'],
  },
  'email-header-dtype': {
    kept: ['<EmailHeaderField dtype=" string " name="X"/>'],
    broken: ['<EmailHeaderField dtype="csv" name="X"/>'],
  },
  'application-header-name': {
    kept: ['<ApplicationHeaderField dtype="csv" name="X"/>'],
    broken: ['<ApplicationHeaderField dtype="csv" name=""/>'],
  },
  'confidence-content': {
    kept: ['<Confidence rating="numeric">1</Confidence>', '<Confidence rating="low"> </Confidence>'],
    broken: ['<Confidence rating="numeric"> </Confidence>', '<Confidence rating="low">1</Confidence>'],
  },
  'hash-target': {
    kept: ['<HashData scope="file-pe-section"><HashTargetID>1</HashTargetID><Hash/></HashData>'],
    broken: ['file-pe-section', 'file-pe-resource', 'file-pdf-object'].map(
      (s) => `<HashData scope="${s}"><Hash/></HashData>`,
    ),
  },
  'hash-application': {
    kept: [`<HashData scope="file-pe-iat"><Hash>${APPLICATION}</Hash></HashData>`],
    broken: [`<HashData scope="file-pe-iat"><Hash>${APPLICATION}</Hash><FuzzyHash/></HashData>`],
  },
  'bulk-file-hash': {
    kept: [
      `<BulkObservable type="file-hash"><BulkObservableFormat><Hash/></BulkObservableFormat>${LIST}</BulkObservable>`,
    ],
    broken: [
      `<BulkObservable type="file-hash">${LIST}</BulkObservable>`,
      `<BulkObservable type="file-hash"><BulkObservableFormat><AdditionalData dtype="string"/></BulkObservableFormat>${LIST}</BulkObservable>`,
    ],
  },
}

const ADVICE: typeof CASES = {
  'incidentid-name': {
    kept: ['<IncidentID name="csirt.a.example">1</IncidentID>', '<IncidentID name="tým.příklad.">1</IncidentID>'],
    broken: [
      '<IncidentID name="us">1</IncidentID>',
      '<IncidentID name="a..example">1</IncidentID>',
      '<IncidentID name="">1</IncidentID>',
    ],
  },
  'indicatorid-name': {
    kept: ['<IndicatorID name="a.example" version="1">x</IndicatorID>'],
    broken: ['<IndicatorID name="a example" version="1">x</IndicatorID>'],
  },
  'private-enum-name': {
    kept: ['<IODEF-Document private-enum-name="a.example"/>', '<IODEF-Document/>'],
    broken: ['<IODEF-Document private-enum-name="us"/>'],
  },
  'registryhandle-registry': {
    kept: ['<RegistryHandle registry="ripe">x</RegistryHandle>'],
    broken: ['<RegistryHandle>x</RegistryHandle>'],
  },
  'systemimpact-type': { kept: ['<SystemImpact type="policy"/>'], broken: ['<SystemImpact/>'] },
  'businessimpact-type': {
    kept: ['<BusinessImpact type="legal"/>'],
    broken: ['<BusinessImpact severity="low"/>', '<IntendedImpact/>'],
  },
  'address-category': { kept: ['<Address category="asn">1</Address>'], broken: ['<Address>::1</Address>'] },
  'domaindata-status': {
    kept: ['<DomainData system-status="unknown" domain-status="unknown"/>'],
    broken: ['<DomainData domain-status="unknown"/>', '<DomainData system-status="unknown"/>'],
  },
  'impact-not-positive': {
    kept: ['<TimeImpact>0.1</TimeImpact>', '<MonetaryImpact>NaN</MonetaryImpact>', '<i1:TimeImpact>0</i1:TimeImpact>'],
    broken: ['<TimeImpact>0</TimeImpact>', '<MonetaryImpact> -1e3 </MonetaryImpact>'],
  },
  'observablereference-target': {
    kept: ['<ObservableReference uid-ref="a"/><EventData observable-id="a"/>', '<ObservableReference uid-ref="a"/>'],
    broken: ['<ObservableReference uid-ref="a"/><IndicatorID name="a.example" version="1">a</IndicatorID>'],
  },
  'indicatorreference-target': {
    kept: ['<IndicatorReference uid-ref=" a "/><IndicatorID name="a.example" version="1"> a</IndicatorID>'],
    broken: ['<IndicatorReference uid-ref="a"/><EventData observable-id="a"/>'],
  },
}

describe('the MUSTs of the text', () => {
  for (const [rule, { kept, broken }] of Object.entries(CASES)) {
    test(rule, () => {
      for (const xml of kept) assert.ok(!rules(xml).includes(rule), xml)
      for (const xml of broken) {
        assert.equal(rules(xml).filter((found) => found === rule).length, 1, xml)
        assert.ok(!advice(xml).includes(rule), xml)
      }
    })
  }
})

describe('the advice of the text', () => {
  for (const [rule, { kept, broken }] of Object.entries(ADVICE)) {
    test(rule, () => {
      for (const xml of kept) assert.ok(!advice(xml).includes(rule), xml)
      for (const xml of broken) {
        assert.equal(advice(xml).filter((found) => found === rule).length, 1, xml)
        assert.ok(!rules(xml).includes(rule), xml)
      }
    })
  }
})

describe('findings', () => {
  test('say where, what and by which section, in document order', () => {
    assert.deepEqual(brokenRules(parse('  <Node/>\n<Contact role="ext-value"/>')).musts, [
      {
        line: 2,
        column: 3,
        message: 'RFC 7970 §3.18: Node needs at least one DomainData or Address.',
        rule: 'node-no-address',
      },
      {
        line: 3,
        column: 1,
        message: 'RFC 7970 §5.1.1: role is "ext-value", so ext-role must be set.',
        rule: 'ext-value-without-ext',
      },
      {
        line: 3,
        column: 1,
        message: 'RFC 7970 §3.9: Contact needs at least one child element.',
        rule: 'contact-empty',
      },
    ])
  })

  test('come from IODEF 2 inside extension content, never from other namespaces', () => {
    assert.deepEqual(rules('<AdditionalData dtype="xml"><x xmlns="urn:x"><Node/></x></AdditionalData>'), [])
    const inner = `<AdditionalData dtype="xml"><x xmlns="urn:x"><Node xmlns="${NS.iodef2}"/></x></AdditionalData>`
    assert.deepEqual(rules(inner), ['node-no-address'])
    assert.deepEqual(rules('<i1:Contact ext-role="x"/><x xmlns="urn:x" ext-type="y" type="ext-value"/>'), [])
    assert.deepEqual(rules('<Node><Address xmlns="urn:x"/></Node>'), ['node-no-address'])
  })

  test('end at a limit, however many there are', () => {
    assert.equal(brokenRules(parse('<Node/>'.repeat(5000))).musts.length, 1000)
    assert.equal(brokenRules(parse('<Node/>'.repeat(50)), 7).musts.length, 7)
  })
})
