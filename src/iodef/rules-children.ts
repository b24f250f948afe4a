import { isParent } from '../xml/tree.ts'
import { hasChild, must, NONE, type Rule, type RuleTable } from './rules-kit.ts'

const SOFTWARE = anyChild('software-empty', '§2.15', 'SoftwareReference, URL or Description')

/** Classes that MUST have a child the schema does not insist on. */
export const CHILD_RULES: RuleTable = {
  OperatingSystem: [SOFTWARE],
  Application: [SOFTWARE],
  AssociatedSoftware: [SOFTWARE],
  RelatedActivity: [
    oneOf('relatedactivity-empty', '§3.6', [
      'IncidentID',
      'URL',
      'ThreatActor',
      'Campaign',
      'Description',
      'AdditionalData',
    ]),
  ],
  ThreatActor: [anyChild('threatactor-empty', '§3.7')],
  Campaign: [anyChild('campaign-empty', '§3.8')],
  Contact: [anyChild('contact-empty', '§3.9')],
  DetectionPattern: [oneOf('detectionpattern-empty', '§3.10.1', ['Description', 'DetectionConfiguration'])],
  Method: [anyChild('method-empty', '§3.11')],
  Reference: [anyChild('reference-empty', '§3.11.1', 'ReferenceName, URL or Description')],
  EventData: [anyChild('eventdata-empty', '§3.14')],
  Node: [oneOf('node-no-address', '§3.18', ['DomainData', 'Address'])],
  Service: [anyChild('service-empty', '§3.20')],
  ServiceName: [anyChild('servicename-empty', '§3.20.1', 'IANAService, URL or Description')],
  RecordData: [
    oneOf('recorddata-empty', '§3.22.1', [
      'RecordItem',
      'URL',
      'FileData',
      'WindowsRegistryKeysModified',
      'CertificateData',
      'AdditionalData',
    ]),
  ],
  HashData: [oneOf('hashdata-empty', '§3.26', ['Hash', 'FuzzyHash'])],
  Observable: [anyChild('observable-empty', '§3.29.3')],
  BulkObservableFormat: [anyChild('bulkobservableformat-empty', '§3.29.3.1.1', 'Hash or AdditionalData')],
  AttackPhase: [anyChild('attackphase-empty', '§3.29.8')],
}

/** Any element child will do. */
function anyChild(rule: string, section: string, kinds = 'child element'): Rule {
  return (element) => (isParent(element) ? NONE : must(rule, section, `${element.local} needs at least one ${kinds}.`))
}

/** One of these children, whatever else there is. */
function oneOf(rule: string, section: string, names: readonly string[]): Rule {
  const kinds = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
  return (element) =>
    hasChild(element, ...names) ? NONE : must(rule, section, `${element.local} needs at least one ${kinds}.`)
}
