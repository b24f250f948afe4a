import { Identifiers } from '../../src/iodef/identifiers.ts'
import { askedBy, type Label, type Needed, neededFor } from '../../src/iodef/restriction.ts'
import { checkRules, type RuleFindings } from '../../src/iodef/rules.ts'
import { walk, type XmlElement } from '../../src/xml/tree.ts'

/** The element and everything below it, in document order. */
export function descendants(root: XmlElement): XmlElement[] {
  const all: XmlElement[] = []
  walk(root, (element) => {
    all.push(element)
    return undefined
  })
  return all
}

/** What all of a tree needs together. */
export function neededBy(root: XmlElement): Needed {
  const asked = descendants(root).map(askedBy)
  return neededFor(new Set(asked.filter((label): label is Label => label !== undefined)))
}

/** The identifiers of a tree, whose Incidents nobody tells apart. */
export function identifiersIn(root: XmlElement, limit?: number): Identifiers {
  const identifiers = new Identifiers(limit)
  for (const element of descendants(root)) identifiers.look(element, undefined)
  return identifiers
}

/** What a tree breaks, judged by its own identifiers. */
export function brokenRules(root: XmlElement, limit?: number): RuleFindings {
  return checkRules(root, identifiersIn(root), limit)
}
