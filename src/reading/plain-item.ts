import { Identifiers } from '../iodef/identifiers.ts'
import { type ItemParts, itemParts } from '../profile/item.ts'
import { isAlone } from '../profile/place.ts'
import type { Schema } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { BLANKS_COUNT, type NativeElement, NOT_PLAIN } from '../xml/native-tree.ts'
import { walk, type XmlElement } from '../xml/tree.ts'
import { describe, type Form } from './describe.ts'
import { type Facts, factsOf } from './facts.ts'
import { type Inspection, inspectionOf, type ReadOptions } from './inspection.ts'
import { checkedBy, isValid, readingPlainly } from './plain-document.ts'
import { incidentForm, inShell } from './plain-form.ts'
import { plainShell } from './plain-shell.ts'
import { readItem } from './read-item.ts'
import type { Parsed } from './well-formed.ts'

/** Reads a plain item around IODEF 2; where nothing but its Incident has a part in the document that it makes, that is not read again. */
export function readPlainItem(
  schemas: ReadonlyMap<string, Schema>,
  source: Parsed,
  options: ReadOptions,
): Inspection | undefined {
  return readingPlainly(schemas, source, options, (plain) => {
    const { native, recognized } = plain
    if (recognized.format === 'XEP-0268' && !native.blanks) throw BLANKS_COUNT
    const incident = recognized.format === 'XEP-0268' ? itemParts(native.root)?.incident : undefined
    if (incident?.ns !== NS.iodef2) return undefined
    let form: Form | undefined
    const facts = factsOf(native.root, incident, options, (finder, element, before) => {
      form = incidentForm(native, element as NativeElement, before, finder)
    })
    // only now: what is around it is no deeper than facts have it
    if (isIdentified(native.root, incident)) return undefined
    const visible = form?.incidents[0]?.xml
    const checked = visible !== undefined && isValid(plain) ? checkedBy(plain, facts) : undefined
    if (form === undefined || visible === undefined || checked === undefined) return undefined
    const rebuild = (parts: ItemParts, how: ReadOptions) => {
      const around = plainShell(schemas, parts.shell)
      return around === undefined ? undefined : rebuilt(parts, facts, inShell(form as Form, around), how)
    }
    return readItem(schemas, checked, options, { visible, rebuild })
  })
}

/** Has anything around the Incident an identifier? It counts in the item, and not in the document. */
function isIdentified(root: XmlElement, incident: XmlElement): boolean {
  const around = new Identifiers()
  walk(root, (element) => {
    if (element === incident) return null
    around.look(element, undefined)
    return undefined
  })
  return !around.isEmpty
}

/**
 * The document that the Incident makes in a plain shell: valid, since the item's schema has all that a document's has. Undefined where more than
 * that is asked.
 */
function rebuilt(
  parts: ItemParts,
  facts: Facts,
  form: Form,
  { terms = false, strict = false, old = false }: ReadOptions,
): Inspection | undefined {
  if (strict || old) return undefined
  if (facts.identifiers.problems({ whole: isAlone(parts) }).length > 0) throw NOT_PLAIN
  const document: XmlElement = {
    ns: NS.iodef2,
    local: 'IODEF-Document',
    attributes: [],
    children: [parts.incident],
    line: 1,
    column: 1,
    start: 0,
    end: 0,
  }
  const described = describe(document, { ...facts, needed: facts.alone }, terms, form)
  const plain = { original: null, fragile: false, obstacle: null, misfit: null, upgraded: null }
  const root = { format: 'IODEF 2', root: document, warnings: [] } as const
  return inspectionOf(root, { rid: null, item: null, document: { ...described, ...plain } })
}
