import { NS } from '../xml/namespaces.ts'
import { attribute, elements, type XmlAttribute, type XmlElement, type XmlNode } from '../xml/tree.ts'
import { ATTRIBUTES, CHILDREN, FIRST, IMPLIED, IN_A_LANGUAGE, RESTRICTED, VALUES } from './downgrade-words.ts'
import { type Label, labelOf } from './restriction.ts'
import { trim } from './trim.ts'
import { type Attributes, isBlank, make, plain } from './upgrade-kit.ts'

/** By class of IODEF 2, or `Class/@attribute`: how many of them IODEF 1 has no place for. Never what they say. */
export type Losses = Map<string, number>

/** What a rule works with. */
export interface Down {
  readonly losses: Losses
  /** what an element without a restriction of its own is restricted to, in IODEF 1's words */
  readonly around: string
}

export type Downgrade = (child: XmlElement, down: Down) => XmlElement[]

/** An IODEF 1 element that stands nowhere in a text. */
export function make1(
  local: string,
  attributes: Attributes | readonly XmlAttribute[],
  children: readonly XmlNode[],
): XmlElement {
  const list = Array.isArray(attributes) ? (attributes as readonly XmlAttribute[]) : plain(attributes as Attributes)
  return { ...make(local, list, children), ns: NS.iodef1 }
}

export function lose({ losses }: Down, what: string): void {
  losses.set(what, (losses.get(what) ?? 0) + 1)
}

/** Elements that go nowhere, each by its name. */
export function loseAll(down: Down, gone: readonly XmlElement[]): [] {
  for (const { local } of gone) lose(down, local)
  return []
}

/** RFC 5070 §3.2: never less strict than what RFC 7970 §3.3.1 means. */
const RESTRICTION: Readonly<Record<Label, string>> = {
  public: 'public',
  // there is nothing between everybody and those who need to know
  partner: 'need-to-know',
  'need-to-know': 'need-to-know',
  private: 'private',
  default: 'default',
}

export function restriction1(label: Label): string {
  return RESTRICTION[label]
}

/** What the element itself says, in IODEF 1's words; undefined where it says nothing. */
function writtenRestriction(element: XmlElement): string | undefined {
  const value = attribute(element, 'restriction')
  if (value !== undefined) return restriction1(labelOf(value))
  return attribute(element, 'ext-restriction') === undefined ? undefined : 'private'
}

/** For what is inside `element`. */
export function inside(element: XmlElement, down: Down): Down {
  return { ...down, around: writtenRestriction(element) ?? (element.local === 'Incident' ? 'private' : down.around) }
}

/**
 * The attributes of the element as IODEF 1 has them, `set` on top: values that it does not know as `ext-value`, and its restriction
 * written out where IODEF 1's schema would imply another than the one that it has by what is around it.
 */
export function carried1(element: XmlElement, down: Down, set: Attributes = {}): XmlAttribute[] {
  const { local } = element
  const names = new Map((ATTRIBUTES.get(local) ?? []).map(renamed))
  const out: Record<string, string | undefined> = {}
  for (const { ns, local: name, value } of element.attributes) {
    if (ns === NS.xml && name === 'lang' && IN_A_LANGUAGE.has(local) && !isBlank(value)) out.lang = value
    else if (ns === '' && (name === 'restriction' || name === 'ext-restriction') && RESTRICTED.has(local)) continue
    else if (ns === '' && names.has(name)) out[names.get(name) ?? name] = value
    // XML Schema's speak of IODEF 2's schema
    else if (ns !== NS.xsi && name !== 'version') lose(down, `${local}/@${name}`)
  }
  for (const [name, known] of VALUES.get(local) ?? []) Object.assign(out, inWords(known, name, out[name]))
  const restriction = RESTRICTED.has(local) ? restrictionOf(element, down) : undefined
  return plain({ ...out, ...(restriction !== undefined && { restriction }), ...set })
}

/** `a=b`: a, as IODEF 1 calls it. */
function renamed(name: string): readonly [string, string] {
  const [two = '', one = two] = name.split('=')
  return [two, one]
}

function restrictionOf(element: XmlElement, down: Down): string | undefined {
  const written = writtenRestriction(element)
  return written ?? (IMPLIED.has(element.local) ? inside(element, down).around : undefined)
}

function inWords(known: readonly string[], name: string, value: string | undefined): Attributes {
  const word = value === undefined ? undefined : trim(value)
  if (word === undefined || word === 'ext-value' || known.includes(word)) return {}
  return { [name]: 'ext-value', [`ext-${name}`]: word }
}

/** What is in `MLStringType`s, as the one text that IODEF 1 has place for: the first, and its language. */
export function told(
  down: Down,
  texts: readonly XmlElement[],
): { attributes: Attributes; children: readonly XmlNode[] } {
  const [first, ...rest] = texts
  loseAll(down, rest)
  if (first === undefined) return { attributes: {}, children: [] }
  const lang = first.attributes.find(({ ns, local }) => ns === NS.xml && local === 'lang')?.value
  for (const { ns, local } of first.attributes) if (ns === '') lose(down, `${first.local}/@${local}`)
  return { attributes: lang === undefined || isBlank(lang) ? {} : { lang }, children: first.children }
}

/** The element children of that IODEF 2 class. */
export function all2(element: XmlElement, local: string): XmlElement[] {
  return elements(element).filter((e) => e.ns === NS.iodef2 && e.local === local)
}

/** The children that IODEF 1 knows there, as `downgrade` or a rule of the class has them; the others are lost. */
export function knownChildren(
  element: XmlElement,
  down: Down,
  downgrade: Downgrade,
  rules: ReadonlyMap<string, Downgrade> = new Map(),
): XmlElement[] {
  const within = inside(element, down)
  const names = CHILDREN.get(element.local) ?? []
  const once = FIRST.get(element.local) ?? []
  const seen = new Set<string>()
  return elements(element).flatMap((e) => {
    const more = once.includes(e.local) && seen.has(e.local)
    if (e.ns !== NS.iodef2 || !names.includes(e.local) || more) return loseAll(within, [e])
    const list = (rules.get(e.local) ?? downgrade)(e, within)
    if (list.length > 0) seen.add(e.local)
    return list
  })
}
