import { Identifiers } from '../iodef/identifiers.ts'
import { type ItemParts, itemParts } from '../profile/item.ts'
import { signatureElements } from '../rid/message.ts'
import { type Parser, type Schema, validate } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { layoutFits } from '../xml/native-check.ts'
import { Names } from '../xml/native-names.ts'
import { NativeDocument, type NativeElement, NOT_PLAIN } from '../xml/native-tree.ts'
import { walk, type XmlElement } from '../xml/tree.ts'
import { applyRules } from './apply-rules.ts'
import type { Checked } from './check-text.ts'
import { describe, type Form } from './describe.ts'
import { type Facts, factsOf } from './facts.ts'
import { type Recognized, recognize } from './format.ts'
import { type Inspection, inspectionOf, type ReadOptions } from './inspection.ts'
import { type PlainForm, plainDocument, plainIncident } from './plain-form.ts'
import { plainNames } from './plain-names.ts'
import { readItem } from './read-item.ts'
import type { Parsed } from './well-formed.ts'

/** What the steps up to `rules` find in a plain document, with its normal form. */
interface PlainDocument {
  readonly checked: Checked
  readonly form: Form
}

interface Means {
  readonly schemas: ReadonlyMap<string, Schema>
  readonly source: Parsed
  readonly options: ReadOptions
  readonly native: NativeDocument
  readonly recognized: Recognized
}

/** Characters of a document that cannot have more nodes than NODE_LIMIT allows: the shortest (`<a/>`) has four. */
const MOST = 1_000_000

/**
 * Reads what is plain, valid IODEF 2 on its own, in a RID message or in an item, in one walk over libxml2's tree where it lies. Undefined for
 * whatever is not plain, or not valid: that is read step by step, and what is found here is what those steps would find.
 */
export function readPlain(
  schemas: ReadonlyMap<string, Schema>,
  source: Parsed,
  options: ReadOptions,
): PlainDocument | Inspection | undefined {
  const { text, parsed } = source
  if (!canRead()) return undefined
  if (text.length > MOST || options.advice === true || parsed.warned) return undefined
  try {
    const native = new NativeDocument(parsed, text, namesOf(parsed.parser))
    const recognized = recognize(native.root)
    if (!recognized.ok) return undefined
    const means = { schemas, source, options, native, recognized }
    return recognized.format === 'XEP-0268' ? readPlainItem(means) : plainDocumentOf(means)
  } catch (error) {
    if (error === NOT_PLAIN) return undefined
    throw error
  }
}

let fits: boolean | undefined

/** Another build of libxml2 may lay out its memory in another way: then all is read step by step. */
function canRead(): boolean {
  if (fits === undefined) {
    fits = layoutFits()
    if (!fits)
      process.emitWarning('The memory of libxml2 is not laid out as expected: reading takes longer.', 'IodefGateway')
  }
  return fits
}

const known = new WeakMap<Parser, Names>()

function namesOf(parser: Parser): Names {
  const names = known.get(parser) ?? new Names(plainNames)
  known.set(parser, names)
  return names
}

function plainDocumentOf(means: Means): PlainDocument | undefined {
  const { options, native, recognized } = means
  const { document } = recognized
  if (document?.ns !== NS.iodef2 || signatureElements(native.root).length > 0) return undefined
  let form: PlainForm | undefined
  const facts = factsOf(native.root, document, options, (finder, element, before) => {
    form = plainDocument(native, element as NativeElement, before, finder)
  })
  if (form === undefined || !isValid(means)) return undefined
  const checked = checkedBy(means, { ...facts, ruled: form.ruled })
  return checked && { checked, form }
}

/** An item of which nothing but its Incident has a part in the document that it makes. */
function readPlainItem(means: Means): Inspection | undefined {
  const { schemas, options, native } = means
  const { root } = native
  const parts = itemParts(root)
  if (parts?.incident.ns !== NS.iodef2 || parts.shell !== null || parts.original !== null) return undefined
  if (options.strict === true || options.old === true || isIdentified(root, parts.incident)) return undefined
  let form: Form | undefined
  const facts = factsOf(root, parts.incident, options, (finder, element, before) => {
    form = plainIncident(native, element as NativeElement, before, finder)
  })
  const visible = form?.incidents[0]
  if (form === undefined || visible === undefined || !isValid(means)) return undefined
  const checked = checkedBy(means, facts)
  const rebuild = (placed: ItemParts) => rebuilt(placed, facts, form as Form, options)
  return checked && readItem(schemas, checked, options, { visible, rebuild })
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

/** The document that the Incident makes on its own: valid, since the item's schema has all that a document's has. */
function rebuilt({ incident, items }: ItemParts, facts: Facts, form: Form, { terms = false }: ReadOptions): Inspection {
  if (facts.identifiers.problems({ whole: items.length <= 1 }).length > 0) throw NOT_PLAIN
  const document: XmlElement = {
    ns: NS.iodef2,
    local: 'IODEF-Document',
    attributes: [],
    children: [incident],
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

function isValid({ schemas, source, recognized }: Means): boolean {
  const schema = schemas.get(recognized.schema)
  return schema !== undefined && validate(source.parsed, schema).total === 0
}

function checkedBy({ source, options, native, recognized }: Means, facts: Facts): Checked | undefined {
  const { format, document } = recognized
  const judged = applyRules(native.root, recognized, facts, options)
  if (!judged.ok) return undefined
  return { ok: true, text: source.text, root: native.root, format, document, facts, warnings: judged.warnings }
}
