import { contentModel } from '../iodef/content-model.ts'
import { checkIdentifiers } from '../iodef/identifiers.ts'
import { incidentIdOf, incidentKey } from '../iodef/incident-id.ts'
import { checkAdvice, checkRules } from '../iodef/rules.ts'
import { carriedPolicy } from '../profile/carried-policy.ts'
import { embeddedDocuments, readRid, signatureElements } from '../rid/message.ts'
import { decode } from '../xml/decode.ts'
import { findDoctype } from '../xml/doctype.ts'
import { extract } from '../xml/extract.ts'
import { type Finding, parseText, type Schema, validate, type ParsedDocument as XmlDocument } from '../xml/libxml.ts'
import { BYTE_LIMIT, DocumentLimit } from '../xml/limits.ts'
import { locate } from '../xml/locate.ts'
import { NS } from '../xml/namespaces.ts'
import { normalForm } from '../xml/normal-form.ts'
import { scan } from '../xml/parse-tree.ts'
import { descendants, type XmlElement } from '../xml/tree.ts'
import { type DocumentReading, describe, hasPrefixedType } from './document.ts'
import { type Format, type Inspection, type ReadOptions, refused, shortened } from './inspection.ts'
import { readXep0268 } from './read-item.ts'
import { upgradedReading } from './upgraded-document.ts'
import { validWhenWrapped } from './valid-when-wrapped.ts'

export const TOP_SCHEMAS = ['iodef-2.0.xsd', 'iodef-1.0.xsd', 'iodef-rid-2.0.xsd', 'xep-0268.xsd'] as const

