import { hash } from 'node:crypto'
import { contentModel } from '../iodef/content-model.ts'
import { incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { reasonsOf } from '../iodef/restriction.ts'
import { termsOf } from '../iodef/terms.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import { NS } from '../xml/namespaces.ts'
import { normalForm } from '../xml/normal-form.ts'
import { attribute, elements, type XmlElement } from '../xml/tree.ts'
import type { DocumentReading, IncidentReading } from './document.ts'
import type { Facts } from './facts.ts'

/** What a document says, whichever way it travels. */
export type Described = Omit<DocumentReading, 'path' | 'original' | 'fragile' | 'obstacle' | 'misfit' | 'upgraded'>

/**
 * The step `describe`: a valid IODEF-Document in normal form, whole and in its parts, and what it needs; where it is asked for, what its
 * Incidents can be found by, once they are IODEF 2. Throws DocumentLimit.
 */
export function describe(
  document: XmlElement,
  facts: Facts,
  terms = false,
  { xml, digest, shell, incidents }: Form = formOf(document),
): Described {
  const { needed, alone, askers, identifiers } = facts
  const isAsked = terms && document.ns === NS.iodef2
  return {
    version: document.ns === NS.iodef1 ? 1 : 2,
    xml,
    digest,
    shell: shell === PLAIN_SHELL ? null : shell,
    incidents: incidentsOf(document).map((incident, i) => describeIncident(incident, incidents[i] ?? NOTHING, isAsked)),
    needed,
    reasons: reasonsOf(askers),
    alone,
    linked: incidents.length > 1 && identifiers.linked,
  }
}

/** A document in normal form, whole and in its parts. */
export interface Form {
  readonly xml: string
  /** hex SHA-256 of `xml` */
  readonly digest: string
  readonly shell: string
  readonly incidents: readonly Written[]
}

/** A normal form, and its bytes in UTF-8. */
export type Written = Pick<IncidentReading, 'xml' | 'size'>

const NOTHING: Written = { xml: '', size: 0 }

function formOf(document: XmlElement): Form {
  const children = incidentsOf(document)
  const isIncident = new Set(children)
  const shell = normalForm(document, contentModel, (child) => isIncident.has(child))
  const texts = children.map((incident) => normalForm(incident, contentModel))
  const xml = wholeNormalForm(document, shell, texts)
  const incidents = texts.map((text) => ({ xml: text, size: Buffer.byteLength(text) }))
  return { xml, digest: hash('sha256', xml, 'hex'), shell, incidents }
}

function incidentsOf(document: XmlElement): XmlElement[] {
  return elements(document).filter((e) => e.ns === document.ns && e.local === 'Incident')
}

/** normalForm(document), put together from what is known already where attribute prefixes cannot make a difference. */
function wholeNormalForm(document: XmlElement, shell: string, incidents: readonly string[]): string {
  if (document.attributes.some((a) => a.ns !== '' && a.ns !== NS.xml)) return normalForm(document, contentModel)
  const start = `<Incident xmlns="${document.ns}"`
  return joinDocument(
    shell,
    incidents.map((xml) => `<Incident${xml.slice(start.length)}`),
  )
}

function describeIncident(incident: XmlElement, { xml, size }: Written, terms: boolean): IncidentReading {
  const id = incidentIdOf(incident) ?? { name: '', instance: null, id: '' }
  return {
    id,
    key: incidentKey(id),
    purpose: attribute(incident, 'purpose')?.trim() ?? '',
    xml,
    size,
    ...(terms && { terms: termsOf(incident) }),
  }
}
