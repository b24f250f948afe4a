import { attribute, elements, text, type XmlAttribute, type XmlElement } from '../xml/tree.ts'
import { type Attributes, all, carried, described, make, note } from './upgrade-kit.ts'

/**
 * Assessment of RFC 5070 §3.10 as RFC 7970 §3.12 has it. Impact became SystemImpact, BusinessImpact and IncidentCategory; RFC
 * 7970 gives no map of its values, so this one is our reading.
 */

/** What Impact's types (RFC 5070 §3.10.1) are as types of SystemImpact; a word that is not here has no other name. */
export const SYSTEM_IMPACT: ReadonlyMap<string, string> = new Map([
  ['admin', 'takeover-system'],
  ['user', 'takeover-account'],
  ['dos', 'availability-service'],
  ['file', 'integrity-data'],
  ['info-leak', 'breach-proprietary'],
  ['policy', 'policy'],
  ['unknown', 'unknown'],
  ['ext-value', 'ext-value'],
])

/** These say nothing about the incident, so they are no IncidentCategory. */
const NO_CATEGORY: ReadonlySet<string> = new Set(['unknown', 'ext-value'])

/** IncidentCategory (each type once, as IODEF 1 named it) stands before the impacts. */
export function assessment(element: XmlElement, upgrade: (child: XmlElement) => XmlElement[]): XmlElement[] {
  const types = all(element, 'Impact').map((impact) => attribute(impact, 'type')?.trim())
  const named = new Set(types.filter((type) => type !== undefined && !NO_CATEGORY.has(type)))
  const categories = [...named].map((type) => make('IncidentCategory', [], [type ?? '']))
  return [make('Assessment', carried(element), [...categories, ...elements(element).flatMap(upgrade)])]
}

export function impact(element: XmlElement): XmlElement[] {
  const type = attribute(element, 'type')?.trim()
  if (type === 'extortion') return [extortion(element)]
  if (type === undefined) return [make('SystemImpact', systemAttributes(element), described(element))]
  const known = SYSTEM_IMPACT.get(type)
  const set = known === undefined ? { type: 'ext-value', 'ext-type': type } : { type: known }
  return [make('SystemImpact', systemAttributes(element, set), described(element))]
}

function systemAttributes(element: XmlElement, set: Attributes = {}): XmlAttribute[] {
  return carried(element, {}, set).filter((a) => a.local !== 'lang')
}

/** The one type that is an impact on business; BusinessImpact has no completion. */
function extortion(element: XmlElement): XmlElement {
  const attributes = carried(element).filter((a) => a.local !== 'lang' && a.local !== 'completion')
  return make('BusinessImpact', attributes, [
    ...described(element),
    ...note(attribute(element, 'completion')?.trim(), 'completion'),
  ])
}

/**
 * RFC 7970 §3.12.5 has a number with the rating "numeric" and nothing with every other; RFC 5070 §3.10.4 took any text. What may not
 * stay becomes AdditionalData of the Assessment, whose next child that is.
 */
export function confidence(element: XmlElement): XmlElement[] {
  const value = text(element)
  const numeric = attribute(element, 'rating')?.trim() === 'numeric'
  if (numeric && NUMBER.test(value)) return [make('Confidence', carried(element), [value])]
  const rest =
    value.trim() === ''
      ? []
      : [make('AdditionalData', carried(EMPTY, {}, { dtype: 'string', meaning: 'Confidence' }), [value])]
  return [make('Confidence', carried(element), []), ...rest]
}

const NUMBER = /^[ \t\r\n]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[ \t\r\n]*$/
const EMPTY = make('', [], [])
