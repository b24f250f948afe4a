import { attribute, child, elements, text, type XmlElement } from '../xml/tree.ts'
import { addressRange } from './address-range.ts'
import { readIncidentId } from './incident-id.ts'
import {
  domainWord,
  hashWord,
  incidentTerms,
  plainWord,
  portTerms,
  type Role,
  type Term,
  type TermKind,
  term,
} from './term-words.ts'
import { trim } from './trim.ts'

/** What an IODEF 2 Incident can be found by; and, of a Query's, what is looked for. Times in ms since the epoch. */
export interface Terms {
  /** at most MOST, each once */
  readonly terms: readonly Term[]
  readonly detected: number | null
  readonly start: number | null
  readonly end: number | null
  readonly reported: number | null
  readonly generated: number | null
  /** AdditionalData of that name: the end of the time of taking in that a Query asks for */
  readonly takenInUntil: number | null
  /** Confidence of its Assessments, the highest: 1 low, 2 medium, 3 high */
  readonly rating: number | null
  /** the same where a number says it */
  readonly confidence: number | null
}

/** terms of one Incident: a list of indicators has thousands */
const MOST = 512

const RATINGS = ['low', 'medium', 'high']

/** Looks at an Incident of a valid IODEF 2 document (RFC 7970). */
export function termsOf(incident: XmlElement): Terms {
  const found = new Map<string, Term>()
  const add = (one: Term) => {
    if (found.size < MOST) found.set(`${one.kind}\n${one.lo}\n${one.hi}`, one)
  }
  const ids = elements(incident).flatMap((e) => (e.local === 'AlternativeID' ? elements(e) : [e]))
  for (const id of ids)
    if (id.local === 'IncidentID' && text(id).trim() !== '') incidentTerms(readIncidentId(id)).forEach(add)
  const confidences = elements(incident).filter((e) => e.local === 'Assessment')
  for (const one of elements(incident)) if (!ABOUT_OTHERS.has(one.local)) collect(one, undefined, add)
  const rated = confidences.flatMap((assessment) => child(assessment, assessment.ns, 'Confidence') ?? [])
  const time = (local: string) => timeOf(child(incident, incident.ns, local))
  return {
    terms: [...found.values()],
    detected: time('DetectTime'),
    start: time('StartTime'),
    end: time('EndTime'),
    reported: time('ReportTime'),
    generated: time('GenerationTime'),
    takenInUntil: timeOf(
      elements(incident).find((e) => e.local === 'AdditionalData' && attribute(e, 'name')?.trim() === 'taken-in-until'),
    ),
    rating: highest(rated.map((e) => RATINGS.indexOf(attribute(e, 'rating')?.trim() ?? '') + 1).filter((n) => n > 0)),
    confidence: highest(
      rated.filter((e) => attribute(e, 'rating')?.trim() === 'numeric').map((e) => Number(trim(text(e)))),
    ),
  }
}

/** RFC 7970 §3.6: another incident; §3.9: people, whose addresses are not the incident's */
const ABOUT_OTHERS = new Set(['RelatedActivity', 'Contact', 'AlternativeID', 'IncidentID', 'History'])

function collect(element: XmlElement, role: Role | undefined, add: (one: Term) => void): void {
  look(element, role, add)
  const own = element.local === 'System' ? roleOf(element) : role
  for (const one of elements(element))
    if (one.ns === element.ns || one.local === 'DigestValue' || INSIDE.has(element.local)) collect(one, own, add)
}

/** what holds elements of XML-Signature */
const INSIDE = new Set(['Hash', 'FuzzyHash'])

function roleOf(system: XmlElement): Role | undefined {
  const category = attribute(system, 'category')?.trim()
  return category === 'source' || category === 'target' ? category : undefined
}

type Look = (element: XmlElement, role: Role | undefined, add: (one: Term) => void) => void

const LOOKS: Readonly<Record<string, Look>> = {
  Address: (element, role, add) => placed('address', text(element), role, add),
  DomainData(element, role, add) {
    const name = child(element, element.ns, 'Name')
    if (name !== undefined) placed('domain', text(name), role, add)
  },
  AssetID: (element, role, add) => placed('asset', text(element), role, add),
  Service(element, _role, add) {
    const protocol = attribute(element, 'ip-protocol')?.trim()
    for (const one of elements(element)) {
      if (one.local === 'Port' || one.local === 'Portlist') portTerms(text(one), protocol).forEach(add)
    }
  },
  DigestValue: (element, _role, add) => add(term('hash', hashWord(text(element)))),
  RecordItem: (element, _role, add) => worded('record', text(element), add),
  IncidentCategory: (element, _role, add) => worded('category', text(element), add),
  SystemImpact: impact,
  BusinessImpact: impact,
  BulkObservable: bulk,
}

function look(element: XmlElement, role: Role | undefined, add: (one: Term) => void): void {
  // a stranger's name: every object has a `constructor`, too
  if (Object.hasOwn(LOOKS, element.local)) LOOKS[element.local]?.(element, role, add)
}

function worded(kind: TermKind, written: string, add: (one: Term) => void): void {
  const word = plainWord(written)
  if (word !== '') add(term(kind, word))
}

function placed(
  kind: 'address' | 'domain' | 'asset',
  written: string,
  role: Role | undefined,
  add: (one: Term) => void,
): void {
  const value = kind === 'domain' ? domainWord(written) : plainWord(written)
  if (value === '') return
  const range = kind === 'address' ? addressRange(value) : undefined
  // behind all IP addresses, so that it lies in no range of them
  const word = kind === 'address' ? `~${value}` : value
  const of = (name: TermKind) => (range === undefined ? term(name, word) : { kind: name, ...range })
  add(of(kind))
  if (role !== undefined) add(of(`${kind} ${role}`))
}

/** RFC 7970 §3.12.1, §3.12.2 */
function impact(element: XmlElement, _role: Role | undefined, add: (one: Term) => void): void {
  const type = attribute(element, 'type')?.trim() ?? 'unknown'
  const word = type === 'ext-value' ? (attribute(element, 'ext-type') ?? type) : type
  if (word !== 'unknown') worded('impact', word, add)
}

/** RFC 7970 §3.29.3.1: a value on each line. */
function bulk(element: XmlElement, role: Role | undefined, add: (one: Term) => void): void {
  const type = attribute(element, 'type')?.trim() ?? ''
  const list = child(element, element.ns, 'BulkObservableList')
  for (const line of list === undefined ? [] : text(list).split('\n').slice(0, MOST)) {
    if (type === 'file-hash' && line.trim() !== '') add(term('hash', hashWord(line)))
    else if (type === 'domain-name' || type === 'fqdn') placed('domain', line, role, add)
    else if (/^(?:ipv[46]-(?:addr|net|net-mask)|asn|mac|e-mail|site-uri)$/.test(type))
      placed('address', line, role, add)
  }
}

function timeOf(element: XmlElement | undefined): number | null {
  const time = element === undefined ? Number.NaN : Date.parse(trim(text(element)))
  return Number.isNaN(time) ? null : time
}

function highest(values: readonly number[]): number | null {
  const known = values.filter((value) => Number.isFinite(value))
  return known.length === 0 ? null : Math.max(...known)
}
