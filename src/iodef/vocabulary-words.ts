import { nearest } from '../did-you-mean.ts'
import type { Place } from '../xml/locate.ts'
import { NS } from '../xml/namespaces.ts'

/** What the other version of IODEF, or RID, calls an attribute. */
const RENAMED: readonly (readonly [ns: string, written: string, meant: string])[] = [
  [NS.iodef2, 'lang', 'xml:lang'],
  [NS.iodef2, 'formatid', 'format-id'],
  [NS.iodef2, 'ip_protocol', 'ip-protocol'],
  [NS.iodef1, 'xml:lang', 'lang'],
  [NS.iodef1, 'format-id', 'formatid'],
  [NS.iodef1, 'ip-protocol', 'ip_protocol'],
  [NS.rid, 'xml:lang', 'lang'],
]

/** Attributes that tools spell in other ways. */
const ATTRIBUTES: readonly string[] =
  `version purpose status restriction role type category dtype ext-dtype meaning name instance registry action severity
  completion occurrence observable-id translation-id uid-ref euid-ref system-status domain-status ip-protocol vlan-name vlan-num spec-name
  format-id MsgType MsgDestination region AuthorizationStatus Justification`.split(/\s+/)

/** `Element 'X', attribute 'y': The attribute 'y' is not allowed.`, or it is required but missing */
export function attributeHint(message: string, { element }: Place): string | undefined {
  const [, name, flaw] = /The attribute '([^']+)' is (not allowed|required but missing)\.$/.exec(message) ?? []
  if (name === undefined) return undefined
  if (flaw !== 'not allowed') return EXAMPLES.get(name)
  const renamed = RENAMED.find(([ns, written]) => ns === element?.ns && written === name)?.[2]
  const meant = renamed ?? ATTRIBUTES.find((known) => known !== name && isRespelled(name, known))
  return meant === undefined ? undefined : `Did you mean ${meant}?`
}

const EXAMPLES: ReadonlyMap<string, string> = new Map([
  ['dtype', 'Write dtype="xml" for XML inside, dtype="string" for text.'],
  ['lang', 'Write lang="en", or the language that it is in.'],
  ['purpose', 'Write purpose="reporting", or another of RFC 7970 §3.2.'],
])

/** `[facet 'enumeration'] The value 'x' is not an element of the set {'a', 'b'}.` */
export function choiceHint(message: string): string | undefined {
  const [, value, set] = /The value '(.*)' is not an element of the set \{(.*)/s.exec(message) ?? []
  if (value === undefined || set === undefined) return undefined
  const choices = [...set.matchAll(/'([^']*)'/g)].map(([, choice = '']) => choice)
  const colour = value
    .trim()
    .toLowerCase()
    .replace(/^tlp[:\s_-]*/, '')
  const meant = TLP.get(colour) ?? closest(value, choices)
  if (meant !== undefined && choices.includes(meant)) return `Did you mean "${meant}"?`
  const attribute = /attribute '([^']+)'/.exec(message)?.[1]
  if (attribute === undefined || !choices.includes('ext-value')) return undefined
  return `Another word than these is written ${attribute}="ext-value" ext-${attribute}="${value.slice(0, 60)}".`
}

/** The Traffic Light Protocol's words, in its later editions too. */
const TLP: ReadonlyMap<string, string> = new Map([
  ['clear', 'white'],
  ...['white', 'green', 'amber', 'red'].map((colour) => [colour, colour] as const),
])

function closest(value: string, choices: readonly string[]): string | undefined {
  const long = choices.filter((choice) => choice.length > 3)
  return choices.find((choice) => isRespelled(value, choice)) ?? nearest(value, long)
}

/** The same but for case, hyphens, underscores and blanks. */
export function isRespelled(word: string, other: string): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[\s_:-]/g, '')
  return letters(word) === letters(other)
}
