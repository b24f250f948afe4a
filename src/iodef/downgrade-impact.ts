import { attribute, text, type XmlElement } from '../xml/tree.ts'
import {
  all2,
  carried1,
  type Down,
  type Downgrade,
  knownChildren,
  lose,
  loseAll,
  make1,
  told,
} from './downgrade-kit.ts'
import { RATINGS, SEVERITIES } from './downgrade-words.ts'
import { trim } from './trim.ts'
import { SYSTEM_IMPACT } from './upgrade-impact.ts'
import type { Attributes } from './upgrade-kit.ts'

/** Assessment of RFC 7970 §3.12 as RFC 5070 §3.10 has it: upgrade-impact.ts the other way round. */

const IMPACT: ReadonlyMap<string, string> = new Map([...SYSTEM_IMPACT].map(([one, two]) => [two, one]))

/** Types of Impact that IODEF 2 has no word for: the upgrade makes them `ext-type`. */
const OWN: ReadonlySet<string> = new Set(['misconfiguration', 'recon', 'social-engineering', 'extortion'])

export function assessment1(element: XmlElement, down: Down, downgrade: Downgrade): XmlElement[] {
  const children = knownChildren(element, down, downgrade, RULES)
  const isImpact = ({ local }: XmlElement) => IMPACTS.has(local)
  // RFC 5070 §3.10 demands one
  const impacts = children.some(isImpact) ? children.filter(isImpact) : [make1('Impact', { type: 'unknown' }, [])]
  return [make1('Assessment', carried1(element, down), [...impacts, ...children.filter((e) => !isImpact(e))])]
}

const IMPACTS: ReadonlySet<string> = new Set(['Impact', 'TimeImpact', 'MonetaryImpact'])

const RULES: ReadonlyMap<string, Downgrade> = new Map([
  ['SystemImpact', systemImpact],
  ['BusinessImpact', businessImpact],
  ['TimeImpact', measured],
  ['MonetaryImpact', measured],
  ['Confidence', confidence],
])

function systemImpact(element: XmlElement, down: Down): XmlElement[] {
  const completion = attribute(element, 'completion')
  return [impact(element, down, { ...severityOf(element, down), completion, ...typeOf(element, IMPACT) })]
}

/** RFC 5070 knew one: extortion. */
function businessImpact(element: XmlElement, down: Down): XmlElement[] {
  return [impact(element, down, { ...severityOf(element, down), ...typeOf(element, BUSINESS) })]
}

const BUSINESS: ReadonlyMap<string, string> = new Map([
  ['extortion', 'extortion'],
  ['unknown', 'unknown'],
])

function impact(element: XmlElement, down: Down, set: Attributes): XmlElement {
  const { attributes, children } = told(down, all2(element, 'Description'))
  return make1('Impact', { ...attributes, ...set }, children)
}

function typeOf(element: XmlElement, types: ReadonlyMap<string, string>): Attributes {
  const type = trim(attribute(element, 'type') ?? 'unknown')
  const own = attribute(element, 'ext-type')
  if (type === 'ext-value') return own !== undefined && OWN.has(own) ? { type: own } : { type, 'ext-type': own }
  const known = types.get(type)
  return known === undefined ? { type: 'ext-value', 'ext-type': type } : { type: known }
}

function severityOf(element: XmlElement, down: Down): Attributes {
  const severity = attribute(element, 'severity')
  if (severity === undefined || SEVERITIES.includes(trim(severity))) return { severity }
  lose(down, `${element.local}/@severity`)
  return {}
}

/** RFC 5070 §2.2: PositiveFloat, as its schema reads it: single precision, more than zero. */
function measured(element: XmlElement, down: Down): XmlElement[] {
  const value = trim(text(element))
  const isPositive = value === 'INF' || Math.fround(Number(value)) > 0
  return isPositive ? [make1(element.local, carried1(element, down), element.children)] : loseAll(down, [element])
}

/** RFC 5070 §3.10.4 has no words of one's own. */
function confidence(element: XmlElement, down: Down): XmlElement[] {
  const rating = trim(attribute(element, 'rating') ?? '')
  if (RATINGS.includes(rating)) return [make1('Confidence', carried1(element, down), element.children)]
  lose(down, 'Confidence/@rating')
  return [make1('Confidence', { rating: 'unknown' }, [])]
}

/** What is counted is the type (RFC 5070 §3.16.1); a duration makes it a rate. Averages and peaks are not told apart. */
export function counter1(element: XmlElement, down: Down): XmlElement[] {
  const type = trim(attribute(element, 'type') ?? '')
  const implied = attribute(element, 'duration') === undefined ? ['counter', 'count'] : ['rate']
  const silent = {
    ...element,
    attributes: element.attributes.filter((a) => a.local !== 'type' && a.local !== 'ext-type'),
  }
  if (!implied.includes(type)) lose(down, 'Counter/@type')
  return [make1('Counter', carried1(silent, down), element.children)]
}
