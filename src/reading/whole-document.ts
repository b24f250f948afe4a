import { contentModel } from '../iodef/content-model.ts'
import { downgradeDocument } from '../iodef/downgrade.ts'
import { incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { covers1, type Needed } from '../iodef/restriction.ts'
import { wholeIn } from '../iodef/whole.ts'
import type { Schema } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { normalForm } from '../xml/normal-form.ts'
import { attribute, type Diagnostic, elements, type XmlElement } from '../xml/tree.ts'
import { type Checked, checkText } from './check-text.ts'
import type { ReadOptions } from './inspection.ts'

/** What to make of an IODEF 1 document that has an IODEF 2 document travelling along in it (docs/decisions/0016). */
type Whole =
  /** it was made of that one and is as it was made: `checked` is the same text with that one in its place */
  | { readonly kind: 'back'; readonly checked: Checked }
  /** somebody changed it on the way: it counts as it stands, with the other in it */
  | { readonly kind: 'changed' }
  /** what is in it is of another report, less strict to look at than it is, or no IODEF 2 at all */
  | { readonly kind: 'contradiction'; readonly error: Diagnostic }

/**
 * Undefined where nothing travels along. Anybody may have written either. `of`: what has to be as it was made; around the Incident of
 * an item stands nothing that its publisher wrote. Throws DocumentLimit.
 */
export function wholeOf(
  schemas: ReadonlyMap<string, Schema>,
  outer: Checked,
  options: ReadOptions,
  of: 'IODEF-Document' | 'Incident' = 'IODEF-Document',
): Whole | undefined {
  const { document } = outer
  const found = document && wholeIn(document)
  if (document === undefined || found === undefined) return undefined
  const wrong = (what: string): Whole => {
    const { line, column } = found.holder
    return {
      kind: 'contradiction',
      error: { line, column, message: `The IODEF 2 document that travels along ${what}` },
    }
  }
  const inner = checkText(schemas, found.text, options)
  if (!inner.ok) {
    const [error] = inner.refused.errors
    return wrong(`in it is not valid, in its line ${error?.line ?? 0}: ${error?.message ?? 'it cannot be read'}`)
  }
  if (inner.format !== 'IODEF 2') return wrong(`in it is ${inner.format}; only an IODEF 2 document may travel so.`)
  const made = downgradeDocument(inner.root, found.text).document
  const form = (e: XmlElement) =>
    of === 'Incident'
      ? incidentsOf(e)
          .map((one) => normalForm(one, contentModel))
          .join('')
      : normalForm(e, contentModel)
  if (form(made) === form(document)) return back(schemas, outer, document, inner, found.text, options)
  const said = contradiction(document, outer.facts.alone, made, inner.facts.alone)
  return said === undefined ? { kind: 'changed' } : wrong(said)
}

function back(
  schemas: ReadonlyMap<string, Schema>,
  outer: Checked,
  document: XmlElement,
  inner: Checked,
  whole: string,
  options: ReadOptions,
): Whole {
  if (outer.root === document) return { kind: 'back', checked: inner }
  const text = `${outer.text.slice(0, document.start)}${whole}${outer.text.slice(document.end)}`
  const checked = checkText(schemas, text, options)
  // in a RID message it may not be valid, or not mean the same, where it takes names from around it
  const isSame =
    checked.ok &&
    checked.document !== undefined &&
    normalForm(checked.document, contentModel) === normalForm(inner.root, contentModel)
  return isSame ? { kind: 'back', checked } : { kind: 'changed' }
}

/** What of the two cannot both be true, as the rest of a sentence. `made`: what the inner one would be as IODEF 1. */
function contradiction(outer: XmlElement, shown: Needed, made: XmlElement, needed: Needed): string | undefined {
  const [own, whole] = [incidentsOf(outer), incidentsOf(made)]
  if (own.map(keyOf).join('\n') !== whole.map(keyOf).join('\n'))
    return 'in it has other Incidents: the IncidentIDs differ.'
  if (own.map(purposeOf).join('\n') !== whole.map(purposeOf).join('\n'))
    return 'in it has Incidents of another purpose.'
  return covers1(shown, needed) ? undefined : 'in it is restricted more strictly than what is around it.'
}

function incidentsOf(document: XmlElement): XmlElement[] {
  return elements(document).filter(({ ns, local }) => ns === NS.iodef1 && local === 'Incident')
}

function keyOf(incident: XmlElement): string {
  const id = incidentIdOf(incident)
  return id === undefined ? '' : incidentKey(id)
}

function purposeOf(incident: XmlElement): string {
  return [attribute(incident, 'purpose')?.trim(), attribute(incident, 'ext-purpose')].join(' ')
}
