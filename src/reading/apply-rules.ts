import { checkElements, checkRules } from '../iodef/rules.ts'
import { NS } from '../xml/namespaces.ts'
import type { Diagnostic, XmlElement } from '../xml/tree.ts'
import { claimedIncidents } from './claimed-incidents.ts'
import type { Facts } from './facts.ts'
import type { Recognized } from './format.ts'
import { type ReadOptions, type Refused, refused } from './inspection.ts'
import { payloadNotes } from './payload-notes.ts'

/**
 * The step `rules`: what the standards' texts demand and libxml2 does not see. Identifiers are errors, what is tolerated is a warning,
 * the rest as is asked for.
 */
export function applyRules(
  root: XmlElement,
  { format, document }: Recognized,
  { identifiers, incidents, tolerated, implausible, ruled }: Facts,
  { strict = false, advice = false, part = false }: ReadOptions,
): { readonly ok: true; readonly warnings: readonly Diagnostic[] } | Refused {
  const { musts, notes } =
    document?.ns !== NS.iodef2
      ? { musts: [], notes: [] }
      : ruled === undefined
        ? checkRules(document, identifiers)
        : checkElements(ruled, identifiers)
  const problems = identifiers.problems({ whole: !part && format !== 'XEP-0268' })
  const errors = strict ? [...problems, ...musts] : problems
  const advised = advice ? [...notes, ...implausible] : []
  const payload = format === 'RID' ? payloadNotes(root) : []
  const warnings = [...payload, ...tolerated, ...(strict ? [] : musts), ...advised]
  if (errors.length === 0) return { ok: true, warnings }
  const inspection = refused(format, root, errors, errors.length, warnings)
  return { ok: false, refused: { ...inspection, claimed: claimedIncidents(incidents) } }
}
