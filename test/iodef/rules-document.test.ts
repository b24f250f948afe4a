import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DOCUMENT_RULES } from '../../src/iodef/rules-document.ts'
import { breaches } from './breaches.ts'

const said = (xml: string) => breaches(DOCUMENT_RULES, xml)

describe('the document itself', () => {
  test('must say its version, and name whose private values it uses', () => {
    assert.deepEqual(said('<IODEF-Document/>'), ['version-missing MUST §3.1: IODEF-Document needs version="2.00".'])
    assert.deepEqual(said('<IODEF-Document version="2.00" private-enum-id="1"/>'), [
      'private-enum-name-missing MUST §3.1: private-enum-id is set, so private-enum-name must be set too.',
    ])
    assert.deepEqual(said('<IODEF-Document version="2.00" private-enum-name="us"/>'), [
      'private-enum-name note §3.1: private-enum-name should be a fully qualified domain name.',
    ])
    assert.deepEqual(said('<IODEF-Document version="" private-enum-name=" csirt.example " private-enum-id="1"/>'), [])
  })
})

describe('the name of a team', () => {
  test('should be its domain name, and is no more than a note', () => {
    assert.deepEqual(said('<IncidentID name="csirt.example">1</IncidentID>'), [])
    for (const xml of ['<IncidentID>1</IncidentID>', '<IncidentID name="The Team">1</IncidentID>'])
      assert.deepEqual(said(xml), [
        "incidentid-name note §3.4: The name of IncidentID should be the team's fully qualified domain name.",
      ])
    assert.deepEqual(said('<IndicatorID name="x">1</IndicatorID>'), [
      "indicatorid-name note §3.29.1: The name of IndicatorID should be the team's fully qualified domain name.",
    ])
  })
})

describe('attributes that only the text requires', () => {
  for (const [xml, sentence] of [
    [
      '<RegistryHandle>x</RegistryHandle>',
      'registryhandle-registry note §3.9.1: RegistryHandle should have the attribute registry.',
    ],
    ['<SystemImpact type=" "/>', 'systemimpact-type note §3.12.1: SystemImpact should have the attribute type.'],
    ['<BusinessImpact/>', 'businessimpact-type note §3.12.2: BusinessImpact should have the attribute type.'],
    ['<IntendedImpact/>', 'businessimpact-type note §3.12.2: IntendedImpact should have the attribute type.'],
    [
      '<Address>::1</Address>',
      'address-category note §3.18.1: Address should have the attribute category (ipv6-addr is understood; in RFC 5070 it was ipv4-addr).',
    ],
  ] as const) {
    test(`${xml} is told`, () => assert.deepEqual(said(xml), [sentence]))
  }

  test('are told one by one', () => {
    assert.deepEqual(said('<DomainData/>'), [
      'domaindata-status note §3.19: DomainData should have the attribute system-status.',
      'domaindata-status note §3.19: DomainData should have the attribute domain-status.',
    ])
    assert.deepEqual(said('<DomainData system-status="unknown" domain-status="unknown"/>'), [])
  })

  test('are not satisfied by one of another namespace', () => {
    assert.equal(said('<SystemImpact xmlns:x="urn:x" x:type="policy"/>').length, 1)
  })
})
