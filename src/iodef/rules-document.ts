import { attribute, type XmlElement } from '../xml/tree.ts'
import { type Breach, isFqdn, must, NONE, note, type Rule, type RuleTable, unset, value } from './rules-kit.ts'

/** IODEF-Document's own attributes, names of teams, and attributes only the text calls Required. */
export const DOCUMENT_RULES: RuleTable = {
  'IODEF-Document': [version, privateEnumeration],
  IncidentID: [teamName('incidentid-name', '§3.4')],
  IndicatorID: [teamName('indicatorid-name', '§3.29.1')],
  RegistryHandle: [required('registryhandle-registry', '§3.9.1', 'registry')],
  SystemImpact: [required('systemimpact-type', '§3.12.1', 'type')],
  BusinessImpact: [required('businessimpact-type', '§3.12.2', 'type')],
  IntendedImpact: [required('businessimpact-type', '§3.12.2', 'type')],
  Address: [
    required('address-category', '§3.18.1', 'category', 'ipv6-addr is understood; in RFC 5070 it was ipv4-addr'),
  ],
  DomainData: [
    required('domaindata-status', '§3.19', 'system-status'),
    required('domaindata-status', '§3.19', 'domain-status'),
  ],
}

function version(element: XmlElement): readonly Breach[] {
  if (attribute(element, 'version') !== undefined) return NONE
  return must('version-missing', '§3.1', 'IODEF-Document needs version="2.00".')
}

function privateEnumeration(element: XmlElement): readonly Breach[] {
  const name = value(element, 'private-enum-name')
  if (name === undefined) {
    if (attribute(element, 'private-enum-id') === undefined) return NONE
    return must('private-enum-name-missing', '§3.1', 'private-enum-id is set, so private-enum-name must be set too.')
  }
  return isFqdn(name)
    ? NONE
    : note('private-enum-name', '§3.1', 'private-enum-name should be a fully qualified domain name.')
}

/**
 * A MUST, but never more than a note here: half of the tools in the wild write a nickname, and whether a domain name is the
 * team's own nobody can tell from the document.
 */
function teamName(rule: string, section: string): Rule {
  return (element) =>
    isFqdn(value(element, 'name') ?? '')
      ? NONE
      : note(rule, section, `The name of ${element.local} should be the team's fully qualified domain name.`)
}

/** The text says Required; the published schema, which counts here, says optional. */
function required(rule: string, section: string, name: string, why?: string): Rule {
  return (element) =>
    unset(element, name)
      ? note(rule, section, `${element.local} should have the attribute ${name}${why ? ` (${why})` : ''}.`)
      : NONE
}