/** Reads one document from a stranger's bytes. Never throws for what the bytes hold. */
export function readDocument(
  schemas: ReadonlyMap<string, Schema>,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Inspection {
  if (bytes.byteLength > BYTE_LIMIT) {
    return refused(
      'unknown',
      '',
      [{ line: 1, column: 1, message: `The document has more than ${BYTE_LIMIT} bytes.` }],
      1,
    )
  }
  const decoded = decode(bytes, options.charset)
  if (!decoded.ok) return refused('unknown', '', [decoded.error], 1)
  return readText(schemas, decoded.text, options)
}

function readText(schemas: ReadonlyMap<string, Schema>, text: string, options: ReadOptions): Inspection {
  const doctype = findDoctype(text)
  if (doctype !== undefined) return refused('unknown', '', [doctype], 1)
  const parsed = parseText(text)
  if (!parsed.ok) return refused('unknown', '', parsed.errors, parsed.total)
  try {
    return readParsed(schemas, text, parsed.document, options)
  } catch (error) {
    if (!(error instanceof DocumentLimit)) throw error
    return refused('unknown', '', [error.at], 1)
  } finally {
    parsed.document.dispose()
  }
}

function readParsed(
  schemas: ReadonlyMap<string, Schema>,
  text: string,
  parsed: XmlDocument,
  options: ReadOptions,
): Inspection {
  const root = scan(text)
  const { format, top } = formatOf(root)
  const name = root.local.slice(0, 60)
  if (top === null) {
    const message = `The root element "${name}" (namespace "${root.ns.slice(0, 80)}") is neither an IODEF-Document nor a RID message.`
    return refused('unknown', name, [{ line: root.line, column: root.column, message }], 1)
  }
  const broken = checkSchema(schemas, top, root, parsed)
  if (broken !== undefined) return { ...refused(format, name, broken.errors, broken.total), claimed: claimedBy(root) }
  const document = findDocument(root, format)
  const whole = options.part !== true && format !== 'XEP-0268'
  const identifiers = document === undefined ? [] : checkIdentifiers(document, { whole })
  const rules = document?.ns === NS.iodef2 ? checkRules(document) : []
  const errors = options.strict === true ? [...identifiers, ...rules] : identifiers
  const advice = options.advice === true && document?.ns === NS.iodef2 ? checkAdvice(document) : []
  const warnings = options.strict === true ? advice : [...rules, ...advice]
  if (errors.length > 0) {
    return { ...refused(format, name, errors, errors.length, warnings), claimed: claimedBy(root) }
  }
  const signatures = format === 'RID' ? signatureElements(root).flatMap((e) => sourceText(text, root, e) ?? []) : []
  const result = {
    format,
    valid: true,
    errors: [],
    more: 0,
    warnings: shortened(warnings),
    root: name,
    rid: format === 'RID' ? readRid(root, signatures) : null,
    item: null,
    document: null,
  }
  if (format === 'XEP-0268')
    return readXep0268(root, result, (inner, part) => readText(schemas, inner, { ...options, part }))
  if (document === undefined) return result
  const own = schemas.get(formatOf(document).top ?? '')
  const original = sourceOf(text, root, document, own, signatures.length > 0)
  const alone = describe(document, original, root)
  const policy = result.rid?.policy == null ? undefined : carriedPolicy(root, document, result.rid.policy)
  const sayable = result.rid?.policy == null || policy !== undefined
  const described = { ...alone, carriable: alone.carriable && sayable && validWhenWrapped(schemas, document, alone) }
  const rid = result.rid && policy ? { ...result.rid, policy } : result.rid
  if (described.version === 2) return { ...result, rid, document: described }
  const { part } = options
  const read = (upgraded: string) => readText(schemas, upgraded, part === undefined ? {} : { part })
  return { ...result, rid, document: { ...described, upgraded: upgradedReading(document, described, read) } }
}

/** The incidents of a document that is not valid: whoever asks where they are shall hear why it was refused. */
function claimedBy(root: XmlElement): string[] {
  const claimed = new Set<string>()
  for (const element of descendants(root)) {
    if (claimed.size >= 20) break
    const id = element.local === 'Incident' ? incidentIdOf(element) : undefined
    if (id !== undefined && id.id !== '') claimed.add(incidentKey(id).slice(0, 400))
  }
  return [...claimed]
}

function formatOf(root: XmlElement): { format: Format; top: (typeof TOP_SCHEMAS)[number] | null } {
  if (root.ns === NS.iodef2) return { format: 'IODEF 2', top: 'iodef-2.0.xsd' }
  if (root.ns === NS.iodef1) return { format: 'IODEF 1', top: 'iodef-1.0.xsd' }
  if (root.ns === NS.rid) return { format: 'RID', top: 'iodef-rid-2.0.xsd' }
  if (root.ns === NS.incident) return { format: 'XEP-0268', top: 'xep-0268.xsd' }
  return { format: 'unknown', top: null }
}

function checkSchema(
  schemas: ReadonlyMap<string, Schema>,
  top: string,
  root: XmlElement,
  parsed: XmlDocument,
): { errors: Finding[]; total: number } | undefined {
  const expected = ROOTS[top]
  if (expected !== undefined && !expected.includes(root.local)) {
    const message = `The root element is "${root.local.slice(0, 60)}"; expected ${expected.join(' or ')}.`
    return { errors: [{ line: root.line, column: root.column, message }], total: 1 }
  }
  const schema = schemas.get(top)
  if (schema === undefined) throw new Error(`schema ${top} is not loaded`)
  const { errors, total } = validate(parsed, schema)
  return total === 0 ? undefined : { errors: errors.map((e) => ({ ...e, ...locate(root, e) })), total }
}

/** A schema alone would take any of its global elements as root. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  'iodef-2.0.xsd': ['IODEF-Document'],
  'iodef-1.0.xsd': ['IODEF-Document'],
  'iodef-rid-2.0.xsd': ['RID'],
}

/** RFC 6545 §5.6: the IODEF-Document in the message; undefined where there is none or it is of a kind we do not know. */
function findDocument(root: XmlElement, format: Format): XmlElement | undefined {
  return format === 'RID' ? embeddedDocuments(root)[0] : root
}

/**
 * The characters of a document that would not survive any rewriting: one with an XML Signature in or beside it, or with a prefix in
 * the value of an xsi:type, whose declaration the normal form has not.
 */
function sourceOf(
  text: string,
  root: XmlElement,
  document: XmlElement,
  schema: Schema | undefined,
  signedBeside: boolean,
): DocumentReading['original'] {
  const inside = [...descendants(document)]
  const signed = signedBeside || inside.some((e) => e.ns === NS.ds && e.local === 'Signature')
  const typed = inside.some(hasPrefixedType)
  const source = signed || typed ? sourceText(text, root, document, typed ? schema : undefined) : undefined
  if (source === undefined) return null
  return { text: source, reason: signed ? 'signature' : 'characters', version: document.ns === NS.iodef1 ? 1 : 2 }
}

/** The very characters of an element, so that they mean the same on their own, and are valid by `schema` where there is one. */
function sourceText(text: string, root: XmlElement, element: XmlElement, schema?: Schema): string | undefined {
  const whole = normalForm(element, contentModel)
  return extract(text, root, element, (candidate) => {
    const parsed = parseText(candidate)
    if (!parsed.ok) return false
    const valid = schema === undefined || validate(parsed.document, schema).total === 0
    parsed.document.dispose()
    return valid && normalForm(scan(candidate), contentModel) === whole
  })
}
