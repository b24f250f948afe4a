import { NS } from '../xml/namespaces.ts'
import { attribute, hasChild as hasIn, childrenNamed as namedIn, type XmlElement } from '../xml/tree.ts'
import { trim } from './trim.ts'

/** What one rule found wrong with the element it was given. `must`: `strict` refuses the document. */
export interface Breach {
  readonly rule: string
  /** `§3.9`, of RFC 7970 */
  readonly section: string
  readonly text: string
  readonly must: boolean
}

/** What a rule may know besides its element. Identifiers are those of the whole document. */
export interface RuleContext {
  readonly observableIds: ReadonlySet<string>
  readonly indicatorIds: ReadonlySet<string>
}

/** Judges one element of the class it is registered for. */
export type Rule = (element: XmlElement, context: RuleContext) => readonly Breach[]

/** Rules by class: the local name of an IODEF 2 element. */
export type RuleTable = Readonly<Record<string, readonly Rule[]>>

export const NONE: readonly Breach[] = []

export function must(rule: string, section: string, text: string): readonly Breach[] {
  return [{ rule, section, text, must: true }]
}

/** For what the text says and the published schema, which counts here, does not: never more than a warning. */
export function note(rule: string, section: string, text: string): readonly Breach[] {
  return [{ rule, section, text, must: false }]
}

/** The IODEF 2 element children of one of these names. */
export function childrenNamed(element: XmlElement, ...names: readonly string[]): XmlElement[] {
  return namedIn(element, NS.iodef2, ...names)
}

/** Has it an IODEF 2 element child of one of these names? */
export function hasChild(element: XmlElement, ...names: readonly string[]): boolean {
  return hasIn(element, NS.iodef2, names)
}

/** The attribute as an enumerated value: white space around it is no part of it (RFC 7970 §2.6, xs:NMTOKEN). */
export function value(element: XmlElement, name: string): string | undefined {
  const raw = attribute(element, name)
  return raw === undefined ? undefined : trim(raw)
}

/** True for an attribute that is absent or says nothing. */
export function unset(element: XmlElement, name: string): boolean {
  return trim(attribute(element, name) ?? '') === ''
}

/** Most of them: they need not be taken apart. */
const PLAIN_FQDN = /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d])?\.)+[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d])?\.?$/i

/** At least two labels of letters, digits and inner hyphens; any script, since an IDN may be written as it is read. */
export function isFqdn(name: string): boolean {
  if (name.length > 254) return false
  if (PLAIN_FQDN.test(name)) return true
  const labels = name.replace(/\.$/, '').split('.')
  return (
    labels.length >= 2 &&
    labels.every((l) => /^[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}])?$/u.test(l))
  )
}
