import { attribute, child, text, type XmlElement } from '../xml/tree.ts'

/** RFC 7970 §3.4: an incident's identifier is unique within its `name`, which names the CSIRT that gave it. */
export interface IncidentId {
  readonly name: string
  readonly instance: string | null
  readonly id: string
}

/** The IncidentID of an Incident of either IODEF version; undefined only where there is none (not valid). */
export function incidentIdOf(incident: XmlElement): IncidentId | undefined {
  const element = child(incident, incident.ns, 'IncidentID')
  return element === undefined ? undefined : readIncidentId(element)
}

export function readIncidentId(element: XmlElement): IncidentId {
  return {
    name: attribute(element, 'name')?.trim() ?? '',
    instance: attribute(element, 'instance')?.trim() ?? null,
    id: text(element).trim().replace(/\s+/g, ' '),
  }
}

/** The form in logs, queue and trace: `name id`, or `name id#instance`. */
export function incidentKey(id: IncidentId): string {
  return `${id.name} ${id.id}${id.instance === null ? '' : `#${id.instance}`}`
}
