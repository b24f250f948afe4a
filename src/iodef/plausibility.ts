import { NS } from '../xml/namespaces.ts'
import { attribute, elements, text, type XmlElement } from '../xml/tree.ts'
import { addressFlaw } from './address.ts'
import { trim } from './trim.ts'

/**
 * Values of an element of either IODEF version that its schema lets through and nobody can have meant, a sentence each: advice for people
 * who look at a file, never more.
 */
export function implausible(element: XmlElement): Iterable<string> {
  if (element.ns !== NS.iodef2 && element.ns !== NS.iodef1) return []
  return CHECKS.get(element.local)?.(element) ?? []
}

type Check = (element: XmlElement) => Iterable<string>

const TIMES = `DateTime ReportTime DetectTime StartTime EndTime RecoveryTime GenerationTime DateDomainWasChecked RegistrationDate
  ExpirationDate`

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['Port', port],
  ['Portlist', portlist],
  ['Address', address],
  ['Incident', incident],
  ['EventData', period],
  ...TIMES.split(/\s+/).map((name): [string, Check] => [name, zone]),
])

const HIGHEST_PORT = 65_535

function* port(element: XmlElement): Generator<string> {
  const number = Number(trim(text(element)))
  if (number < 0 || number > HIGHEST_PORT) yield `Port ${number} is none: ports are 0 to ${HIGHEST_PORT}.`
}

/** The schema has checked the form. */
function* portlist(element: XmlElement): Generator<string> {
  for (const range of trim(text(element)).split(',')) {
    const [first = 0, last = first] = range.split('-').map(Number)
    if (Math.max(first, last) > HIGHEST_PORT) yield `Portlist names ${range}: ports are 0 to ${HIGHEST_PORT}.`
    else if (first > last) yield `Portlist names ${range}: the range begins above its end; write ${last}-${first}.`
  }
}

function* address(element: XmlElement): Generator<string> {
  const flaw = addressFlaw(element)
  if (flaw !== undefined) yield flaw
}

/** XML Schema Part 2 §3.2.7: without a zone nobody knows when it was. */
function* zone(element: XmlElement): Generator<string> {
  const written = trim(text(element))
  if (/(?:Z|[+-]\d\d:\d\d)$/.test(written)) return
  yield `${element.local} has no time zone, so nobody knows when that was: write ${written}Z for UTC, or ${written}+01:00.`
}

function* incident(element: XmlElement): Generator<string> {
  yield* period(element)
  if (attribute(element, 'restriction') ?? attribute(element, 'ext-restriction')) return
  const rule = element.ns === NS.iodef1 ? 'RFC 5070 §3.2' : 'RFC 7970 §3.3.1'
  yield `Incident has no restriction, which makes it private (${rule}): a Topic or peer takes it only where "private" is listed. Write what is meant, as restriction="partner".`
}

/** Where both times have a zone. */
function* period(element: XmlElement): Generator<string> {
  const time = (local: string) => {
    const written = elements(element).find((e) => e.ns === element.ns && e.local === local)
    const value = written === undefined ? '' : trim(text(written))
    return /(?:Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN
  }
  if (time('StartTime') > time('EndTime')) yield `${element.local} ends before it begins: EndTime is before StartTime.`
}
