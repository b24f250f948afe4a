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

/**
 * Does who asks for `asked` mean the incident with this key: by the whole key, by the id part, or by either without the instance?
 * Keys are `name id` or `name id#instance`, and neither part is ours: both may hold spaces.
 */
export function isAskedFor(key: string, asked: string): boolean {
  // the last word of an instance with spaces is no id
  if (searchWord(key) !== searchWord(asked)) return false
  return matches(key, asked) || (key.includes('#') && matches(key.slice(0, key.lastIndexOf('#')), asked))
}

function matches(key: string, asked: string): boolean {
  return key === asked || key.endsWith(` ${asked}`)
}

/**
 * What a key has in common with every way of asking for it, for an index of keys: the last word before the first `#`. What it finds is
 * still to be asked `isAskedFor`.
 */
export function searchWord(key: string): string {
  const hash = key.indexOf('#')
  const base = hash < 0 ? key : key.slice(0, hash)
  return base.slice(base.lastIndexOf(' ') + 1)
}
