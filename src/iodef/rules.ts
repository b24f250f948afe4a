import { NS } from '../xml/namespaces.ts'
import { attribute, type Diagnostic, descendants, text, type XmlElement } from '../xml/tree.ts'
import { CHILD_RULES } from './rules-children.ts'
import { DOCUMENT_RULES } from './rules-document.ts'
import { ENUMERATION_RULES, extensions } from './rules-enumerations.ts'
import type { Rule, RuleContext } from './rules-kit.ts'
import { NETWORK_RULES } from './rules-network.ts'
import { VALUE_RULES } from './rules-values.ts'
import { trim } from './trim.ts'

/** A rule of RFC 7970's text that no schema states, and where it is broken. `rule` is stable. */
export interface RuleFinding extends Diagnostic {
  readonly rule: string
}

/** Findings of one document. Nobody reads more, and a stranger's document may break a rule at every element. */
const LIMIT = 1000

const TABLES = [CHILD_RULES, DOCUMENT_RULES, ENUMERATION_RULES, VALUE_RULES, NETWORK_RULES]
const RULES: ReadonlyMap<string, readonly Rule[]> = new Map(
  [...new Set(TABLES.flatMap((table) => Object.keys(table)))].map((name) => [
    name,
    [...TABLES.flatMap((table) => table[name] ?? [])],
  ]),
)

/**
 * The MUSTs of RFC 7970's text that an IODEF 2 document (or a bare Incident) breaks though the schema accepts it, in
 * document order, at most `limit`. Warnings; errors where `strict` is asked for. IODEF 2 inside extension content counts as
 * well: the schema checks it there, too. Other namespaces, IODEF 1 among them, are left alone.
 */
export function checkRules(root: XmlElement, limit: number = LIMIT): RuleFinding[] {
  return checkEach(root, limit, true)
}

/**
 * The same for what never is more than a warning, `strict` or not: where the text is narrower than the published schema,
 * which counts here (schemas/README.md), and what nobody can tell from the document alone.
 */
export function checkAdvice(root: XmlElement, limit: number = LIMIT): RuleFinding[] {
  return checkEach(root, limit, false)
}

function checkEach(root: XmlElement, limit: number, musts: boolean): RuleFinding[] {
  const context = identifiersOf(root)
  const findings: RuleFinding[] = []
  for (const element of descendants(root)) {
    if (element.ns !== NS.iodef2) continue
    for (const rule of [extensions, ...(RULES.get(element.local) ?? [])]) {
      for (const { rule: name, section, text: what, must } of rule(element, context)) {
        if (must !== musts) continue
        if (findings.length === limit) return findings
        const { line, column } = element
        findings.push({ line, column, message: `RFC 7970 ${section}: ${what}`, rule: name })
      }
    }
  }
  return findings
}

function identifiersOf(root: XmlElement): RuleContext {
  const observableIds = new Set<string>()
  const indicatorIds = new Set<string>()
  for (const element of descendants(root)) {
    if (element.ns !== NS.iodef2) continue
    const id = attribute(element, 'observable-id')
    if (id !== undefined) observableIds.add(trim(id))
    if (element.local === 'IndicatorID') indicatorIds.add(trim(text(element)))
  }
  return { observableIds, indicatorIds }
}
