import { createHash } from 'node:crypto'
import { contentModel } from '../iodef/content-model.ts'
import { checkIdentifiers } from '../iodef/identifiers.ts'
import { type IncidentId, incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { type Needed, neededFor } from '../iodef/restriction.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import { NS } from '../xml/namespaces.ts'
import { isPrefixedType, normalForm } from '../xml/normal-form.ts'
import { attribute, descendants, elements, type XmlElement } from '../xml/tree.ts'

export interface DocumentReading {
  readonly version: 1 | 2
  /** in normal form */
  readonly xml: string
  /** hex SHA-256 of `xml` */
  readonly digest: string
  /** the IODEF-Document element without its Incidents, in normal form; null when it says nothing but version="2.00" */
  readonly shell: string | null
  readonly incidents: readonly IncidentReading[]
  readonly needed: Needed
  /** what the document alone asks for: less than `needed`, when the RID message around it asks for more */
  readonly alone: Needed
  /** what has to travel beside the normal form, since that or a Broker would damage it */
  readonly original: Original | null
  /** true when a Broker would change even what is seen of it */
  readonly fragile: boolean
  /** true when one Incident refers to an identifier of another, so that neither is a valid document alone */
  readonly linked: boolean
  /** false when a Broker could take its items and never give them back, or nobody would find them valid */
  readonly carriable: boolean
  /** an IODEF 1 document as it is published: IODEF 2 with the document itself as original; null for IODEF 2 */
  readonly upgraded: DocumentReading | { readonly invalid: string } | null
}

interface Original {
  readonly text: string
  /** `version`: the text is IODEF 1, and what is seen its upgrade; a signed one stays `signature` */
  readonly reason: 'signature' | 'characters' | 'version'
  /** IODEF version of `text` */
  readonly version: 1 | 2
}

interface IncidentReading {
  readonly id: IncidentId
  readonly key: string
  /** RFC 7970 §3.2, as written */
  readonly purpose: string
  /** in normal form */
  readonly xml: string
}

/** What a valid IODEF-Document says. `around` is the message that it came in, or itself. */
export function describe(
  document: XmlElement,
  original: DocumentReading['original'],
  around: XmlElement,
): DocumentReading {
  const version = document.ns === NS.iodef1 ? 1 : 2
  const incidents = elements(document).filter((e) => e.ns === document.ns && e.local === 'Incident')
  const isIncident = new Set(incidents)
  const shell = normalForm(document, contentModel, (child) => isIncident.has(child))
  const described = incidents.map(describeIncident)
  const xml = wholeNormalForm(document, shell, described)
  const fragile = isFragile(document)
  return {
    version,
    xml,
    digest: createHash('sha256').update(xml, 'utf8').digest('hex'),
    shell: shell === PLAIN_SHELL ? null : shell,
    incidents: described,
    needed: neededFor(around),
    alone: around === document ? neededFor(around) : neededFor(document),
    original: original ?? (fragile ? { text: xml, reason: 'characters', version } : null),
    fragile,
    linked: incidents.length > 1 && incidents.some((incident) => checkIdentifiers(incident, { limit: 1 }).length > 0),
    carriable: isCarriable(document),
    upgraded: null,
  }
}

/** normalForm(document), put together from what is known already where attribute prefixes cannot make a difference. */
function wholeNormalForm(document: XmlElement, shell: string, incidents: readonly IncidentReading[]): string {
  if (document.attributes.some((a) => a.ns !== '' && a.ns !== NS.xml)) return normalForm(document, contentModel)
  const start = `<Incident xmlns="${document.ns}"`
  return joinDocument(
    shell,
    incidents.map(({ xml }) => `<Incident${xml.slice(start.length)}`),
  )
}

function describeIncident(incident: XmlElement): IncidentReading {
  const id = incidentIdOf(incident) ?? { name: '', instance: null, id: '' }
  return {
    id,
    key: incidentKey(id),
    purpose: attribute(incident, 'purpose')?.trim() ?? '',
    xml: normalForm(incident, contentModel),
  }
}

/**
 * Would a Broker's own parser and writer change it? Carriage returns, and tabs and line breaks in attributes, are written back
 * unescaped by some; a prefix in the value of xsi:type loses its declaration (docs/grid-profile.md).
 */
function isFragile(document: XmlElement): boolean {
  for (const element of descendants(document)) {
    if (element.ns === '') return true
    if (hasPrefixedType(element) || element.attributes.some((a) => /[\t\n\r]/.test(a.value))) return true
    if (element.children.some((c) => typeof c === 'string' && c.includes('\r'))) return true
  }
  return false
}

/** The normal form leaves these out. */
export function hasPrefixedType(element: XmlElement): boolean {
  return element.attributes.some(isPrefixedType)
}

/**
 * Prosody stores an attribute whose namespace name has one of these characters, and then fails on every read of the node
 * that includes it: measured, docs/grid-profile.md.
 */
function isCarriable(document: XmlElement): boolean {
  return !descendants(document).some((element) => element.attributes.some((a) => /[\s<>&'"]/.test(a.ns)))
}
