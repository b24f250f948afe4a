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
    id: oneLine(text(element)),
  }
}

/** White space in an identifier is where somebody broke a line. */
function oneLine(written: string): string {
  return written.trim().replace(/\s+/g, ' ')
}

/**
 * The form in logs, queue and trace: `name id`, or `name id#instance`. Of what is absurdly long the beginnings and hashes stay, each part
 * on its own, since it is written at every step of the incident's life, and people ask for the id alone.
 */
export function incidentKey(id: IncidentId): string {
  const key = keyOf(id.name, id.id, id.instance)
  if (key.length <= LONGEST) return key
  const instance = id.instance === null ? null : shortened(id.instance, LONGEST_INSTANCE)
  return keyOf(shortened(id.name, LONGEST_NAME), shortened(id.id, LONGEST_ID), instance)
}

function keyOf(name: string, id: string, instance: string | null): string {
  return `${name} ${id}${instance === null ? '' : `#${instance}`}`
}

function shortened(part: string, most: number): string {
  if (part.length <= most) return part
  // not to cut a character in two
  const start = part.slice(0, most - 17).replace(/[\ud800-\udbff]$/, '')
  return `${start}…${createHash('sha256').update(part).digest('hex').slice(0, 16)}`
}

const LONGEST = 400
const LONGEST_NAME = 128
const LONGEST_ID = 200
const LONGEST_INSTANCE = 64
/** names that are tried where an id is long: a name with more words is asked for by its id */
const MOST_WORDS = 8

/**
 * What a person means who asks for an incident, as parts of keys: what was typed or pasted, however it is spaced, be it an id, a name and
 * an id, or either as a key shortens it. The likeliest comes first.
 */
export function searchesFor(asked: string): string[] {
  const line = oneLine(asked)
  const words = line.split(' ', MOST_WORDS)
  const splits = words.map((_, i) => words.slice(0, i).join(' ')).filter((name) => name !== '' && name !== line)
  const named = splits.flatMap((name) => {
    const id = line.slice(name.length + 1)
    const hash = id.lastIndexOf('#')
    const instances = hash < 0 ? [] : [incidentKey({ name, id: id.slice(0, hash), instance: id.slice(hash + 1) })]
    return [incidentKey({ name, id, instance: null }), ...instances]
  })
  const long = line.length > LONGEST_ID ? [shortened(line, LONGEST_ID), ...named] : []
  return [...new Set([line, ...long])]
}

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
