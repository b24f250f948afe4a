import { NS } from '../xml/namespaces.ts'
import { type Diagnostic, walk, type XmlElement } from '../xml/tree.ts'
import { CHILD_RULES } from './rules-children.ts'
import { DOCUMENT_RULES } from './rules-document.ts'
import { ENUMERATION_RULES, extensions } from './rules-enumerations.ts'
import { type Breach, NONE, type Rule, type RuleContext } from './rules-kit.ts'
import { NETWORK_RULES } from './rules-network.ts'
import { VALUE_RULES } from './rules-values.ts'

/** A rule of RFC 7970's text that no schema states, and where it is broken. `rule` is stable. */
interface RuleFinding extends Diagnostic {
  readonly rule: string
}

/** Findings of one document. Nobody reads more, and a stranger's document may break a rule at every element. */
const LIMIT = 1000

const TABLES = [CHILD_RULES, DOCUMENT_RULES, ENUMERATION_RULES, VALUE_RULES, NETWORK_RULES]
const EVERY_CLASS: readonly Rule[] = [extensions]

/** `every`: for every class, those that are not named among them. */
interface Rules {
  readonly every: readonly Rule[]
  readonly named: ReadonlyMap<string, readonly Rule[]>
}

function rulesWith(every: readonly Rule[]): Rules {
  const names = new Set(TABLES.flatMap((table) => Object.keys(table)))
  const of = (name: string) => [...every, ...TABLES.flatMap((table) => table[name] ?? [])]
  return { every, named: new Map([...names].map((name) => [name, of(name)])) }
}

const RULES = rulesWith(EVERY_CLASS)
const OWN = rulesWith([])

/** What is wrong by RFC 7970's text, in document order. */
export interface RuleFindings {
  /** its MUSTs: warnings; errors where `strict` is asked for */
  readonly musts: readonly RuleFinding[]
  /**
   * what never is more than a warning, `strict` or not: where the text is narrower than the published schema, which counts here
   * (schemas/README.md), and what nobody can tell from the document alone
   */
  readonly notes: readonly RuleFinding[]
}

/**
 * What an IODEF 2 document (or a bare Incident) breaks though the schema accepts it, at most `limit` of each kind. IODEF 2 inside
 * extension content counts as well: the schema checks it there, too. Other namespaces, IODEF 1 among them, are left alone.
 */
export function checkRules(root: XmlElement, identifiers: RuleContext, limit: number = LIMIT): RuleFindings {
  const found = findings(identifiers, limit)
  walk(root, (element) => {
    found.judge(element)
    return undefined
  })
  return found
}

/** An element that there is a rule for (`isRuled`), or one that has an attribute with a rule of its own (`isExtension`). */
export interface Ruled {
  readonly element: XmlElement
  /** it has */
  readonly extended: boolean
}

/** The same of a document of which all such elements are known, in document order. */
export function checkElements(elements: readonly Ruled[], identifiers: RuleContext): RuleFindings {
  const found = findings(identifiers, LIMIT)
  for (const { element, extended } of elements) found.judge(element, extended ? RULES : OWN)
  return found
}

function findings(
  identifiers: RuleContext,
  limit: number,
): RuleFindings & { judge(element: XmlElement, rules?: Rules): void } {
  const musts: RuleFinding[] = []
  const notes: RuleFinding[] = []
  return {
    musts,
    notes,
    judge(element, rules = RULES) {
      for (const breach of breachesOf(element, identifiers, rules)) {
        const list = breach.must ? musts : notes
        if (list.length < limit) list.push(finding(element, breach))
      }
    },
  }
}

/** Is there a rule for elements of that name? */
export function isRuled({ ns, local }: Pick<XmlElement, 'ns' | 'local'>): boolean {
  return ns === NS.iodef2 && RULES.named.has(local)
}

function breachesOf(element: XmlElement, identifiers: RuleContext, { every, named }: Rules): readonly Breach[] {
  if (element.ns !== NS.iodef2) return NONE
  let breaches = NONE
  for (const rule of named.get(element.local) ?? every) {
    const found = rule(element, identifiers)
    if (found.length > 0) breaches = [...breaches, ...found]
  }
  return breaches
}

function finding({ line, column }: XmlElement, { rule, section, text }: Breach): RuleFinding {
  return { line, column, message: `RFC 7970 ${section}: ${text}`, rule }
}
