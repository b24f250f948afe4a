import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CHILD_RULES } from '../../src/iodef/rules-children.ts'
import { breaches } from './breaches.ts'

const said = (xml: string) => breaches(CHILD_RULES, xml)

describe('classes that must have a child', () => {
  for (const [name, rule, section, kinds] of [
    ['OperatingSystem', 'software-empty', '§2.15', 'SoftwareReference, URL or Description'],
    ['Application', 'software-empty', '§2.15', 'SoftwareReference, URL or Description'],
    ['AssociatedSoftware', 'software-empty', '§2.15', 'SoftwareReference, URL or Description'],
    [
      'RelatedActivity',
      'relatedactivity-empty',
      '§3.6',
      'IncidentID, URL, ThreatActor, Campaign, Description or AdditionalData',
    ],
    ['ThreatActor', 'threatactor-empty', '§3.7', 'child element'],
    ['Campaign', 'campaign-empty', '§3.8', 'child element'],
    ['Contact', 'contact-empty', '§3.9', 'child element'],
    ['DetectionPattern', 'detectionpattern-empty', '§3.10.1', 'Description or DetectionConfiguration'],
    ['Method', 'method-empty', '§3.11', 'child element'],
    ['Reference', 'reference-empty', '§3.11.1', 'ReferenceName, URL or Description'],
    ['EventData', 'eventdata-empty', '§3.14', 'child element'],
    ['Node', 'node-no-address', '§3.18', 'DomainData or Address'],
    ['Service', 'service-empty', '§3.20', 'child element'],
    ['ServiceName', 'servicename-empty', '§3.20.1', 'IANAService, URL or Description'],
    [
      'RecordData',
      'recorddata-empty',
      '§3.22.1',
      'RecordItem, URL, FileData, WindowsRegistryKeysModified, CertificateData or AdditionalData',
    ],
    ['HashData', 'hashdata-empty', '§3.26', 'Hash or FuzzyHash'],
    ['Observable', 'observable-empty', '§3.29.3', 'child element'],
    ['BulkObservableFormat', 'bulkobservableformat-empty', '§3.29.3.1.1', 'Hash or AdditionalData'],
    ['AttackPhase', 'attackphase-empty', '§3.29.8', 'child element'],
  ] as const) {
    test(`${name}: nothing, white space and text are no child, and the sentence says what is missing`, () => {
      for (const content of ['', ' \n', 'text', '<!-- <URL/> -->']) {
        const sentence = `${rule} MUST ${section}: ${name} needs at least one ${kinds}.`
        assert.deepEqual(said(`<${name}>${content}</${name}>`), [sentence], content)
      }
    })

    test(`${name}: each of those that are named is enough`, () => {
      for (const child of kinds === 'child element' ? ['Description', 'URL'] : kinds.split(/, | or /))
        assert.deepEqual(said(`<${name}><${child}/></${name}>`), [], child)
    })
  }

  test('are all here', () => assert.equal(Object.keys(CHILD_RULES).length, 19))

  test('that need one of some are not content with another, nor with one of another namespace', () => {
    assert.equal(said('<Node><Location>x</Location></Node>').length, 1)
    assert.equal(said('<Node><Address xmlns="urn:x"/></Node>').length, 1)
    assert.deepEqual(said('<Node><Location>x</Location><Address>::1</Address></Node>'), [])
  })

  test('that need any take any, of any namespace', () => {
    assert.deepEqual(said('<Method><x xmlns="urn:x"/></Method>'), [])
    assert.deepEqual(said('<Observable><Address>::1</Address></Observable>'), [])
  })
})
