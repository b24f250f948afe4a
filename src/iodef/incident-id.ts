import { createHash } from 'node:crypto'
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

/**
 * The form in logs, queue and trace: `name id`, or `name id#instance`. Of what is absurdly long the beginning and a hash stay,
 * since it is written at every step of the incident's life.
 */
export function incidentKey(id: IncidentId): string {
  const key = `${id.name} ${id.id}${id.instance === null ? '' : `#${id.instance}`}`
  if (key.length <= LONGEST) return key
  // not to cut a character in two
  const start = key.slice(0, LONGEST - 17).replace(/[\ud800-\udbff]$/, '')
  return `${start}…${createHash('sha256').update(key).digest('hex').slice(0, 16)}`
}

const LONGEST = 400
