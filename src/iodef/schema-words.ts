import type { Place } from '../xml/locate.ts'
import { type Diagnostic, findIn, text, type XmlElement } from '../xml/tree.ts'
import { identifierFlaw } from './ncname.ts'
import { elementHint, textHint } from './structure-words.ts'
import { timeHint } from './time-words.ts'
import { trim } from './trim.ts'
import { attributeHint, choiceHint } from './vocabulary-words.ts'

/** Characters of the validator's own words that stay. */
const LONGEST = 400

/** What libxml2 found against one of our schemas, at its place in our tree, and with what would be right, where that is known. */
export function schemaWords({ line, column, message }: Diagnostic, place: Place): Diagnostic {
  const { element } = place
  const hint = HINTS.map((find) => find(message, place)).find((found) => found !== undefined)
  const short = message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message
  const told = hint === undefined ? short : `${short} ${hint}`
  return { line: element?.line ?? line, column: element?.column ?? column, message: told }
}

/** A sentence on what would be right, if it knows one for such a message. */
type Hint = (message: string, place: Place) => string | undefined

const HINTS: readonly Hint[] = [attributeHint, choiceHint, valueHint, patternHint, elementHint, textHint, typeHint]

/** `Element 'X', attribute 'y': 'VALUE' is not a valid value of the atomic type 'xs:ID'.` */
const VALUE = /: '(.*)' is not a valid value of the (?:local )?(?:atomic |union |list )?type(?: '([^']+)')?\.$/s

function valueHint(message: string, { root, element }: Place): string | undefined {
  const [, raw, type = ''] = VALUE.exec(message) ?? []
  if (raw === undefined) return undefined
  const value = trim(raw)
  if (/date-?time/i.test(type)) return timeHint(value)
  if (type === 'xs:ID') return identifierFlaw(value) ?? usedAlready(value, root, element)
  if (type === 'xs:IDREF') return identifierFlaw(value)
  if (/attribute '(?:xml:)?lang'/.test(message)) return languageHint(value)
  return FORMS.find(([pattern]) => pattern.test(type))?.[1]
}

const FORMS: readonly (readonly [type: RegExp, form: string])[] = [
  [/integer|int$|short|long|byte$/i, 'A whole number is written as 443.'],
  [/float|double|decimal|confidence/i, 'A number is written as 0.8, with a dot.'],
  [/boolean/i, 'It is true or false.'],
  [/base64/i, 'It is base64: letters, digits, + / and = at the end.'],
  [/hexBinary/i, 'It is an even number of hexadecimal digits.'],
]

function languageHint(value: string): string {
  const hyphens = value.replaceAll('_', '-')
  const form = hyphens !== value && /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(hyphens) ? hyphens : 'en or pt-BR'
  return `A language is written as ${form} (BCP 47).`
}

/** xs:ID: one element has it already, in the order of the document. */
function usedAlready(id: string, root: XmlElement, self: XmlElement | undefined): string {
  const first = findIn(root, (element) => element !== self && hasIdentifier(element, id))
  return first === undefined ? 'It is already used in this document.' : `It is already used in line ${first.line}.`
}

function hasIdentifier(element: XmlElement, id: string): boolean {
  if (element.local === 'IndicatorID' && trim(text(element)) === id) return true
  return element.attributes.some(({ local, value }) => /^(?:observable-id|id)$/i.test(local) && trim(value) === id)
}

const PATTERNS: ReadonlyMap<string | undefined, string> = new Map([
  ['Portlist', 'A list of ports is written as 80,443,8000-8080, without blanks.'],
  [
    'URL',
    'What begins with [ behind // is an IPv6 address, and ends with ], as in http://[2001:db8::1]/: this was cut off.',
  ],
  ['Timezone', 'A time zone is written as +02:00, or Z.'],
])

function patternHint(message: string, { element }: Place): string | undefined {
  return message.includes("[facet 'pattern']") ? PATTERNS.get(element?.local) : undefined
}

function typeHint(message: string): string | undefined {
  return message.includes('does not resolve to a type definition')
    ? 'Leave xsi:type out: the element has one type.'
    : undefined
}
